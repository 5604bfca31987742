// Tenants: made for somebody, listed, changed and ended by a super-admin.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"
#include "support/tenants.hpp"

using namespace tenantd::test;

namespace {

const char* const kTenants = "/api/v1/tenants";

std::string fresh_slug() { return fresh_name("tenant"); }

Response make(const Account& root, const std::string& email, const std::string& slug,
              const std::string& more = "") {
  return root.client().post(kTenants, tenant_body(email, slug, more));
}

std::string name_of(const std::string& org_id) {
  return text_of("SELECT name FROM organization WHERE id = " + binary(org_id));
}

// "null" or the number.
std::string limit(const Response& reply, const std::string& name) {
  const auto& value = reply.at("/limits/" + name);
  return value.IsNull() ? "null" : std::to_string(value.GetInt64());
}

std::string newest_audit(const std::string& org_id, const std::string& column) {
  return text_of("SELECT COALESCE(" + column + ", '') FROM audit_log WHERE org_id = " + binary(org_id) +
                 " ORDER BY seq DESC LIMIT 1");
}

}  // namespace

Test(tenants, a_new_address_becomes_the_owner_by_a_mailed_link) {
  const auto root = super_admin();
  const auto email = fresh_email("nora");
  const auto slug = fresh_slug();
  const auto made = make(root, email, slug, R"(,"limits":{"max_members":3,"max_storage_bytes":null})");
  expect(made, 201);
  const auto id = made.text("/id");
  require_equal(made.header("location"), tenant_path(id));
  require_equal(made.header("etag"), "\"1\"");
  require_equal(made.text("/slug"), slug);
  require_equal(limit(made, "max_members"), "3");
  require_equal(limit(made, "max_projects") + limit(made, "max_storage_bytes") + limit(made, "max_requests"),
                "nullnullnull");
  require_equal(made.number("/usage/members"), 1);
  require_equal(made.text("/admin/email"), email);
  require_equal(made.text("/admin/role"), "owner");
  require(made.at("/admin/password_link_mailed").GetBool(), made.describe());
  require_equal(stored_role(id, made.text("/admin/id")), "owner");
  require_equal(number_of("SELECT COUNT(*) FROM role WHERE org_id = " + binary(id)), 5, "system roles");
  require_equal(
      text_of("SELECT actor_email FROM audit_log WHERE action = 'organization.created' AND org_id = " +
              binary(id)),
      root.email, "who made it");

  // Nobody gets in but by the mail.
  expect_problem(sign_in(email, kPassword), 401, "invalid_credentials");
  const auto mail = newest_mail(email, "account_created");
  require(mail.text.find("Northwind") != std::string::npos && mail.text.find("owner") != std::string::npos,
          mail.text);
  expect(Client{}.post("/api/v1/auth/password-reset/confirm",
                       object({{"token", mail.token()}, {"new_password", kPassword}})),
         204);
  const auto reply = sign_in(email, kPassword);
  expect(reply, 200);
  require_equal(reply.text("/organization/id"), id);
  require_equal(reply.text("/organization/role"), "owner");
  require_equal(reply.text("/user/profile/first_name"), "Nora");
  const auto seen = account_of(reply, email).client().get("/api/v1/organizations/" + id);
  require_equal(seen.number("/limits/max_members"), 3, "its people see the limit");
  require_equal(seen.number("/usage/members"), 1);
}

Test(tenants, an_account_that_has_verified_its_address_becomes_the_owner_and_is_told) {
  const auto root = super_admin();
  const auto known = sign_up();
  verify(known);
  const auto made = make(root, known.email, fresh_slug());
  expect(made, 201);
  require(!made.at("/admin/password_link_mailed").GetBool(), made.describe());
  require_equal(made.text("/admin/id"), known.user_id);
  require_equal(count_mails(known.email, "account_created"), 0U);
  const auto mail = newest_mail(known.email, "tenant_created");
  require(mail.text.find("Northwind") != std::string::npos && mail.text.find(root.email) != std::string::npos,
          mail.text);
  // The session that it has goes on where it was, and may go over.
  auto client = known.client();
  require_equal(client.get("/users/me").text("/organization/id"), known.org_id);
  const auto over = client.post("/organization/select", object({{"org_id", made.text("/id")}}));
  require_equal(over.text("/organization/role"), "owner");
}

