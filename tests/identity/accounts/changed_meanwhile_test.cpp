// A request reads an account, and then a hash, a provider or a lock takes its time: what has changed by then
// counts. What holds it up here is the account's row, under the change that is not committed yet.
#include <criterion/criterion.h>

#include <future>

#include "identity/scim/scim_fixture.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/fixtures.hpp"
#include "support/impersonation.hpp"
#include "support/mailbox.hpp"
#include "support/oauth.hpp"
#include "support/private_stack.hpp"
#include "tenantd/db/connection.hpp"

using namespace tenantd::test;

namespace {

// An instance in which nobody else waits for a lock.
class Meanwhile {
 public:
  Meanwhile() { stack_.take_the_suites_place(); }

  // Sends the request while the changes are made, which it has to wait for, and commits them then.
  template <class Request>
  Response change(const std::vector<std::string>& changes, Request request) const {
    tenantd::db::Connection connection{as_admin()};
    connection.run("BEGIN");
    for (const auto& each : changes) connection.run(each);
    auto reply = std::async(std::launch::async, request);
    wait_until("the request waits for the change", [] {
      // InnoDB shows what it has shown before until nobody has looked for a tenth of a second.
      database().run("DO SLEEP(0.11)");
      return number_of("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'") >
             0;
    });
    connection.run("COMMIT");
    return reply.get();
  }

 private:
  PrivateStack stack_{{"SIGN_IN_CODE=true", "OUTBOUND_ALLOW=127.0.0.1", "OUTBOUND_HTTP=true"}};
};

std::int64_t sessions_of(const Account& account) {
  return number_of(
      "SELECT COUNT(*) FROM session s JOIN user u ON u.id = s.user_id AND s.generation > u.sessions_ended "
      "WHERE u.id = " +
      binary(account.user_id));
}

std::string where_id(const Account& account) { return " WHERE id = " + binary(account.user_id); }

// As whatever ends all sessions of an account does.
std::string all_sessions_end(const Account& account) {
  return "UPDATE user SET sessions_ended = generation, generation = generation + 1" + where_id(account);
}

}  // namespace

Test(changed_meanwhile, a_second_factor_that_came_while_a_password_was_judged_is_asked_for, .timeout = 120) {
  const Meanwhile meanwhile;
  const auto ada = sign_up();
  const auto reply = meanwhile.change(
      {"UPDATE user SET mfa_enabled_at = UNIX_TIMESTAMP()" + where_id(ada), all_sessions_end(ada)},
      [&] { return sign_in(ada.email, ada.password); });
  expect_problem(reply, 401, "mfa_required");
  require_equal(sessions_of(ada), 0);
}

Test(changed_meanwhile, a_deactivated_account_gets_no_session, .timeout = 120) {
  const Meanwhile meanwhile;
  const auto ada = sign_up();
  const auto reply = meanwhile.change({"UPDATE user SET status = 1" + where_id(ada), all_sessions_end(ada)},
                                      [&] { return sign_in(ada.email, ada.password); });
  expect_problem(reply, 401, "invalid_credentials");
  require_equal(sessions_of(ada), 0);
}

Test(changed_meanwhile, a_code_is_worth_nothing_once_all_sessions_have_ended, .timeout = 120) {
  const Meanwhile meanwhile;
  const auto ada = sign_up();
  const auto client = register_client(ada);
  for (const auto* scope : {"openid", "openid offline_access"}) {
    const auto person = account_of(expect(sign_in(ada.email, ada.password), 200), ada.email, ada.password);
    const auto back = let_in(person, client, {{"scope", scope}});
    const auto reply =
        meanwhile.change({all_sessions_end(ada)}, [&] { return spend_code(client, query_of(back, "code")); });
    expect(reply, 400);
    require_equal(reply.text("/error"), "invalid_grant");
    require_equal(sessions_of(ada), 0);
    require_equal(number_of("SELECT COUNT(*) FROM client_session"), 0);
  }
}

