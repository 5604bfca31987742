// Sessions that an administrator ends: those that are at home elsewhere too, by one who still may, and by
// which key.
#include <criterion/criterion.h>

#include <thread>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/processes.hpp"
#include "tenantd/db/connection.hpp"

using namespace tenantd::test;

namespace {

std::string sessions_of(const Account& account) { return "/api/v1/users/" + account.user_id + "/sessions"; }

Response at(const Account& account, const std::string& org_id) {
  return account.client().header("X-Tenant-Id", org_id).get("/api/v1/auth/status");
}

Account again(const Account& account) {
  auto signed_in = account_of(expect(sign_in(account.email, account.password), 200), account.email);
  signed_in.org_id = account.org_id;
  return signed_in;
}

// An account at home in its own organization that is a member of the host's, its sessions a minute old.
Account guest_of(const Account& host) {
  const auto guest = sign_up("Home");
  verify(guest);
  join(host, guest, "member");
  database().run("UPDATE session SET created_at = created_at - 60 WHERE user_id = " + binary(guest.user_id));
  database().run("UPDATE member SET created_at = created_at - 60 WHERE user_id = " + binary(guest.user_id) +
                 " AND org_id = " + binary(guest.org_id));
  return guest;
}

}  // namespace

Test(sessions_ended_by_others, sessions_at_home_elsewhere_lose_this_organization_and_live_on_there) {
  const auto host = sign_up("Host");
  const auto guest = guest_of(host);
  expect(at(guest, host.org_id), 200);
  expect(host.client().del(sessions_of(guest), ""), 204);
  expect_problem(at(guest, host.org_id), 404, "not_found");
  expect_problem(guest.client().get("/api/v1/organizations/" + host.org_id), 404, "not_found");
  expect_problem(guest.client().post("/organization/select", object({{"org_id", host.org_id}})), 404,
                 "not_found");
  expect(guest.client().get("/api/v1/members"), 200);
  const auto event = guest.client().get("/api/v1/auth/security-events?limit=1");
  expect(event, 200);
  require_equal(event.text("/items/0/type"), "session.all_ended");
  require_equal(event.text("/items/0/actor_id"), host.user_id);
  require(event.at("/items/0/api_key_id").IsNull(), event.body);
  // Whoever knows the password comes in again, and a refreshed session of before does not.
  const auto renewed = Client{}.post("/refresh_token", object({{"refresh_token", guest.refresh_token}}));
  expect(renewed, 200);
  expect_problem(at(account_of(renewed, guest.email), host.org_id), 404, "not_found");
  expect(at(again(guest), host.org_id), 200);
}

Test(sessions_ended_by_others, sessions_of_a_removed_member_stay_shut_out_when_the_person_comes_back) {
  const auto host = sign_up("Host");
  const auto guest = guest_of(host);
  expect(at(guest, host.org_id), 200);
  expect(host.client().del("/delete", object({{"user_id", guest.user_id}, {"org_id", host.org_id}})), 204);
  expect_problem(at(guest, host.org_id), 404, "not_found");
  join(host, guest, "member");
  expect_problem(at(guest, host.org_id), 404, "not_found");
  expect(guest.client().get("/api/v1/members"), 200);
  expect(at(again(guest), host.org_id), 200);
}

Test(sessions_ended_by_others, ending_one_session_or_ones_own_shuts_nobody_out) {
  const auto host = sign_up("Host");
  const auto guest = guest_of(host);
  expect_problem(host.client().del(sessions_of(guest) + '/' + fresh_id(), ""), 404, "not_found");
  expect(at(guest, host.org_id), 200);
  expect(guest.client().del(sessions_of(guest), ""), 204);
  expect(at(again(guest), host.org_id), 200);
  require_equal(
      number_of("SELECT COUNT(*) FROM session_cut WHERE shut_out > 0 AND user_id = " + binary(guest.user_id)),
      0);
}

// The administrator is let in, waits for the organization, and is none any more once it is free.
Test(sessions_ended_by_others, an_administrator_who_is_demoted_meanwhile_ends_nothing) {
  const auto owner = sign_up("Host");
  const auto admin = invite_and_accept(owner, "admin");
  const auto member = invite_and_accept(owner);
  expect(admin.client().get(sessions_of(member)), 200);
  const Alone alone;
  for (const auto& path : {sessions_of(member), sessions_of(member) + '/' + fresh_id()}) {
    tenantd::db::Connection holder{as_admin()};
    holder.run("START TRANSACTION");
    holder.run_query("SELECT org_id FROM organization_turn WHERE org_id = " + binary(owner.org_id) +
                     " FOR UPDATE");
    Response reply;
    {
      std::jthread asking{[&] { reply = admin.client().del(path, ""); }};
      wait_until("the request waits for the organization",
                 [] { return status_value("Innodb_row_lock_current_waits") > 0; });
      holder.run("UPDATE member SET role_id = (SELECT id FROM role WHERE name = 'viewer' AND org_id = " +
                 binary(owner.org_id) + ") WHERE user_id = " + binary(admin.user_id));
      holder.run("COMMIT");
    }
    expect_problem(reply, 403, "forbidden");
    expect(member.client().get("/users/me"), 200);
    database().run("UPDATE member SET role_id = (SELECT id FROM role WHERE name = 'admin' AND org_id = " +
                   binary(owner.org_id) + ") WHERE user_id = " + binary(admin.user_id));
  }
}

Test(sessions_ended_by_others, what_a_key_did_to_an_account_names_the_key) {
  const auto owner = sign_up("Host");
  const auto member = invite_and_accept(owner);
  const auto key = make_api_key(owner, R"(["users:update","users:read","projects:read","documents:read",
    "documents:download","documents:create","products:read","suppliers:read","warehouses:read","stock:read","stock:create",
    "purchase_requests:read","purchase_requests:create","purchase_requests:update","purchase_requests:submit"])");
  expect(key.client().post("/api/v1/users/" + member.user_id + "/unlock"), 204);
  expect(key.client().del(sessions_of(member), ""), 204);
  const auto events = again(member).client().get("/api/v1/auth/security-events?limit=2");
  expect(events, 200);
  for (const char* at : {"/items/0", "/items/1"}) {
    require_equal(events.text(std::string{at} + "/api_key_id"), key.id);
    require_equal(events.text(std::string{at} + "/actor_id"), owner.user_id);
  }
  require_equal(events.text("/items/0/type"), "session.all_ended");
  require_equal(events.text("/items/1/type"), "account.unlocked");
  const auto own = owner.client().get("/api/v1/auth/security-events?limit=1");
  expect(own, 200);
  require_equal(own.text("/items/0/type"), "api_key.created");
  require(own.at("/items/0/api_key_id").IsNull(), own.body);
}
