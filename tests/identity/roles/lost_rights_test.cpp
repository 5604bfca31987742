// What a member has set up does not outlast that member's right to it.
#include <criterion/criterion.h>

#include <ctime>
#include <functional>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/private_stack.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

// Of an event that does not happen here: nothing is ever sent.
Response make_webhook(const Account& maker) {
  return maker.client().post("/api/v1/webhooks", object({{"url", "https://127.9.9.9/hooks"},
                                                         {"events", Field::raw(R"(["supplier.deleted"])")}}));
}

std::string path_to(const Response& webhook) { return "/api/v1/webhooks/" + webhook.text("/id"); }

std::string status_of(const Account& owner, const Response& webhook) {
  return expect(owner.client().get(path_to(webhook)), 200).text("/status");
}

void expect_told(const Account& owner, const Response& webhook, const std::string& of_what) {
  require_equal(status_of(owner, webhook), "paused", of_what);
  require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'webhook.suspended' AND org_id = " +
                          binary(owner.org_id) + " AND resource_id = " + binary(webhook.text("/id"))),
                1, of_what);
}

}  // namespace

Test(lost_rights, a_webhook_is_paused_with_its_keepers_right_and_goes_on_with_anothers) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto custom = make_role(owner, "hooks", R"(["webhooks:manage","users:read"])");
  const auto until = static_cast<std::int64_t>(std::time(nullptr)) + 3600;
  struct Case {
    std::string what;
    std::string role;
    std::function<Response(const Account&)> end;
  };
  const std::vector<Case> cases = {
      {"removed", "admin",
       [&](const Account& a) {
         return client.del("/delete", object({{"user_id", a.user_id}}));
       }},
      {"demoted", "admin", [&](const Account& a) { return give(owner, a, "manager"); }},
      {"given an end", "admin",
       [&](const Account& a) {
         return client.put("/api/v1/members/" + a.user_id + "/role",
                           object({{"new_role_name", "admin"}, {"expires_at", until}}));
       }},
      {"deactivated", "admin",
       [&](const Account& a) { return client.del("/api/v1/users/" + a.user_id, ""); }},
      {"of a role that lost the right", "hooks",
       [&](const Account&) { return client.put(path_of(custom), role_body("hooks", R"(["users:read"])")); }},
  };
  for (const auto& [what, role, end] : cases) {
    const auto maker = invite_and_accept(owner, role);
    const auto webhook = make_webhook(maker);
    expect(webhook, 201);
    require_equal(webhook.text("/kept_by"), maker.user_id);
    const auto own = make_webhook(owner);
    expect(own, 201);
    const auto reply = end(maker);
    require(reply.status == 200 || reply.status == 204, what + ": " + reply.describe());
    expect_told(owner, webhook, what);
    require_equal(status_of(owner, own), "active", "somebody else's");
    // Whoever saves it as active answers for it.
    const auto again = client.put(path_to(webhook), R"({"status":"active"})");
    expect(again, 200);
    require_equal(again.text("/status") + again.text("/kept_by"), "active" + owner.user_id, what);
    require_equal(again.text("/created_by"), maker.user_id, what);
  }
}

Test(lost_rights, a_webhook_that_somebody_else_saved_stays_when_its_maker_goes) {
  const auto owner = sign_up();
  const auto maker = invite_and_accept(owner, "admin");
  const auto webhook = make_webhook(maker);
  expect(webhook, 201);
  expect(owner.client().put(path_to(webhook), R"({"description":"Ours"})"), 200);
  expect(owner.client().del("/delete", object({{"user_id", maker.user_id}})), 204);
  require_equal(status_of(owner, webhook), "active");
}

// A provider signs in those who belong already, but lets nobody in whom its keeper could not let in.
Test(lost_rights, a_provider_lets_newcomers_in_as_long_as_its_keeper_could) {
  FakeProvider idp;
  PrivateStack stack{idp.settings()};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto provider = make_provider(admin, "google", true, R"(["example.com"])", "admin");
  require_equal(provider.text("/kept_by"), admin.user_id);
  const auto come = [&](const std::string& subject) {
    return sign_on(idp, "google", owner.org_id, subject, subject + "@example.com");
  };
  expect(come("early"), 200);
  const auto refused = [&](const std::string& subject, const std::string& when) {
    const auto accounts = number_of("SELECT COUNT(*) FROM user");
    const auto reply = come(subject);
    require(reply.status == 403, when + ": " + reply.describe());
    expect_problem(reply, 403, "not_provisioned");
    require_equal(number_of("SELECT COUNT(*) FROM user"), accounts, when);
    expect(come("early"), 200);
  };
  const auto until = static_cast<std::int64_t>(std::time(nullptr)) + 3600;
  auto client = owner.client();
  expect(client.put("/api/v1/members/" + admin.user_id + "/role",
                    object({{"new_role_name", "admin"}, {"expires_at", until}})),
         200);
  refused("one", "given an end");
  expect(give(owner, admin, "manager"), 200);
  refused("two", "demoted");
  expect(give(owner, admin, "admin"), 200);
  expect(come("three"), 200);
  expect(client.del("/delete", object({{"user_id", admin.user_id}})), 204);
  refused("four", "removed");
  // Until somebody who could saves it.
  const auto path = "/api/v1/tenants/" + owner.org_id + "/identity-providers/" + provider.text("/id");
  require_equal(expect(client.put(path, R"({"enabled":true})"), 200).text("/kept_by"), owner.user_id);
  expect(come("five"), 200);
}