// The mails that are under way lead to an address that is the account's no more.
Test(changed_meanwhile, no_link_and_no_code_go_on_counting_at_the_address_before, .timeout = 120) {
  const Meanwhile meanwhile;
  const auto ada = sign_up();
  const auto move = [&](const std::string& to) {
    return std::vector<std::string>{"DELETE FROM one_time_token WHERE user_id = " + binary(ada.user_id),
                                    "DELETE FROM mailed_code WHERE user_id = " + binary(ada.user_id),
                                    "UPDATE user SET email = '" + to + "'" + where_id(ada)};
  };
  const auto reset = meanwhile.change(move("moved@example.com"), [&] {
    return Client{}.post("/reset_password", object({{"email", ada.email}}));
  });
  require(reset.status / 100 == 2, reset.describe());
  require_equal(number_of("SELECT COUNT(*) FROM one_time_token WHERE user_id = " + binary(ada.user_id)), 0);
  const auto code = meanwhile.change(move(ada.email), [&] {
    return Client{}.post("/api/v1/auth/codes", object({{"email", "moved@example.com"}}));
  });
  require(code.status / 100 == 2, code.describe());
  require_equal(number_of("SELECT COUNT(*) FROM mailed_code WHERE user_id = " + binary(ada.user_id)), 0);
}

Test(changed_meanwhile, a_consent_that_was_taken_back_gives_no_tokens, .timeout = 120) {
  const Meanwhile meanwhile;
  const auto ada = sign_up();
  const auto client = register_client(ada);
  const auto back = let_in(ada, client, {{"scope", "openid offline_access"}});
  const auto before = sessions_of(ada);
  const auto reply = meanwhile.change({"SELECT 1 FROM user" + where_id(ada) + " FOR UPDATE",
                                       "DELETE FROM oauth_consent WHERE user_id = " + binary(ada.user_id)},
                                      [&] { return spend_code(client, query_of(back, "code")); });
  expect(reply, 400);
  require_equal(reply.text("/error"), "invalid_grant");
  require_equal(sessions_of(ada), before);
}

// As the acceptance of an invitation does, which holds it until it commits.
Test(changed_meanwhile, a_directory_removes_whoever_accepts_in_that_moment, .timeout = 120) {
  const Meanwhile meanwhile;
  const Directory directory{sign_up_verified()};
  const auto& ada = directory.owner;
  const auto bob = sign_up();
  for (const bool removes : {true, false}) {
    const auto path = "/Users/" + directory.made(bob.email);
    const auto invited = "org_id = " + binary(ada.org_id) + " AND email = '" + bob.email + "' AND status = 0";
    require_equal(number_of("SELECT COUNT(*) FROM invite WHERE " + invited), 1);
    const auto reply = meanwhile.change(
        {"INSERT INTO member (org_id, user_id, role_id, granted_by, created_at, updated_at) SELECT org_id, " +
             binary(bob.user_id) + ", role_id, " + binary(ada.user_id) + ", 0, 0 FROM invite WHERE " +
             invited,
         "UPDATE invite SET status = 1 WHERE " + invited},
        [&] {
          return removes ? directory.del(path)
                         : directory.patch(path, R"([{"op":"replace","path":"active","value":false}])");
        });
    require(reply.status / 100 == 2, reply.describe());
    require_equal(number_of("SELECT COUNT(*) FROM member WHERE status = 0 AND org_id = " +
                            binary(ada.org_id) + " AND user_id = " + binary(bob.user_id)),
                  0);
  }
}

// The membership waits for the account's row, which an erasure holds until it has been committed.
Test(changed_meanwhile, an_account_that_was_erased_becomes_no_member, .timeout = 120) {
  const Meanwhile meanwhile;
  const auto ada = sign_up(), bob = sign_up_verified();
  expect(invite(ada, bob.email), 201);
  const auto token = newest_mail(bob.email, "invitation").token();
  const auto reply = meanwhile.change({"UPDATE user SET status = 1" + where_id(bob)}, [&] {
    return Client{}.post("/accept_invite", object({{"token", token}}));
  });
  expect_problem(reply, 410, "invite_gone");
  require_equal(number_of("SELECT COUNT(*) FROM member WHERE org_id = " + binary(ada.org_id)), 1);
}

