// A PUT of what GET gave: read-only members count for nothing where they are equal, and are refused where
// they differ. Walks every path of the table that has both.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/purchasing.hpp"
#include "support/roles.hpp"
#include "support/super_admin.hpp"
#include "support/tenants.hpp"
#include "tenantd/api/openapi.hpp"
#include "tenantd/api/route.hpp"

using namespace tenantd::test;

namespace {

// The paths of one of each thing that is read and replaced.
struct Things {
  Purchasing world;
  Account root = super_admin();
  std::vector<std::pair<std::string, std::string>> paths;  // row, path

  Things() {
    const auto& owner = world.owner;
    auto client = owner.client();
    const auto made = [&](const std::string& list, const std::string& body, const std::string& row) {
      paths.emplace_back(list + row, list + '/' + expect(client.post(list, body), 201).text("/id"));
    };
    paths.emplace_back("/api/v1/users/me", "/api/v1/users/me");
    paths.emplace_back("/api/v1/users/me/preferences", "/api/v1/users/me/preferences");
    paths.emplace_back("/api/v1/users/{user_id}", "/api/v1/users/" + world.member.user_id);
    paths.emplace_back("/api/v1/organizations/{org_id}", "/api/v1/organizations/" + owner.org_id);
    paths.emplace_back("/api/v1/tenants/{tenant_id}", tenant_path(owner.org_id));
    paths.emplace_back("/api/v1/tenants/{tenant_id}/settings", tenant_path(owner.org_id) + "/settings");
    made("/api/v1/roles", role_body(fresh_name("role"), R"(["users:read","audit:read"])"), "/{role_id}");
    const auto providers = tenant_path(owner.org_id) + "/identity-providers";
    const auto google = client.post(providers + "/google", R"({"client_id":"c","client_secret":"s",)"
                                                           R"("auto_provision_users":false,)"
                                                           R"("allowed_domains":["example.com"],)"
                                                           R"("default_role_name":"member"})");
    expect(google, 201);
    paths.emplace_back("/api/v1/tenants/{org_id}/identity-providers/{provider_id}",
                       providers + '/' + google.text("/id"));
    made(
        tenant_path(owner.org_id) + "/oidc-providers",
        R"({"slug":"own","name":"Own","issuer":"https://id.example.com","client_id":"c","client_secret":"s",)"
        R"("default_role_name":"member","groups_claim":"groups",)"
        R"("group_roles":[{"group":"it","role_name":"viewer"}]})",
        "/{oidc_provider_id}");
    paths.back().first = "/api/v1/tenants/{org_id}/oidc-providers/{oidc_provider_id}";
    made("/api/v1/suppliers", R"({"name":"Bolts & Co"})", "/{supplier_id}");
    paths.emplace_back("/api/v1/products/{product_id}", "/api/v1/products/" + world.bolt);
    paths.emplace_back("/api/v1/warehouses/{warehouse_id}", "/api/v1/warehouses/" + world.north);
    const auto nut = make_product(owner, R"(,"price_minor":3,"currency":"EUR")");
    paths.emplace_back(
        "/api/v1/purchase-requests/{request_id}",
        draft(owner, purchase_body({purchase_line(world.bolt, "10"), purchase_line(nut, "2")})));
    paths.emplace_back("/api/v1/purchase-requests/thresholds", "/api/v1/purchase-requests/thresholds");
    paths.emplace_back("/api/v1/domains/enforcement", "/api/v1/domains/enforcement");
    const std::string directory = "/api/v1/scim/roles";
    expect(client.put(directory, R"({"default_role_name":"member","group_roles":[]})"), 200);
    paths.emplace_back(directory, directory);
    made("/api/v1/projects", R"({"name":"Bridge","tags":["steel"]})", "/{project_id}");
    const auto project = paths.back().second;
    const auto document = client.post(project + "/documents", R"({"name":"Plan"})");
    expect(document, 201);
    paths.emplace_back("/api/v1/projects/documents/{document_id}",
                       "/api/v1/projects/documents/" + document.text("/id"));
    const auto passkey = fresh_id();
    database().run(
        "INSERT INTO passkey (id, user_id, credential, algorithm, public_key, aaguid, name, sign_count, "
        "backup_eligible, backed_up, created_at) VALUES (" +
        binary(passkey) + ", " + binary(owner.user_id) +
        ", RANDOM_BYTES(32), -7, RANDOM_BYTES(64), RANDOM_BYTES(16), 'Phone', 0, 0, 0, 1)");
    paths.emplace_back("/api/v1/auth/passkeys/{passkey_id}", "/api/v1/auth/passkeys/" + passkey);
    const char* software =
        R"({"name":"Reports","redirect_uris":["https://reports.example.com/callback"],"scopes":["openid"]})";
    made("/api/v1/oauth/clients", software, "/{client_id}");
    const std::string own = "/api/v1/admin/oauth/clients";
    paths.emplace_back(own + "/{client_id}",
                       own + '/' + expect(root.client().post(own, software), 201).text("/id"));
    const char* stream =
        R"({"name":"SIEM","carries":["audit"],"url":"https://127.9.9.9/siem","status":"paused"})";
    made("/api/v1/streams", stream, "/{stream_id}");
    const std::string of_system = "/api/v1/admin/streams";
    paths.emplace_back(of_system + "/{stream_id}",
                       of_system + '/' + expect(root.client().post(of_system, stream), 201).text("/id"));
    made("/api/v1/service-accounts", R"({"name":"Robot","role":"member","networks":["203.0.113.0/24"]})",
         "/{service_account_id}");
    made("/api/v1/webhooks", R"({"url":"https://127.9.9.9/hook","events":["*"]})", "/{webhook_id}");
  }

  Client client_of(const std::string& row) const {
    const bool of_root = row.starts_with("/api/v1/tenants/{tenant_id}") || row.starts_with("/api/v1/admin/");
    return of_root ? root.client() : world.owner.client();
  }
};

bool is_replaced(const tenantd::api::Route& row) {
  const auto reads = [&](const auto& other) {
    return other.method == tenantd::api::Method::GET && other.path == row.path;
  };
  const auto rows = tenantd::api::routes();
  return row.method == tenantd::api::Method::PUT && !row.body.empty() &&
         std::any_of(rows.begin(), rows.end(), reads);
}

// The text with the value of its last top-level `"name":` replaced.
std::string with(const std::string& body, const std::string& member) {
  return body.substr(0, body.rfind('}')) + ',' + member + '}';
}

}  // namespace

Test(sent_back, every_put_takes_what_get_gave) {
  const Things things;
  for (const auto& row : tenantd::api::routes()) {
    if (!is_replaced(row)) continue;
    const auto thing = std::find_if(things.paths.begin(), things.paths.end(),
                                    [&](const auto& each) { return each.first == row.path; });
    require(thing != things.paths.end(), "no test makes one: " + std::string{row.path});
    auto client = things.client_of(thing->first);
    const auto before = client.get(thing->second);
    expect(before, 200);
    const auto after = client.put(thing->second, before.body);
    expect(after, 200);
    for (const auto& item : before.json.GetObject()) {
      const std::string name = item.name.GetString();
      if (name == "updated_at" || name == "usage" || name == "history" || name == "lag_seconds") continue;
      require(after.json.HasMember(name.c_str()) && after.json[name.c_str()] == item.value,
              thing->second + " lost " + name + ": " + after.body);
    }
  }
}

// Nobody's change is lost to who has not read it, by whichever of the two headers that is said.
Test(sent_back, nothing_is_changed_or_removed_that_is_not_as_the_caller_means) {
  const Things things;
  Unchanged database;
  std::size_t removed = 0;
  for (const auto& row : tenantd::api::routes()) {
    if (!tenantd::api::takes_if_match(row)) continue;
    const auto thing = std::find_if(things.paths.begin(), things.paths.end(),
                                    [&](const auto& each) { return each.first == row.path; });
    if (thing == things.paths.end()) continue;  // steps of purchase requests, and SCIM: tested there
    auto client = things.client_of(thing->first);
    const auto now = client.get(thing->second);
    const auto tag = expect(now, 200).header("etag");
    require(!tag.empty(), thing->second + " has no tag");
    const auto send = [&](const char* name, const std::string& value) {
      if (row.method == tenantd::api::Method::DELETE_) ++removed;
      return client.send({std::string{tenantd::http::method_name(row.method)},
                          thing->second,
                          row.method == tenantd::api::Method::PUT ? std::optional{now.body} : std::nullopt,
                          "application/json",
                          {{name, value}}});
    };
    for (const std::string& stale : {std::string{"\"none\""}, std::string{"\"0\", W/\"none\""}})
      expect_problem(send("If-Match", stale), 412, "precondition_failed");
    for (const std::string& there : {tag, "\"none\", " + tag, std::string{"*"}})
      expect_problem(send("If-None-Match", there), 412, "precondition_failed");
  }
  require(removed >= 50, std::to_string(removed));
  database.check("stale tags");
  // What is as they mean goes.
  for (const auto& row : tenantd::api::routes()) {
    if (row.method != tenantd::api::Method::DELETE_ || !row.if_match) continue;
    const auto thing = std::find_if(things.paths.begin(), things.paths.end(),
                                    [&](const auto& each) { return each.first == row.path; });
    require(thing != things.paths.end(), "no test makes one: " + std::string{row.path});
    if (row.path == "/api/v1/products/{product_id}" || row.path == "/api/v1/warehouses/{warehouse_id}" ||
        row.path == "/api/v1/projects/{project_id}")
      continue;  // something names them
    auto client = things.client_of(thing->first);
    const auto tag = expect(client.get(thing->second), 200).header("etag");
    expect(client.send({"DELETE", thing->second, std::nullopt, "application/json", {{"If-Match", tag}}}),
           204);
  }
}

// Between a GET and its PUT the courier goes on, and so does the clock.
Test(sent_back, what_moves_by_itself_may_have_moved) {
  const Things things;
  const auto stream = std::find_if(things.paths.begin(), things.paths.end(), [](const auto& each) {
    return each.first == "/api/v1/streams/{stream_id}";
  });
  auto client = things.client_of(stream->first);
  auto body = expect(client.get(stream->second), 200).body;
  for (const std::string name : {"failures", "behind", "lag_seconds"}) {
    const auto at = body.find('"' + name + "\":") + name.size() + 3;
    body.replace(at, body.find_first_of(",}", at) - at, "77");
  }
  const auto kept = client.put(stream->second, body);
  expect(kept, 200);
  require_equal(kept.number("/failures"), 0);
  require(kept.number("/behind") != 77 && kept.number("/lag_seconds") != 77, kept.body);
}

Test(sent_back, every_put_refuses_a_read_only_member_that_differs) {
  const Things things;
  Unchanged database;
  for (const auto& [row, path] : things.paths) {
    if (row.ends_with("/settings")) continue;  // its reading leaves an audit row: below
    auto client = things.client_of(row);
    auto before = expect(client.get(path), 200).body;
    const auto at = before.find("\"id\":\"");
    if (at == std::string::npos) continue;  // thresholds: nothing there is read-only
    before.replace(at + 6, 36, fresh_id());
    const auto reply = client.put(path, before);
    expect_pointer(expect_problem(reply, 422, "validation_failed"), "/id");
    require(reply.body.find("is read-only") != std::string::npos, reply.body);
    expect_problem(client.put(path, with(expect(client.get(path), 200).body, R"("colour":"red")")), 422,
                   "validation_failed");
  }
  database.check("read-only members");
}

Test(sent_back, what_a_super_admin_may_not_set_for_an_organization_is_refused_where_it_differs) {
  const auto owner = sign_up();
  const auto root = super_admin();
  const auto path = tenant_path(owner.org_id) + "/settings";
  const auto reply = root.client().put(path, R"({"require_mfa":false,"self_approval":true})");
  expect_pointer(expect_problem(reply, 422, "validation_failed"), "/self_approval");
  require_equal(number_of("SELECT self_approval FROM organization WHERE id = " + binary(owner.org_id)), 0);
}

Test(sent_back, lines_are_told_apart_by_their_products) {
  const Purchasing world;
  auto client = world.owner.client();
  const auto nut = make_product(world.owner, R"(,"price_minor":3,"currency":"EUR")");
  const auto path =
      draft(world.owner, purchase_body({purchase_line(world.bolt, "10"), purchase_line(nut, "2")}));
  const auto got = client.get(path);
  expect(got, 200);
  // The first line goes, the second is wanted more often.
  std::string body = got.body;
  const auto lines = body.find("\"lines\":[") + 9;
  body.erase(lines, body.find("},{", lines) + 2 - lines);
  const auto quantity = body.find("\"quantity\":2,", lines);
  body.replace(quantity, 13, "\"quantity\":7,");
  const auto changed = client.put(path, body);
  require_equal(expect(changed, 200).number("/lines/0/quantity"), 7);
  require_equal(changed.text("/lines/0/product_id"), nut);
  require_equal(changed.size("/lines"), std::size_t{1});
  Unchanged database;
  auto forged = changed.body;
  const auto name = forged.find("\"total_minor\":21", forged.find("\"lines\""));
  forged.replace(name, 16, "\"total_minor\":1");
  expect_pointer(expect_problem(client.put(path, forged), 422, "validation_failed"), "/lines/0/total_minor");
  database.check("a forged line");
  // Another product in its place, with what was said of the one before.
  auto other = changed.body;
  other.replace(other.find(nut), nut.size(), world.bolt);
  expect_pointer(expect_problem(client.put(path, other), 422, "validation_failed"), "/lines/0/sku");
  // Many lines with many differences: as few faults are told as of any other body.
  std::string line =
      R"({"product_id":")" + nut + R"(","quantity":1,"sku":"x","name":"x","unit":"x","total_minor":9})";
  for (int i = 0; i < 6; ++i) line += ',' + line;
  const auto many = client.put(path, R"({"title":"T","lines":[)" + line + "]}");
  expect_problem(many, 422, "validation_failed");
  require(many.size("/errors") <= 20, many.body);
}

Test(sent_back, who_may_write_and_not_read_learns_nothing_by_it) {
  const auto owner = sign_up();
  const auto path = "/api/v1/products/" + make_product(owner);
  const auto body = expect(owner.client().get(path), 200).body;
  const auto blind = make_api_key(owner, R"(["products:update"])");
  const auto stranger = sign_up();
  Unchanged database;
  expect_problem(blind.client().put(path, body), 422, "validation_failed");
  // As at an id that nothing has: first the schema, then the look for it.
  const auto nowhere = "/api/v1/products/" + fresh_id();
  for (const auto& at : {path, nowhere}) {
    expect_problem(stranger.client().put(at, body), 422, "validation_failed");
    expect_problem(stranger.client().put(at, R"({"sku":"S","name":"P"})"), 404, "not_found");
  }
  database.check("no right to read");
}

Test(sent_back, a_role_with_an_end_keeps_it) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  auto client = owner.client();
  const auto until = number_of("SELECT UNIX_TIMESTAMP() + 86400");
  expect(client.put("/api/v1/members/" + member.user_id + "/role",
                    object({{"new_role_name", "admin"}, {"expires_at", until}})),
         200);
  const auto path = "/api/v1/users/" + member.user_id;
  const auto got = client.get(path);
  expect(got, 200);
  require_equal(got.number("/role_expires_at"), until);
  require_equal(expect(client.put(path, got.body), 200).number("/role_expires_at"), until);
}
