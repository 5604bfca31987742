// A member leaves an organization by itself: no permission is needed, and nobody is kept.
#include <criterion/criterion.h>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/impersonation.hpp"
#include "support/mailbox.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

std::string me_in(const Account& account) {
  return "/api/v1/organizations/" + account.org_id + "/members/me";
}

Response leave(Client client, const std::string& path) {
  return client.send({"DELETE", path, std::nullopt, "", {}});
}

std::int64_t memberships_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM member WHERE user_id = " + binary(account.user_id));
}

}  // namespace

Test(leaving, whoever_may_do_nothing_may_go) {
  const auto owner = sign_up();
  const auto viewer = invite_and_accept(owner, "viewer");
  auto client = viewer.client();
  expect_problem(client.del("/delete", object({{"user_id", viewer.user_id}, {"org_id", owner.org_id}})), 403,
                 "forbidden");
  const auto reply = leave(viewer.client(), me_in(owner));
  expect(reply, 204);
  require_equal(memberships_of(viewer), 0);
  // At once: its token finds no organization any more.
  expect_problem(client.get("/api/v1/members"), 401, "invalid_token");
  expect_problem(client.get("/api/v1/organizations/" + owner.org_id), 404, "not_found");
  expect_problem(leave(viewer.client(), me_in(owner)), 404, "not_found");
  require_equal(audit_rows_of(reply), 1);
  const auto events = owner.client().get("/api/v1/events?after=0&type=member.removed");
  require_equal(expect(events, 200).size("/items"), 1U);
  require_equal(events.text("/items/0/actor_id"), viewer.user_id);
  require_equal(events.text("/items/0/subject_id"), viewer.user_id);
  require_equal(events.text("/items/0/data/old_values/role"), "viewer");
}

Test(leaving, other_organizations_and_what_others_have_stay) {
  const auto owner = sign_up();
  const auto guest = sign_up();
  join(owner, guest, "admin");
  auto here = guest.client();
  here.header("X-Tenant-Id", owner.org_id);
  const auto email = fresh_email("asked");
  expect(here.post("/api/v1/invites", object({{"email", email}, {"role", "viewer"}})), 201);
  const auto token = invite_token(email);
  expect(leave(guest.client(), me_in(owner)), 204);
  // An invitation ends with its inviter's right.
  expect_problem(Client{}.post("/accept_invite", object({{"token", token}, {"password", kPassword}})), 410,
                 "invite_gone");
  expect(guest.client().get("/api/v1/members"), 200);
  require_equal(memberships_of(guest), 1);
  require_equal(memberships_of(owner), 1);
  // And comes back by an invitation, with the session of before shut out there.
  join(owner, guest, "viewer");
  require_equal(stored_role(owner.org_id, guest.user_id), "viewer");
}

Test(leaving, the_last_owner_stays) {
  const auto owner = sign_up();
  verify(owner);
  const auto heir = invite_and_accept(owner, "admin");
  {
    Unchanged database;
    const auto reply = leave(owner.client(), me_in(owner));
    expect_problem(reply, 409, "last_owner");
    database.check("the last owner");
  }
  expect(owner.client().post(
             "/update_member_role",
             object({{"user_id", heir.user_id}, {"org_id", owner.org_id}, {"new_role_name", "owner"}})),
         200);
  expect(leave(owner.client(), me_in(owner)), 204);
  require_equal(stored_role(owner.org_id, heir.user_id), "owner");
}

Test(leaving, nobody_is_kept_by_a_second_factor_or_a_role_that_has_ended) {
  const auto owner = sign_up();
  const auto kept = invite_and_accept(owner);
  const auto ended = invite_and_accept(owner);
  database().run("UPDATE organization SET require_mfa = TRUE WHERE id = " + binary(owner.org_id));
  database().run("UPDATE member SET role_expires_at = 1 WHERE user_id = " + binary(ended.user_id));
  const auto fresh = [](const Account& account) {
    return account_of(expect(sign_in(account.email, kPassword), 200), account.email);
  };
  expect_problem(fresh(kept).client().get("/api/v1/members"), 403, "mfa_enrollment_required");
  expect(leave(fresh(kept).client(), me_in(owner)), 204);
  expect(leave(fresh(ended).client(), me_in(owner)), 204);
  require_equal(memberships_of(kept) + memberships_of(ended), 0);
}

Test(leaving, keys_strangers_those_who_are_off_and_who_acts_for_somebody_do_not_leave) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner, "admin");
  const auto off = invite_and_accept(owner);
  const auto stranger = sign_up();
  const auto key = make_api_key(member, R"(["users:read"])");
  const auto admin = new_super_admin();
  const auto acting = acting_as(admin, owner, member);
  database().run("UPDATE member SET status = 1 WHERE user_id = " + binary(off.user_id));
  const auto again = sign_in(off.email, kPassword);
  Unchanged database;
  expect_problem(leave(key.client(), me_in(owner)), 403, "session_required");
  expect_problem(leave(stranger.client(), me_in(owner)), 404, "not_found");
  expect_problem(leave(std::move(Client{}.bearer(again.text("/access_token"))), me_in(owner)), 404,
                 "not_found");
  expect_problem(leave(acting.client(), me_in(owner)), 403, "impersonating");
  expect_problem(leave(Client{}, me_in(owner)), 401, "unauthenticated");
  expect_problem(leave(member.client(), "/api/v1/organizations/x/members/me"), 404, "not_found");
  database.check("those who do not leave");
}
