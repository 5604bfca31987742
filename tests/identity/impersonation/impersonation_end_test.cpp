// What ends an impersonation besides itself, what it leaves behind, and tokens that pretend to be one.
#include <criterion/criterion.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "crypto/signing_key.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/impersonation.hpp"
#include "support/mailbox.hpp"
#include "support/processes.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/keys.hpp"

using namespace tenantd::test;

namespace {

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

// The token with another `act`, or none if that is empty, under our own signature.
std::string with_actor(const std::string& token, const std::string& user_id) {
  static const auto ring = tenantd::crypto::KeyRing::load(setting("KEYS_DIR"));
  const auto parts = tenantd::split(token, '.');
  rapidjson::Document payload;
  payload.Parse(tenantd::base64url_decode(parts.at(1)).value());
  payload.RemoveMember("act");
  if (!user_id.empty()) {
    auto& memory = payload.GetAllocator();
    rapidjson::Value act{rapidjson::kObjectType};
    act.AddMember("sub", rapidjson::Value{user_id.c_str(), memory}, memory);
    payload.AddMember("act", act, memory);
  }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  payload.Accept(writer);
  const auto text =
      std::string{parts.at(0)} + '.' + tenantd::base64url_encode({buffer.GetString(), buffer.GetSize()});
  return text + '.' + tenantd::base64url_encode(ring.active(tenantd::now()).sign(text));
}

void set(const char* table, const std::string& change, const std::string& condition) {
  database().run("UPDATE " + std::string{table} + " SET " + change + " WHERE " + condition);
}

// Begins an impersonation of a fresh tenant's owner, and throws unless `end` kills it and nothing else of the
// owner.
template <class End>
void expect_ended_by(const std::string& what, bool owner_lives, End end) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  const auto acting = acting_as(admin, owner, owner);
  auto client = acting.client();
  expect(client.get("/api/v1/members"), 200);
  end(admin, owner, acting);
  const auto reply = client.get("/api/v1/members");
  require(reply.status == 401, what + " did not end it: " + reply.describe());
  expect_problem(reply, 401, "invalid_token");
  expect_problem(client.get("/users/me"), 401, "invalid_token");
  if (owner_lives) expect(owner.client().get("/users/me"), 200);
}

std::string sessions_of(const Account& account) { return "/api/v1/users/" + account.user_id + "/sessions"; }

}  // namespace

Test(impersonation_end, comes_with_the_super_admins_rank_account_and_sessions) {
  expect_ended_by("the loss of the rank", true, [](const auto& admin, const auto&, const auto&) {
    set("user", "is_super = FALSE", "id = " + binary(admin.user_id));
  });
  expect_ended_by("deactivation", true, [](const auto& admin, const auto&, const auto&) {
    set("user", "status = 1", "id = " + binary(admin.user_id));
  });
  expect_ended_by("a new password", true, [](const auto& admin, const auto&, const auto&) {
    expect(admin.client().post(
               "/api/v1/auth/change-password",
               object({{"current_password", admin.password}, {"new_password", "lantern violet 77x"}})),
           204);
  });
  expect_ended_by("the end of all sessions", true, [](const auto& admin, const auto&, const auto&) {
    expect(admin.client().del(sessions_of(admin), ""), 204);
  });
  expect_ended_by(
      "the end of the session it came from", true,
      [](const auto& admin, const auto&, const auto&) { expect(admin.client().post("/logout"), 204); });
}

Test(impersonation_end, comes_with_the_users_standing) {
  expect_ended_by("promotion to super-admin", true, [](const auto&, const auto& owner, const auto&) {
    set("user", "is_super = TRUE", "id = " + binary(owner.user_id));
  });
  expect_ended_by("the end of the membership", false, [](const auto&, const auto& owner, const auto&) {
    set("member", "status = 1", "user_id = " + binary(owner.user_id));
  });
  expect_ended_by("the account's deactivation", false, [](const auto&, const auto& owner, const auto&) {
    set("user", "status = 1", "id = " + binary(owner.user_id));
  });
  expect_ended_by("the tenant's deactivation", false, [](const auto&, const auto& owner, const auto&) {
    set("organization", "status = 1", "id = " + binary(owner.org_id));
  });
}