Test(tenants, an_account_that_may_be_anybodys_owns_nothing) {
  const auto root = super_admin();
  const auto unverified = sign_up();
  const auto gone = sign_up();
  verify(gone);
  database().run("UPDATE user SET status = 1 WHERE id = " + binary(gone.user_id));
  {
    Unchanged database;
    for (const auto& account : {unverified, gone}) {
      const auto reply = make(root, account.email, fresh_slug());
      expect_problem(reply, 409, "conflict");
      expect_pointer(reply, "/admin_email");
    }
    database.check("owners that cannot be");
  }
  // One that waits for its first password is nobody's but the mailbox's.
  const auto email = fresh_email("waiting");
  const auto first = make(root, email, fresh_slug());
  const auto second = make(root, email, fresh_slug());
  require(expect(second, 201).at("/admin/password_link_mailed").GetBool(), second.describe());
  require_equal(second.text("/admin/id"), first.text("/admin/id"));
}

Test(tenants, what_cannot_be_made_is_refused_and_leaves_nothing) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto taken = text_of("SELECT slug FROM organization WHERE id = " + binary(owner.org_id));
  auto client = root.client();
  Unchanged database;
  const auto twice = make(root, fresh_email(), taken);
  expect_problem(twice, 409, "conflict");
  expect_pointer(twice, "/slug");
  const auto bad_slug = make(root, fresh_email(), "No Slug");
  expect_problem(bad_slug, 422, "validation_failed");
  expect_pointer(bad_slug, "/slug");
  expect_pointer(make(root, "no address", fresh_slug()), "/admin_email");
  for (const char* limits : {R"({"max_members":0})", R"({"max_members":-1})", R"({"max_projects":-1})", "{}",
                             R"({"max_requests":0})", R"({"max_storage_bytes":9223372036854775808})",
                             R"({"max_members":2000000001})", R"({"max_members":"3"})", R"({"members":3})"})
    expect_problem(make(root, fresh_email(), fresh_slug(), std::string{",\"limits\":"} + limits), 422,
                   "validation_failed");
  for (const char* more :
       {R"(,"status":"inactive")", R"(,"id":"x")", R"(,"personal":true)", R"(,"role":"x")"})
    expect_problem(make(root, fresh_email(), fresh_slug(), more), 422, "validation_failed");
  expect_problem(client.post(kTenants, "{}"), 422, "validation_failed");
  expect_problem(make(owner, fresh_email(), fresh_slug()), 403, "forbidden");
  database.check("tenants that are refused");
}

Test(tenants, of_twenty_that_want_one_slug_at_once_one_is_made) {
  const auto root = super_admin();
  const auto slug = fresh_slug();
  const auto stem = fresh_name("nora");
  const auto replies =
      at_once(20, [&](std::size_t i) { return make(root, stem + std::to_string(i) + "@example.com", slug); });
  int made = 0;
  for (const auto& reply : replies) {
    made += reply.status == 201 ? 1 : 0;
    if (reply.status != 201) expect_problem(reply, 409, "conflict");
  }
  require_equal(made, 1);
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email LIKE " + literal(stem + "%")), 1,
                "accounts");
}

