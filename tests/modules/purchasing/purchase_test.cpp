// Purchase requests: what they cost, which step follows which, and who may take it.
#include <criterion/criterion.h>

#include <map>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/impersonation.hpp"
#include "support/oauth.hpp"
#include "support/processes.hpp"
#include "support/purchasing.hpp"
#include "tenantd/db/connection.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kPath = "/api/v1/purchase-requests";

std::int64_t events(const Account& account, const std::string& type) {
  return number_of("SELECT COUNT(*) FROM event WHERE type = " + literal("purchase_request." + type) +
                   " AND org_id = " + binary(account.org_id));
}

void allow_self_approval(const Account& owner) {
  expect(owner.client().put("/api/v1/organizations/" + owner.org_id, R"({"self_approval":true})"), 200);
}

}  // namespace

Test(purchasing, a_request_goes_from_draft_into_stock_and_tells_who_took_it_there) {
  const Purchasing shop;
  auto member = shop.member.client();
  const auto made = member.post(kPath, shop.body(R"(,"note":"For March")"));
  expect(made, 201);
  const auto path = std::string{kPath} + '/' + made.text("/id");
  require_equal(made.header("location"), path);
  require_equal(made.number("/number"), 1);
  require_equal(made.text("/currency"), "EUR");
  require_equal(made.number("/lines/0/unit_price_minor"), 12);
  require_equal(made.number("/lines/0/total_minor"), 120);
  require_equal(made.number("/total_minor"), 120);
  require_equal(made.text("/requested_by"), shop.member.user_id);

  const auto asked = take(shop.member, path, "submit");
  require_equal(expect(asked, 200).text("/status"), "submitted");
  const auto approved = take(shop.manager, path, "approve");
  require_equal(expect(approved, 200).text("/status"), "approved");
  require_equal(audit_rows_of(approved), 1);
  require_equal(stored_level(shop.bolt, shop.north), 0);
  const auto received = take(shop.member, path, "receive");
  require_equal(expect(received, 200).text("/status"), "received");
  require_equal(stored_level(shop.bolt, shop.north), 10);
  require_ledger_sums(shop.owner);
  const auto movements = shop.owner.client().get("/api/v1/stock-movements");
  require_equal(expect(movements, 200).text("/items/0/reason"), "Purchase request 1");

  const auto read = member.get(path);
  expect(read, 200);
  require_equal(read.header("etag"), "\"4\"");
  require_equal(read.size("/history"), 4U);
  require_equal(read.text("/history/2/status"), "approved");
  require_equal(read.text("/history/2/user_id"), shop.manager.user_id);
  require_equal(read.text("/history/2/reason"), "As agreed");
  require(read.number("/received_at") >= read.number("/decided_at"), "times");
  for (const char* type : {"created", "submitted", "approved", "received"})
    require_equal(events(shop.owner, type), 1, type);
}

Test(purchasing, steps_out_of_their_order_are_refused_and_change_nothing) {
  const Purchasing shop;
  const std::map<std::string, std::string> next = {
      {"draft", "submit"}, {"submitted", "approve reject"}, {"approved", "receive"}};
  std::map<std::string, std::string> paths;
  for (const char* status : {"draft", "submitted", "approved", "rejected", "received"})
    paths[status] = draft(shop.member, shop.body());
  for (const char* status : {"submitted", "approved", "rejected", "received"})
    expect(take(shop.member, paths[status], "submit"), 200);
  expect(take(shop.manager, paths["approved"], "approve"), 200);
  expect(take(shop.manager, paths["received"], "approve"), 200);
  expect(take(shop.manager, paths["rejected"], "reject"), 200);
  expect(take(shop.manager, paths["received"], "receive"), 200);
  Unchanged database;
  for (const auto& [status, path] : paths) {
    require_equal(stored_status(path), status);
    for (const std::string step : {"submit", "approve", "reject", "receive"}) {
      const auto allowed = next.contains(status) ? next.at(status) : "";
      if (allowed.find(step) != std::string::npos) continue;
      expect_problem(take(shop.manager, path, step), 409, "invalid_transition");
    }
    if (status != "draft")
      expect_problem(shop.member.client().put(path, shop.body()), 409, "invalid_transition");
  }
  database.check("steps that do not follow");
}

