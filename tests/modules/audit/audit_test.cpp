// What stands in the audit log, and who reads it.
#include <criterion/criterion.h>

#include <algorithm>
#include <set>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/processes.hpp"
#include "support/roles.hpp"
#include "tenantd/api/encode.hpp"

using namespace tenantd::test;

namespace {

std::vector<std::string> actions(const Response& list) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < list.size("/items"); ++i)
    found.push_back(list.text("/items/" + std::to_string(i) + "/action"));
  return found;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::int64_t system_rows(const std::string& action, const std::string& user_id) {
  return number_of("SELECT COUNT(*) FROM audit_log WHERE org_id = REPEAT('\\0', 16) AND action = " +
                   literal(action) + " AND resource_id = " + binary(user_id));
}

std::int64_t events(const std::string& type, const std::string& org_id) {
  return number_of("SELECT COUNT(*) FROM event WHERE type = " + literal(type) +
                   " AND org_id = " + binary(org_id));
}

}  // namespace

Test(audit, a_change_tells_who_did_what_to_whom_from_where_and_how_it_was_before) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner, "viewer");
  auto client = owner.client();
  client.header("User-Agent", "Auditor's \"browser\"/1.0 – ü").header("X-Request-Id", "audit-test-0001");
  const auto path = "/api/v1/members/" + member.user_id + "/role";
  expect(client.put(path, R"({"new_role_name":"manager","expires_at":4000000000})"), 200);
  const auto list = newest_audit(owner, "member.role_changed");
  require_equal(list.text("/items/0/actor/id"), owner.user_id);
  require_equal(list.text("/items/0/actor/email"), owner.email);
  require_equal(list.text("/items/0/effective_user/id"), owner.user_id);
  require(list.at("/items/0/api_key_id").IsNull(), "no API key");
  require_equal(list.text("/items/0/resource"), "member");
  require_equal(list.text("/items/0/resource_id"), member.user_id);
  require_equal(list.text("/items/0/old_values/role"), "viewer");
  require(list.at("/items/0/old_values/role_expires_at").IsNull(), "for good");
  require_equal(list.text("/items/0/new_values/role"), "manager");
  require_equal(list.number("/items/0/new_values/role_expires_at"), 4000000000);
  require_equal(list.text("/items/0/address"), "127.0.0.1");
  require_equal(list.text("/items/0/agent"), "Auditor's \"browser\"/1.0 – ü");
  require_equal(list.text("/items/0/request_id"), "audit-test-0001");
  const auto one = owner.client().get("/api/v1/audit-logs/" + list.text("/items/0/id"));
  expect(one, 200);
  require(list.body.find(one.body) != std::string::npos, "one row differs from the list's: " + one.body);
}

Test(audit, changes_carry_the_values_that_matter) {
  const auto owner = sign_up();
  const auto name = name_of(owner);
  auto client = owner.client();
  const auto org = "/api/v1/organizations/" + owner.org_id;
  expect(client.put(org, R"({"name":"New name","settings":{"a":[1,2]}})"), 200);
  auto row = newest_audit(owner, "organization.updated");
  require_equal(row.text("/items/0/old_values/name"), name);
  require_equal(row.text("/items/0/new_values/name"), "New name");
  require(row.at("/items/0/old_values/settings").ObjectEmpty(), "the settings before");
  require_equal(row.number("/items/0/new_values/settings/a/1"), 2);
  require(!row.has("/items/0/new_values/slug"), "what did not change is not told");

  const auto role = make_role(owner, "Auditor", R"(["audit:read"])");
  expect(client.put(path_of(role), role_body("Reader", R"(["users:read","events:read"])")), 200);
  row = newest_audit(owner, "role.updated");
  require_equal(row.text("/items/0/old_values/name"), "Auditor");
  require_equal(row.text("/items/0/old_values/permissions/0"), "audit:read");
  require_equal(row.size("/items/0/new_values/permissions"), 2U);
  expect(client.send({"DELETE", path_of(role), std::nullopt, "", {}}), 204);
  row = newest_audit(owner, "role.deleted");
  require_equal(row.text("/items/0/old_values/name"), "Reader");
  require(row.at("/items/0/new_values").IsNull(), "nothing is left");

  const auto email = fresh_email();
  expect(invite(owner, email, "viewer"), 201);
  row = newest_audit(owner, "invite.created");
  require_equal(row.text("/items/0/new_values/email"), email);
  require_equal(row.text("/items/0/new_values/role"), "viewer");

  const auto key = make_api_key(owner, R"(["users:read"])");
  row = newest_audit(owner, "api_key.created");
  require_equal(row.text("/items/0/new_values/name"), "a key");
  require_equal(row.text("/items/0/new_values/key"), "***");

  expect(client.put("/api/v1/users/me", R"({"profile":{"name":"Ann"}})"), 200);
  row = newest_audit(owner, "user.updated");
  require(row.at("/items/0/old_values/profile").ObjectEmpty(), "the profile before");
  require_equal(row.text("/items/0/new_values/profile/name"), "Ann");
}