Test(impersonation_end, is_the_users_to_bring_about) {
  expect_ended_by("the user", true, [](const auto& admin, const auto& owner, const auto& acting) {
    auto client = owner.client();
    const auto listed = client.get(sessions_of(owner));
    expect(listed, 200);
    const auto session = session_of(acting);
    bool found = false;
    for (std::size_t i = 0; i < listed.size("/items"); ++i) {
      const auto at = "/items/" + std::to_string(i);
      const bool is_it = listed.text(at + "/id") == session;
      require_equal(listed.at(at + "/impersonator_id").IsNull(), !is_it);
      if (is_it) require_equal(listed.text(at + "/impersonator_id"), admin.user_id);
      found = found || is_it;
    }
    require(found, "the impersonation is not among the user's sessions: " + listed.body);
    expect(client.del(sessions_of(owner) + '/' + session, ""), 204);
  });
}

Test(impersonation_end, and_beginning_are_told_to_the_user_and_the_tenant_under_both_names) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant <i>");
  const auto member = invite_and_accept(owner);
  database().run(
      "INSERT INTO webhook (org_id, id, url, secret_sealed, events, status, created_at, updated_at) VALUES "
      "(" +
      binary(owner.org_id) + ", " + binary(fresh_id()) +
      ", 'https://example.com/', '', 'impersonation.started', 0, 1, 1)");
  const std::string reason = "Ticket <b>4711</b>: \"why\" " + std::string(200, 'y') + " end";
  const auto reply = impersonate(admin, owner.org_id, member.user_id, "  " + reason + " ");
  expect(reply, 200);
  require_equal(reply.text("/impersonation/reason"), reason);
  Account acting = member;
  acting.access_token = reply.text("/access_token");
  expect(acting.client().post("/api/v1/auth/end-impersonation"), 204);

  const auto mail = newest_mail(member.email, "impersonation");
  for (const auto& piece :
       {admin.email, member.email, reason, std::string{"Tenant <i>"}, std::string{"127.0.0.1"}})
    require(contains(mail.text, piece), piece + " is not in " + mail.text);
  require(!contains(mail.html, "<b>4711") && contains(mail.html, "&lt;b&gt;4711"), mail.html);

  const auto events = member.client().get("/api/v1/auth/security-events?limit=2");
  expect(events, 200);
  require_equal(events.text("/items/0/type"), "impersonation.ended");
  require_equal(events.text("/items/1/type"), "impersonation.started");
  for (const char* at : {"/items/0", "/items/1"}) {
    require_equal(events.text(std::string{at} + "/actor_id"), admin.user_id);
    require_equal(events.text(std::string{at} + "/session_id"), session_of(acting));
  }
  for (const char* action : {"impersonation.started", "impersonation.ended"}) {
    const auto both = " AND actor_id = " + binary(admin.user_id) +
                      " AND actor_email = " + literal(admin.email) +
                      " AND effective_id = " + binary(member.user_id) +
                      " AND effective_email = " + literal(member.email) + " AND action = " + literal(action);
    require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE org_id = " + binary(owner.org_id) + both),
                  1, action);
    require_equal(number_of("SELECT COUNT(*) FROM event WHERE org_id = " + binary(owner.org_id) +
                            " AND subject_id = " + binary(member.user_id) + " AND type = " + literal(action) +
                            " AND JSON_VALUE(data, '$.actor_id') = " + literal(admin.user_id)),
                  1, action);
  }
  require_equal(
      text_of("SELECT JSON_VALUE(data, '$.reason') FROM event WHERE type = 'impersonation.started' AND "
              "org_id = " +
              binary(owner.org_id)),
      reason);
  wait_until("the webhook is told", [&] {
    return number_of("SELECT COUNT(*) FROM webhook_delivery WHERE org_id = " + binary(owner.org_id)) == 1;
  });
}

Test(impersonation_end, a_forged_act_makes_no_impersonation_and_a_missing_one_hides_none) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  const auto acting = acting_as(admin, owner, owner);
  expect(Client{}.bearer(with_actor(acting.access_token, admin.user_id)).get("/users/me"), 200);
  Unchanged database;
  for (const auto& token :
       {with_actor(acting.access_token, ""), with_actor(acting.access_token, owner.user_id),
        with_actor(acting.access_token, fresh_id()), with_actor(owner.access_token, admin.user_id),
        with_actor(owner.access_token, owner.user_id), with_actor(admin.access_token, owner.user_id)})
    for (const char* path : {"/users/me", "/api/v1/members", "/auth/verify"})
      expect_problem(Client{}.bearer(token).get(path), 401, "invalid_token");
  database.check("forged actors");
}