Test(purchasing, a_draft_is_edited_by_those_who_may_and_a_stale_tag_is_refused) {
  const Purchasing shop;
  const auto path = draft(shop.member, shop.body());
  const auto put = [&](const Account& account, const std::string& tag, const std::string& body) {
    return account.client().send({"PUT", path, body, "application/json", {{"If-Match", tag}}});
  };
  const auto two = purchase_body({purchase_line(shop.bolt, "1"), purchase_line(shop.bolt, "2")});
  const auto changed = put(shop.manager, "\"1\"", two);
  expect(changed, 200);
  require_equal(changed.header("etag"), "\"2\"");
  require_equal(changed.size("/lines"), 2U);
  require_equal(changed.number("/total_minor"), 36);
  require(changed.at("/warehouse_id").IsNull(), "replaced as a whole");
  require_equal(changed.text("/requested_by"), shop.member.user_id);
  require_equal(expect(shop.member.client().get(path), 200).size("/lines"), 2U);
  Unchanged database;
  expect_problem(put(shop.member, "\"1\"", shop.body()), 412, "precondition_failed");
  expect_problem(shop.member.client().put(std::string{kPath} + '/' + fresh_id(), shop.body()), 404,
                 "not_found");
  database.check("a stale tag");
}

Test(purchasing, nobody_decides_on_the_own_request) {
  const Purchasing shop;
  const auto path = submitted(shop.manager, shop.body());
  // A colleague's draft that one has submitted oneself is one's own as well.
  const auto colleagues = draft(shop.member, shop.body());
  expect(take(shop.manager, colleagues, "submit"), 200);
  {
    Unchanged database;
    for (const auto& each : {path, colleagues})
      for (const char* step : {"approve", "reject"})
        expect_problem(take(shop.manager, each, step), 403, "own_request");
    database.check("own requests");
  }
  expect(take(shop.owner, path, "approve"), 200);
  allow_self_approval(shop.owner);
  expect(take(shop.manager, colleagues, "reject"), 200);
  expect(take(shop.manager, submitted(shop.manager, shop.body()), "approve"), 200);
}

Test(purchasing, what_an_api_key_requests_or_decides_is_its_makers) {
  const Purchasing shop;
  const auto key = make_api_key(
      shop.owner, R"(["purchase_requests:create","purchase_requests:submit","purchase_requests:approve"])");
  const auto made = key.client().post(kPath, shop.body());
  require_equal(expect(made, 201).text("/requested_by"), shop.owner.user_id);
  const auto by_key = std::string{kPath} + '/' + made.text("/id");
  expect(key.client().post(by_key + "/submit"), 200);
  const auto by_owner = submitted(shop.owner, shop.body());
  Unchanged database;
  for (const auto& each : {by_key, by_owner})
    for (const char* step : {"approve", "reject"}) {
      expect_problem(take(shop.owner, each, step), 403, "own_request");
      expect_problem(key.client().post(each + '/' + step, R"({"reason":"mine"})"), 403, "own_request");
    }
  database.check("own requests");
  expect(take(shop.manager, by_key, "approve"), 200);
  expect(key.client().post(submitted(shop.manager, shop.body()) + "/approve"), 200);
}

// Its secret is given anew to whoever administers clients, and it acts in the name of who registered it.
Test(purchasing, a_client_that_acts_for_itself_is_nobodys_second_pair_of_eyes) {
  const Purchasing shop;
  const auto client =
      register_client(shop.owner, {{"redirect_uris", "[]"},
                                   {"client_credentials", R"("allowed")"},
                                   {"scopes", R"(["purchase_requests:read","purchase_requests:approve"])"}});
  const auto tokens = post_form("/oauth2/token", {{"grant_type", "client_credentials"}}, &client);
  auto itself = std::move(Client{}.bearer(expect(tokens, 200).text("/access_token")));
  const auto path = submitted(shop.manager, shop.body());
  {
    Unchanged database;
    for (const char* step : {"approve", "reject"})
      expect_problem(itself.post(path + '/' + step, R"({"reason":"so"})"), 403, "own_request");
    database.check("a client's decisions");
  }
  allow_self_approval(shop.owner);
  expect(itself.post(path + "/approve"), 200);
}