Test(audit, an_account_that_an_inviter_named_by_its_id_does_not_give_its_address_away) {
  const auto owner = sign_up();
  const auto stranger = sign_up();
  expect(owner.client().post("/invite_member", object({{"user_id", stranger.user_id}})), 201);
  const auto row = newest_audit(owner, "invite.created");
  require_equal(row.text("/items/0/new_values/user_id"), stranger.user_id);
  require(row.body.find(stranger.email) == std::string::npos, row.body);
}

Test(audit, the_log_comes_newest_first_by_pages_and_filters) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  for (int i = 0; i < 7; ++i) expect(make_role(owner, "role " + std::to_string(i), "[]"), 201);
  auto client = owner.client();
  std::vector<std::int64_t> numbers;
  std::string cursor;
  do {
    const auto page = client.get("/api/v1/audit-logs?limit=3&include_total=true" +
                                 (cursor.empty() ? "" : "&cursor=" + cursor));
    expect(page, 200);
    require_equal(page.number("/total"), audit_rows_of(owner));
    for (std::size_t i = 0; i < page.size("/items"); ++i)
      numbers.push_back(page.number("/items/" + std::to_string(i) + "/seq"));
    cursor = page.at("/next_cursor").IsNull() ? "" : page.text("/next_cursor");
  } while (!cursor.empty());
  require_equal(static_cast<std::int64_t>(numbers.size()), audit_rows_of(owner));
  for (std::size_t i = 0; i < numbers.size(); ++i)
    require_equal(numbers[i], static_cast<std::int64_t>(numbers.size() - i), "seq");

  const auto total = [&](const std::string& filter) {
    const auto reply = client.get("/api/v1/audit-logs?include_total=true&" + filter);
    expect(reply, 200);
    require_equal(static_cast<std::int64_t>(reply.size("/items")), reply.number("/total"), filter);
    return reply.number("/total");
  };
  const auto all = audit_rows_of(owner);
  require_equal(total("action=role.created"), 7);
  require_equal(total("resource=role"), 7);
  require_equal(total("actor=" + member.user_id), 2);  // has accepted, and came into being by that
  require_equal(total("actor=" + owner.user_id), all - 2);
  require_equal(total("resource_id=" + member.user_id), 1);
  require_equal(total("action=role.created&resource=member"), 0);
  require_equal(total("from_time=4000000000"), 0);
  require_equal(total("to_time=1"), 0);
  require_equal(total("from_time=1&to_time=4000000000"), all);
  const auto made = make_role(owner, "the last", "[]");
  require_equal(total("request_id=" + made.header("x-request-id")), 1);
  require_equal(total("request_id=no-such-request"), 0);
  for (const char* wrong : {"actor=x", "resource_id=1", "action=%27", "action=a%25", "from_time=-1",
                            "limit=0", "cursor=x", "resource=x%0Ay", "request_id=%C3%BC"})
    expect_problem(client.get(std::string{"/api/v1/audit-logs?"} + wrong), 422, "validation_failed");
}