Test(tenants, the_list_is_filtered_searched_counted_and_paged) {
  const auto root = super_admin();
  const auto stem = fresh_name("findme");
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(expect(make(root, fresh_email(), stem + '-' + std::to_string(i)), 201).text("/id"));
  auto client = root.client();
  expect(client.post(tenant_path(ids[1]) + "/deactivate"), 200);
  const std::string path = kTenants + std::string{"?include_total=true&q="};
  require_equal(client.get(path + stem).number("/total"), 5);
  std::string upper = stem;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  require_equal(client.get(path + upper).number("/total"), 5, "in either case");
  for (const char* pattern : {"%25", "_", "%27"})
    require_equal(client.get(path + stem + pattern).number("/total"), 0, pattern);
  const auto inactive = client.get(path + stem + "&status=inactive");
  require_equal(inactive.number("/total"), 1);
  require_equal(inactive.text("/items/0/id"), ids[1]);
  require_equal(client.get(path + stem + "&status=0").number("/total"), 4);
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const auto page = client.get(path + stem + "&limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor));
    expect(page, 200);
    for (const auto& item : page.at("/items").GetArray()) seen.emplace_back(item["id"].GetString());
    cursor = page.at("/next_cursor").IsNull() ? "" : page.text("/next_cursor");
  } while (!cursor.empty());
  require(seen == ids, "pages of two show all, oldest first");
  require(client.get("/api/v1/tenants?status=inactive&limit=200").size("/items") >= 1, "by status alone");
  for (const char* query : {"?limit=0", "?status=x", "?q=", "?cursor=x", "?sort=name", "?id=1"})
    expect_problem(client.get(kTenants + std::string{query}), 422, "validation_failed");
  expect_problem(sign_up().client().get(kTenants), 403, "forbidden");
}

Test(tenants, a_change_names_the_revision_that_it_is_meant_for) {
  const auto root = super_admin();
  const auto owner = sign_up();
  auto client = root.client();
  const auto path = tenant_path(owner.org_id);
  const auto first = expect(client.get(path), 200).header("etag");
  const auto put = [&](const std::string& tag, const std::string& body) {
    return client.send({"PUT", path, body, "application/json", {{"If-Match", tag}}});
  };
  const auto slug = fresh_slug();
  const auto changed = put(
      first, object({{"name", "Renamed"}, {"slug", slug}, {"limits", Field::raw(R"({"max_members":7})")}}));
  expect(changed, 200);
  require(changed.header("etag") != first, "the revision is another");
  require_equal(changed.text("/name") + changed.text("/slug") + limit(changed, "max_members"),
                "Renamed" + slug + "7");
  require_equal(newest_audit(owner.org_id, "action"), "organization.updated");
  require(newest_audit(owner.org_id, "old_values").find(R"("max_members":null)") != std::string::npos,
          newest_audit(owner.org_id, "old_values"));
  require_equal(newest_audit(owner.org_id, "new_values"),
                R"({"name":"Renamed","slug":")" + slug + R"(","max_members":7})");
  {
    Unchanged database;
    expect_problem(put(first, R"({"name":"x"})"), 412, "precondition_failed");
    expect_problem(put("W/" + first, R"({"name":"x"})"), 412, "precondition_failed");
    database.check("a stale change");
  }
  // Its own people's changes count as well.
  expect(owner.client().put("/api/v1/organizations/" + owner.org_id, R"({"settings":{"a":1}})"), 200);
  expect_problem(put(changed.header("etag"), R"({"name":"x"})"), 412, "precondition_failed");
  // What is absent stays, null is no limit, and the sessions learn of the name at once.
  const auto unlimited = client.put(path, R"({"limits":{"max_members":null,"max_projects":0}})");
  require_equal(limit(unlimited, "max_members") + limit(unlimited, "max_projects"), "null0");
  require_equal(unlimited.text("/name"), "Renamed");
  require_equal(owner.client().get("/users/me").text("/organization/slug"), slug);
}