// What was read is submitted, taken back, received and removed.
Test(purchasing, each_step_takes_the_tag_of_what_was_read) {
  const Purchasing shop;
  const auto send = [](const Account& who, const char* method, const std::string& path,
                       const std::string& tag) {
    return who.client().send({method, path, std::nullopt, "application/json", {{"If-Match", tag}}});
  };
  const auto path = draft(shop.manager, shop.body());
  const auto stale = expect(shop.manager.client().get(path), 200).header("etag");
  // A colleague changes the draft that its requester has read.
  expect(shop.member.client().put(path, shop.body()), 200);
  {
    Unchanged database;
    expect_problem(send(shop.manager, "POST", path + "/submit", stale), 412, "precondition_failed");
    expect_problem(send(shop.manager, "DELETE", path, stale), 412, "precondition_failed");
    database.check("a stale draft");
  }
  const auto tag_of = [&] { return expect(shop.manager.client().get(path), 200).header("etag"); };
  expect(send(shop.manager, "POST", path + "/submit", tag_of()), 200);
  expect_problem(send(shop.manager, "POST", path + "/withdraw", stale), 412, "precondition_failed");
  expect(send(shop.manager, "POST", path + "/withdraw", tag_of()), 200);
  expect(send(shop.manager, "POST", path + "/submit", tag_of()), 200);
  expect(take(shop.owner, path, "approve"), 200);
  expect_problem(send(shop.manager, "POST", path + "/receive", stale), 412, "precondition_failed");
  expect(send(shop.manager, "POST", path + "/receive", tag_of()), 200);
}

Test(purchasing, what_a_super_admin_requests_in_another_name_is_both_ones_own) {
  const auto admin = new_super_admin();
  const Purchasing shop;
  verify(admin);
  join(shop.owner, admin, "manager");
  const auto acting = acting_as(admin, shop.member, shop.owner);
  const auto path = submitted(acting, shop.body());
  expect_problem(take(acting, path, "approve"), 403, "impersonating");
  const auto read = shop.member.client().get(path);
  require_equal(expect(read, 200).text("/requested_by"), shop.member.user_id);
  require_equal(read.text("/history/1/acted_by"), admin.user_id);
  const auto decide = [&](const char* step) {
    return admin.client().send({"POST",
                                path + '/' + step,
                                R"({"reason":"mine"})",
                                "application/json",
                                {{"X-Tenant-Id", shop.owner.org_id}}});
  };
  expect_problem(decide("approve"), 403, "own_request");
  expect_problem(decide("reject"), 403, "own_request");
  require_equal(stored_status(path), "submitted");
  expect(take(shop.manager, path, "approve"), 200);
}

Test(purchasing, a_rejection_says_why_and_is_told) {
  const Purchasing shop;
  const auto path = submitted(shop.member, shop.body());
  auto manager = shop.manager.client();
  {
    Unchanged database;
    for (const char* body : {"{}", R"({"reason":""})", R"({"reason":null})", R"({"reason":1})"})
      expect_problem(manager.post(path + "/reject", body), 422, "validation_failed");
    expect_problem(take(shop.member, path, "reject"), 403, "forbidden");
    database.check("no reason");
  }
  const auto rejected = manager.post(path + "/reject", R"({"reason":"There are enough"})");
  expect(rejected, 200);
  require_equal(rejected.text("/history/2/reason"), "There are enough");
  require(text_of("SELECT data FROM event WHERE type = 'purchase_request.rejected' AND org_id = " +
                  binary(shop.owner.org_id))
                  .find("There are enough") != std::string::npos,
          "data says why");
  // An approval takes a reason, and none.
  expect(manager.post(submitted(shop.member, shop.body()) + "/approve"), 200);
  expect(manager.post(submitted(shop.member, shop.body()) + "/approve", "{}"), 200);
}

Test(purchasing, a_list_shows_what_it_is_asked_for_newest_first) {
  const Purchasing shop;
  const auto first = draft(shop.member, purchase_body({purchase_line(shop.bolt, "1")}, "", "100% Steel"));
  const auto second = submitted(shop.manager, shop.body(R"(,"note":"Urgent")"));
  auto client = shop.member.client();
  const auto ids = [&](const std::string& query) {
    const auto reply = client.get(std::string{kPath} + "?include_total=true" + query);
    expect(reply, 200);
    require_equal(static_cast<std::size_t>(reply.number("/total")), reply.size("/items"), query);
    std::string found;
    for (std::size_t i = 0; i < reply.size("/items"); ++i)
      found += std::string{kPath} + '/' + reply.text("/items/" + std::to_string(i) + "/id") + ' ';
    return found;
  };
  require_equal(ids(""), second + ' ' + first + ' ');
  require_equal(ids("&status=draft"), first + ' ');
  require_equal(ids("&status=1"), second + ' ');
  require_equal(ids("&status=received"), "");
  require_equal(ids("&requested_by=me"), first + ' ');
  require_equal(ids("&requested_by=" + shop.manager.user_id), second + ' ');
  require_equal(ids("&q=%25"), first + ' ');
  require_equal(ids("&q=urgent"), second + ' ');
  const auto page = client.get(std::string{kPath} + "?limit=1");
  const auto rest =
      client.get(std::string{kPath} + "?limit=1&cursor=" + expect(page, 200).text("/next_cursor"));
  require_equal(std::string{kPath} + '/' + expect(rest, 200).text("/items/0/id"), first);
  expect_problem(client.get(std::string{kPath} + "?requested_by=nobody"), 422, "validation_failed");
  expect_problem(client.get(std::string{kPath} + "?status=6"), 422, "validation_failed");
  require_equal(expect(sign_up().client().get(kPath), 200).size("/items"), 0U);
}