Test(audit, only_who_may_read_it_sees_it_and_only_their_own_organizations) {
  const auto owner = sign_up();
  const auto stranger = sign_up();
  const auto log = "/api/v1/audit-logs/" + newest_audit(owner, "organization.created").text("/items/0/id");
  for (const char* role : {"manager", "member", "viewer"}) {
    auto client = invite_and_accept(owner, role).client();
    for (const auto& path :
         {std::string{"/api/v1/audit-logs"}, log, std::string{"/api/v1/audit-logs/export"}})
      expect_problem(client.get(path), 403, "forbidden");
  }
  expect(invite_and_accept(owner, "admin").client().get(log), 200);
  auto outside = stranger.client();
  expect_problem(outside.get(log), 404, "not_found");
  expect_problem(outside.get("/api/v1/audit-logs/" + fresh_id()), 404, "not_found");
  expect_problem(outside.get("/api/v1/audit-logs/x"), 404, "not_found");
  const auto all = outside.get("/api/v1/audit-logs?resource_id=" + owner.user_id);
  require_equal(expect(all, 200).size("/items"), 0U);
  const auto lines = outside.get("/api/v1/audit-logs/export");
  require(lines.body.find(owner.user_id) == std::string::npos, "another's row in the export");
  expect_problem(owner.client().get("/api/v1/admin/audit/logs"), 403, "forbidden");
}

Test(audit, what_an_api_key_did_is_told_with_the_key_and_its_maker) {
  const auto owner = sign_up();
  const auto key = make_api_key(owner, R"(["roles:create","audit:read"])");
  expect(key.client().post("/api/v1/roles", role_body("by key", "[]")), 201);
  const auto reply = key.client().get("/api/v1/audit-logs?limit=1");
  expect(reply, 200);
  require_equal(reply.text("/items/0/action"), "role.created");
  require_equal(reply.text("/items/0/api_key_id"), key.id);
  require_equal(reply.text("/items/0/actor/id"), owner.user_id);
}

Test(audit, a_sign_up_begins_the_chain_of_its_organization) {
  const auto owner = sign_up();
  const auto list = owner.client().get("/api/v1/audit-logs");
  require_equal(joined(actions(list)), "user.created organization.created");
  require_equal(list.number("/items/1/seq"), 1);
  require_equal(list.text("/items/0/new_values/email"), owner.email);
  require_equal(list.text("/items/0/actor/email"), owner.email);
  require_equal(list.text("/items/1/new_values/name"), name_of(owner));
  require_equal(events("user.created", owner.org_id), 0, "events of a sign-up");
}

Test(audit, an_own_account_s_change_stands_in_the_active_organization_and_is_none_of_its_events) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto changed =
      client.post("/api/v1/auth/change-password",
                  object({{"current_password", kPassword}, {"new_password", "seven lanterns over"}}));
  expect(changed, 204);
  const auto row = newest_audit(owner, "password.changed");
  require_equal(row.text("/items/0/resource_id"), owner.user_id);
  require_equal(row.text("/items/0/new_values/password"), "***");
  require_equal(events("password.changed", owner.org_id), 0, "events");
  expect(client.put("/api/v1/users/me", R"({"profile":{}})"), 200);
  require_equal(events("user.updated", owner.org_id), 0, "events");
}

Test(audit, what_nobody_signed_in_did_stands_with_the_system_and_super_admins_find_it) {
  const auto person = sign_up();
  verify(person);
  require_equal(system_rows("email.verified", person.user_id), 1);
  require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'email.verified' AND org_id = " +
                          binary(person.org_id)),
                0);
  auto admin = super_admin().client();
  const auto of_person = "resource_id=" + person.user_id;
  auto found = admin.get("/api/v1/admin/audit/logs?tenant_id=system&action=email.verified&" + of_person);
  require_equal(expect(found, 200).size("/items"), 1U);
  require(found.at("/items/0/org_id").IsNull(), "of no organization");
  require_equal(found.text("/items/0/effective_user/email"), person.email);
  found = admin.get("/api/v1/admin/audit/logs?tenant_id=" + person.org_id + "&include_total=true");
  require_equal(expect(found, 200).number("/total"), audit_rows_of(person));
  require_equal(found.text("/items/0/org_id"), person.org_id);
  found = admin.get("/api/v1/admin/audit/logs?" + of_person + "&include_total=true");
  require_equal(expect(found, 200).number("/total"), 2);  // came into being, was verified
  expect_problem(admin.get("/api/v1/admin/audit/logs?tenant_id=x"), 422, "validation_failed");
  // Page by page, each row once.
  std::set<std::string> ids;
  std::string cursor;
  for (int pages = 0; pages < 3; ++pages) {
    const auto page =
        admin.get("/api/v1/admin/audit/logs?limit=5" + (cursor.empty() ? "" : "&cursor=" + cursor));
    expect(page, 200);
    for (std::size_t i = 0; i < page.size("/items"); ++i)
      require(ids.insert(page.text("/items/" + std::to_string(i) + "/id")).second, "a row came twice");
    if (page.at("/next_cursor").IsNull()) break;
    cursor = page.text("/next_cursor");
  }
}