Test(tenants, what_cannot_be_changed_is_refused) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto other = sign_up();
  auto client = root.client();
  const auto path = tenant_path(owner.org_id);
  const auto taken = text_of("SELECT slug FROM organization WHERE id = " + binary(other.org_id));
  Unchanged database;
  const auto twice = client.put(path, object({{"slug", taken}}));
  expect_problem(twice, 409, "conflict");
  expect_pointer(twice, "/slug");
  expect_pointer(client.put(path, R"({"slug":"-x"})"), "/slug");
  for (const char* body :
       {"{}", R"({"limits":{}})", R"({"limits":{"max_members":0}})", R"({"status":"inactive"})",
        R"({"name":""})", R"({"limits":{"max_members":1.5}})", R"({"limits":null})"})
    expect_problem(client.put(path, body), 422, "validation_failed");
  for (const auto& id : {fresh_id(), owner.user_id, std::string{"x"}}) {
    expect_problem(client.get(tenant_path(id)), 404, "not_found");
    expect_problem(client.get(tenant_path(id) + "/stats"), 404, "not_found");
    expect_problem(client.put(tenant_path(id), R"({"name":"x"})"), 404, "not_found");
    expect_problem(client.del(tenant_path(id), R"({"name":"x"})"), 404, "not_found");
    expect_problem(client.post(tenant_path(id) + "/activate"), 404, "not_found");
    expect_problem(client.post(tenant_path(id) + "/deactivate"), 404, "not_found");
  }
  // An owner is none.
  auto owners = owner.client();
  expect_problem(owners.get(path), 403, "forbidden");
  expect_problem(owners.put(path, R"({"limits":{"max_members":null}})"), 403, "forbidden");
  expect_problem(owners.del(path, object({{"name", name_of(owner.org_id)}})), 403, "forbidden");
  database.check("changes that are refused");
}

Test(tenants, its_end_takes_every_row_of_it_along_and_is_told_in_the_systems_chain) {
  const Alone alone;
  const auto root = super_admin();
  const auto owner = sign_up("Ending");
  const auto member = invite_and_accept(owner);
  const auto guest = sign_up();
  join(owner, guest, "viewer");
  const auto key = make_api_key(owner, R"(["users:read"])");
  expect(invite(owner, fresh_email()), 201);
  // A session that an identity provider of it vouched for.
  database().run("UPDATE session SET bound_org_id = " + binary(owner.org_id) +
                 " WHERE user_id = " + binary(member.user_id));
  auto client = root.client();
  const auto name = name_of(owner.org_id);
  {
    Unchanged database;
    for (const auto& other : {std::string{"x"}, name + ' ', name_of(guest.org_id)})
      expect_problem(client.del(tenant_path(owner.org_id), object({{"name", other}})), 422,
                     "confirmation_mismatch");
    database.check("other names");
  }
  std::vector<std::string> tables;
  auto rows = database().run_query(
      "SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t USING "
      "(table_schema, table_name) WHERE c.table_schema = 'tenantd' AND c.column_name = 'org_id' AND "
      "t.table_type = 'BASE TABLE'");
  while (rows.next()) tables.push_back(rows.text(0));
  require(tables.size() > 8, "tables of tenants");
  expect(client.del(tenant_path(owner.org_id), object({{"name", name}})), 204);
  require_equal(run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"}).status, 0);
  for (const auto& table : tables) {
    // What is told outlives what it tells of; a mail is its recipient's.
    if (table == "audit_log" || table == "change_head" || table == "outbox") continue;
    require_equal(number_of("SELECT COUNT(*) FROM " + table + " WHERE org_id = " + binary(owner.org_id)), 0,
                  table);
  }
  require_equal(number_of("SELECT COUNT(*) FROM session WHERE bound_org_id IS NOT NULL AND user_id = " +
                          binary(member.user_id)),
                0, "a bound session");
  require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE org_id = REPEAT('\\0', 16) AND action = "
                          "'organization.deleted' AND actor_email = " +
                          literal(root.email) + " AND resource_id = " + binary(owner.org_id)),
                1, "the system's chain");
  expect_problem(owner.client().get("/api/v1/members"), 401, "invalid_token");
  expect_problem(member.client().get("/users/me"), 401, "invalid_token");
  expect_problem(key.client().get("/api/v1/members"), 401, "invalid_token");
  expect_problem(client.get(tenant_path(owner.org_id)), 404, "not_found");
  expect_problem(client.del(tenant_path(owner.org_id), object({{"name", name}})), 404, "not_found");
  // Its people keep their accounts and their other organizations.
  require(sign_in(owner.email, kPassword).at("/organization").IsNull(), "an organization");
  require_equal(guest.client().get("/users/me").text("/organization/id"), guest.org_id);
}