// An account that is claimed back stays an owner: what its intruder has under way waits for the members'
// lock.
Test(changed_meanwhile, what_an_ended_session_or_key_asked_for_is_not_done, .timeout = 120) {
  const Meanwhile meanwhile;
  const auto ada = sign_up();
  const auto key = ada.client().post("/api/v1/api-keys", R"({"name":"k","permissions":["roles:create"]})");
  expect(key, 201);
  const std::string turn =
      "SELECT 1 FROM organization_turn WHERE org_id = " + binary(ada.org_id) + " FOR UPDATE";
  const auto role = R"({"name":"temp","permissions":[]})";
  expect_problem(
      meanwhile.change(
          {turn, "DELETE FROM api_key WHERE id = " + binary(key.text("/id"))},
          [&] { return Client{}.header("X-Api-Key", key.text("/key")).post("/api/v1/roles", role); }),
      401, "invalid_token");
  const std::vector<std::pair<std::string, std::string>> asked{
      {"/api/v1/roles", role},
      {"/api/v1/webhooks", R"({"url":"http://127.0.0.1:9/","events":["role.created"]})"},
      {"/api/v1/api-keys", R"({"name":"mine","permissions":["products:read"]})"},
      {"/api/v1/service-accounts", R"({"name":"robot","permissions":["products:read"]})"}};
  for (const auto& [path, body] : asked) {
    const auto person = account_of(expect(sign_in(ada.email, ada.password), 200), ada.email, ada.password);
    const auto reply =
        meanwhile.change({turn, all_sessions_end(ada)}, [&] { return person.client().post(path, body); });
    expect_problem(reply, 401, "invalid_token");
  }
  require_equal(
      number_of("SELECT (SELECT COUNT(*) FROM webhook) + (SELECT COUNT(*) FROM api_key) + "
                "(SELECT COUNT(*) FROM service_account) + (SELECT COUNT(*) FROM role WHERE name = 'temp')"),
      0);
}

// A super-admin is a member of nothing whose end could show.
Test(changed_meanwhile, what_an_ended_super_admin_asked_for_is_not_done, .timeout = 180) {
  const Meanwhile meanwhile;
  const auto owner = sign_up();
  const auto admin = new_super_admin();
  const auto turn = "SELECT 1 FROM organization_turn WHERE org_id = " + binary(owner.org_id) + " FOR UPDATE";
  const auto made = [] {
    return number_of(
        "SELECT (SELECT COUNT(*) FROM session WHERE actor_id IS NOT NULL) + (SELECT COUNT(*) FROM stream) + "
        "(SELECT COUNT(*) FROM oauth_client) + (SELECT COUNT(*) FROM identity_provider)");
  };
  const auto before = made();
  const FakeProvider idp;
  const std::vector<std::pair<std::string, std::string>> asked{
      {"/api/v1/auth/impersonate", object({{"tenant_id", owner.org_id}, {"reason", kTicket}})},
      {"/api/v1/tenants/" + owner.org_id + "/oidc-providers",
       own_provider_body(idp, {{"issuer", quoted("http://127.0.0.1:9")}})},
      {"/api/v1/admin/oauth/clients", client_body()},
      {"/api/v1/admin/streams",
       R"({"name":"all","carries":["audit"],"status":"paused","url":"http://127.0.0.1:9/"})"}};
  for (const auto& [path, body] : asked) {
    const auto person =
        account_of(expect(sign_in(admin.email, admin.password), 200), admin.email, admin.password);
    const auto reply =
        meanwhile.change({turn, all_sessions_end(admin)}, [&] { return person.client().post(path, body); });
    require(reply.status == 401, path + ": " + reply.describe());
    expect_problem(reply, 401, "invalid_token");
    require_equal(made(), before, path);
  }
}