Test(audit, another_s_token_does_not_lend_its_name_to_what_a_mailed_token_did) {
  const auto person = sign_up();
  verify(person);
  const auto bystander = sign_up();
  expect(Client{}.post("/reset_password", object({{"email", person.email}})), 202);
  const auto token = newest_mail(person.email, "password_reset").token();
  auto client = bystander.client();
  expect(client.post("/api/v1/auth/password-reset/confirm",
                     object({{"token", token}, {"new_password", "seven lanterns over"}})),
         204);
  require_equal(system_rows("password.reset", person.user_id), 1);
  require_equal(audit_rows_of(bystander), 2, "the bystander's organization");
  require_equal(
      text_of("SELECT actor_email FROM audit_log WHERE action = 'password.reset' AND resource_id = " +
              binary(person.user_id)),
      person.email);
}

Test(audit, who_ends_another_s_sessions_or_lock_is_told_in_the_organization) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  auto client = owner.client();
  expect(client.send({"DELETE", "/api/v1/users/" + member.user_id + "/sessions", std::nullopt, "", {}}), 204);
  auto row = newest_audit(owner, "session.all_ended");
  require_equal(row.text("/items/0/actor/id"), owner.user_id);
  require(row.at("/items/0/new_values/sessions_ended").GetBool(), "all of them, however many");
  for (int i = 0; i < 2; ++i) sign_in(member.email, "plum orbit canyon 41");
  expect(client.post("/api/v1/users/" + member.user_id + "/unlock"), 204);
  row = newest_audit(owner, "account.unlocked");
  require_equal(row.number("/items/0/old_values/failed_signins"), 2);
  require_equal(events("account.unlocked", owner.org_id) + events("session.all_ended", owner.org_id), 0);
}

Test(audit, a_refresh_token_that_came_twice_is_told) {
  const auto person = sign_up();
  const auto body = object({{"refresh_token", person.refresh_token}});
  const auto newer = expect(Client{}.post("/refresh_token", body), 200).text("/refresh_token");
  expect(Client{}.post("/refresh_token", object({{"refresh_token", newer}})), 200);
  expect_problem(Client{}.post("/refresh_token", body), 401, "refresh_reused");
  require_equal(system_rows("session.token_reused", person.user_id), 1);
}

Test(audit, the_first_super_admin_is_told) {
  require_equal(text_of("SELECT JSON_VALUE(new_values, '$.email') FROM audit_log WHERE action = "
                        "'super_admin.created' AND org_id = REPEAT('\\0', 16)"),
                setting("SUPER_ADMIN_EMAIL"));
}

Test(audit, a_total_that_stopped_says_so) {
  using tenantd::api::total_up_to;
  require(total_up_to(10000).exact && total_up_to(10000).rows == 10000, "just as many");
  require(!total_up_to(10001).exact && total_up_to(10001).rows == 10000, "one more");
  const auto written = [](const tenantd::api::Total& total) {
    tenantd::api::JsonOut json;
    json.begin_object();
    tenantd::api::put_total(json, total);
    return json.end_object().text();
  };
  require_equal(written({7, true}), std::string{R"({"total":7})"});
  require_equal(written({10000, false}), std::string{R"({"total":10000,"total_is_exact":false})"});
}

Test(audit, the_total_is_that_of_the_rows_with_and_without_a_filter) {
  const auto owner = sign_up();
  invite_and_accept(owner, "viewer");
  auto client = owner.client();
  const auto rows = [&](const std::string& more) {
    return number_of("SELECT COUNT(*) FROM audit_log WHERE org_id = " + binary(owner.org_id) + more);
  };
  const auto all = client.get("/api/v1/audit-logs?include_total=true&limit=1");
  require_equal(all.number("/total"), rows(""));
  require(!all.has("/total_is_exact"), all.body);
  const auto some = client.get("/api/v1/audit-logs?include_total=true&limit=1&resource=member");
  require_equal(some.number("/total"), rows(" AND resource = 'member'"));
  require(!some.has("/total_is_exact"), some.body);
}