Test(purchasing, another_organizations_request_is_not_there) {
  const Purchasing shop;
  const auto path = submitted(shop.member, shop.body());
  auto stranger = sign_up().client();
  Unchanged database;
  expect_problem(stranger.get(path), 404, "not_found");
  expect_problem(stranger.put(path, shop.body()), 404, "not_found");
  for (const char* step : {"submit", "approve", "receive"})
    expect_problem(stranger.post(path + '/' + step), 404, "not_found");
  expect_problem(stranger.post(path + "/reject", R"({"reason":"no"})"), 404, "not_found");
  database.check("a stranger");
}

Test(purchasing, a_key_of_idempotency_makes_one_request_and_takes_no_other_body) {
  const Purchasing shop;
  const auto post = [&](const std::string& path, const std::string& body, const std::string& key) {
    return shop.member.client().send({"POST", path, body, "application/json", {{"Idempotency-Key", key}}});
  };
  const auto key = fresh_name("key");
  const auto first = post(kPath, shop.body(), key);
  require_equal(post(kPath, shop.body(), key).body, expect(first, 201).body);
  {
    Unchanged database;
    expect_problem(post(kPath, shop.body(R"(,"note":"x")"), key), 422, "idempotency_mismatch");
    database.check("another body");
  }
  const auto path = std::string{kPath} + '/' + first.text("/id");
  expect(take(shop.member, path, "submit"), 200);
  expect(take(shop.manager, path, "approve"), 200);
  const auto receipt = fresh_name("key");
  const auto received = post(path + "/receive", "{}", receipt);
  require_equal(post(path + "/receive", "{}", receipt).body, expect(received, 200).body);
  require_equal(stored_level(shop.bolt, shop.north), 10);
}

Test(purchasing, what_a_request_names_stays_and_its_history_is_not_rewritten) {
  const Purchasing shop;
  const auto path = submitted(shop.member, shop.body());
  auto owner = shop.owner.client();
  Unchanged database;
  expect_problem(owner.del("/api/v1/products/" + shop.bolt, ""), 409, "resource_in_use");
  expect_problem(owner.del("/api/v1/warehouses/" + shop.north, ""), 409, "resource_in_use");
  tenantd::db::Connection app{as_app()};
  constexpr int kDenied = 1142, kDeniedColumn = 1143;
  require_equal(error_of(app, "UPDATE purchase_request_step SET reason = ''"), kDenied);
  require_equal(error_of(app, "DELETE FROM purchase_request_step"), kDenied);
  require_equal(error_of(app, "DELETE FROM purchase_request"), kDenied);
  require_equal(error_of(app, "UPDATE purchase_request SET requested_by = NULL"), kDeniedColumn);
  require_equal(error_of(app, "UPDATE purchase_request SET number = 1"), kDeniedColumn);
  require_equal(error_of(app, "UPDATE purchase_request_line SET quantity = 1"), kDeniedColumn);
  database.check(path);
}

Test(purchasing, an_organization_that_buys_can_be_ended) {
  const Purchasing shop;
  const auto path = submitted(shop.member, shop.body());
  const auto role = role_id(shop.owner, "admin");
  auto owner = shop.owner.client();
  expect(owner.put(std::string{kPath} + "/thresholds",
                   R"({"thresholds":[{"currency":"EUR","above_minor":1,"role_id":")" + role + "\"}]}"),
         200);
  expect(owner.del("/api/v1/organizations/" + shop.owner.org_id, object({{"name", name_of(shop.owner)}})),
         204);
  require_equal(run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"}).status, 0);
  for (const char* table : {"purchase_request", "purchase_request_line", "purchase_request_step",
                            "purchase_request_counter", "approval_threshold"})
    require_equal(number_of(std::string{"SELECT COUNT(*) FROM "} + table +
                            " WHERE org_id = " + binary(shop.owner.org_id)),
                  0, table);
}
