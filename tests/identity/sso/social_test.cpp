// Signing in by Google, Microsoft and GitHub as the service itself has set them up: who gets an account, who
// is linked, and how far it is kept apart from what organizations' providers say.
#include <criterion/criterion.h>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/mailbox.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "tenantd/db/connection.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kOid = "6a7fbd2c-2b1f-4c8e-9a3e-0d6a4f6e5b11";
constexpr const char* kKinds[] = {"social/google", "social/microsoft", "social/github"};

struct World {
  FakeProvider idp;
  PrivateStack stack;
  explicit World(const std::vector<std::string>& more = {}) : stack{with(idp.settings(true), more)} {
    stack.take_the_suites_place();
  }
  static std::vector<std::string> with(std::vector<std::string> settings,
                                       const std::vector<std::string>& more) {
    settings.insert(settings.end(), more.begin(), more.end());
    return settings;
  }
};

std::int64_t count(const std::string& table) { return number_of("SELECT COUNT(*) FROM " + table); }
Client with(const Response& tokens) { return std::move(Client{}.bearer(tokens.text("/access_token"))); }

std::string addresses(const std::string& email, bool verified = true) {
  return R"([{"email":"other@example.com","primary":false,"verified":true},{"email":)" + quoted(email) +
         R"(,"primary":true,"verified":)" + (verified ? "true" : "false") + "}]";
}

// A person whose address the provider has verified, or not. `number`: who it is there.
Response social(FakeProvider& idp, const std::string& kind, int number, const std::string& email,
                bool verified = true, Client client = Client{}) {
  const auto begun = begin(kind, "", std::move(client));
  const auto code = fresh_name("code");
  if (kind.ends_with("github")) {
    idp.grant_user(code, "{\"id\":" + std::to_string(number) + R"(,"login":"x","name":"Ann Lee"})",
                   addresses(email, verified));
  } else if (kind.ends_with("google")) {
    idp.grant(code, idp.key().token(payload_for(idp, begun, std::to_string(number), email,
                                                {{"email_verified", verified ? "true" : "false"}})));
  } else {
    const auto oid = std::string{kOid}.substr(0, 34) + std::to_string(10 + number);
    idp.grant(code, idp.key().token(
                        payload_for(idp, begun, oid, email, {{"xms_edov", verified ? "true" : "false"}})));
  }
  return come_back(begun, code);
}

}  // namespace

Test(social, newcomers_get_an_account_and_are_known_the_next_time, .timeout = 120) {
  World world;
  require_equal(Client{}.get("/api/v1/config").size("/social"), 3U);
  for (const std::string kind : kKinds) {
    const auto email = fresh_email();
    const auto first = social(world.idp, kind, 7, email);
    expect(first, 200);
    require_equal(first.text("/user/email"), email);
    require(first.at("/user/email_verified").GetBool(), first.body);
    require(first.at("/organization").IsNull(), first.body);
    const auto again = social(world.idp, kind, 7, fresh_email("renamed"));
    expect(again, 200);
    require_equal(again.text("/user/id"), first.text("/user/id"));
    require_equal(with(again).get("/api/v1/auth/history").text("/items/0/method"), kind.substr(7));
    // It is a whole account: it may found an organization.
    expect(with(again).post("/api/v1/organizations", object({{"name", fresh_name("Own")}})), 201);
    require_equal(with(again).get("/api/v1/auth/identities").text("/items/0/issuer"),
                  "service:" + kind.substr(7));
  }
  require_equal(count("social_state"), 0);
  // Each account and each identity is told.
  for (const char* action : {"user.created", "identity.linked"})
    require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE action = " + literal(action)), 3, action);
  require_equal(log_with(world.stack.dir(), "social-secret"), "", "a secret stands in a log");
}

Test(social, no_unverified_address_gets_an_account_and_no_address_leads_to_one, .timeout = 120) {
  World world;
  const auto owner = sign_up_verified();
  const auto unverified = sign_up();
  for (const std::string kind : kKinds) {
    const auto before = count("user") + count("identity");
    expect_problem(social(world.idp, kind, 1, fresh_email(), false), 403, "not_provisioned");
    for (const auto* who : {&owner, &unverified}) {
      expect_problem(social(world.idp, kind, 1, who->email), 409, "email_taken");
      expect_problem(social(world.idp, kind, 1, who->email, false), 403, "not_provisioned");
    }
    require_equal(count("user") + count("identity"), before, kind);
  }
  // GitHub's word for another address than the primary one counts for nothing.
  const auto begun = begin("social/github", "");
  world.idp.grant_user("c", R"({"id":5})", R"([{"email":"x@example.com","primary":false,"verified":true}])");
  expect_problem(come_back(begun, "c"), 403, "not_provisioned");
  // Nor has a user without an id, or a code that was refused.
  const auto another = begin("social/github", "");
  world.idp.grant_user("d", R"({"id":"5"})", addresses("x@example.com"));
  expect_problem(come_back(another, "d"), 401, "oauth_token_refused");
  expect_problem(come_back(begin("social/github", ""), "unknown"), 401, "oauth_token_refused");
}

Test(social, an_account_is_linked_by_its_owner_alone, .timeout = 120) {
  World world;
  const auto owner = sign_up_verified();
  const auto other = sign_up_verified();
  for (const std::string kind : kKinds) {
    const auto linked = social(world.idp, kind, 3, fresh_email(), false, owner.client());
    expect(linked, 200);
    require_equal(linked.text("/user/id"), owner.user_id);
    newest_mail(owner.email, "security_changed");
    require_equal(social(world.idp, kind, 3, fresh_email(), false).text("/user/id"), owner.user_id);
    expect_problem(social(world.idp, kind, 3, fresh_email(), false, other.client()), 409, "identity_taken");
  }
  const std::string path = "/api/v1/auth/social/google/login";
  expect_problem(sign_up().client().get(path), 403, "email_unverified");
  const auto again = account_of(expect(sign_in(other.email, other.password), 200), other.email);
  database().run("UPDATE session SET created_at = created_at - 301 WHERE user_id = " + binary(other.user_id));
  expect_problem(again.client().get(path), 403, "reauthentication_required");
}

// The provider takes its time: what an intruder asked for before is not done afterwards.
Test(social, a_session_that_ends_while_the_provider_is_asked_links_nothing, .timeout = 120) {
  World world;
  const auto owner = sign_up_verified();
  make_provider(owner, "google");
  world.idp.misbehave([&](const StubRequest& request) -> std::optional<StubReply> {
    if (request.path.find("token") != std::string::npos)
      tenantd::db::Connection{as_admin()}.run(
          "UPDATE user SET sessions_ended = generation, generation = generation + 1 WHERE id = " +
          binary(owner.user_id));
    return std::nullopt;
  });
  const auto again = [&] {
    return account_of(expect(sign_in(owner.email, owner.password), 200), owner.email).client();
  };
  expect_problem(social(world.idp, "social/google", 9, fresh_email(), true, again()), 403, "not_provisioned");
  const auto begun = begin("google", owner.org_id, again());
  const auto code = fresh_name("code");
  world.idp.grant(code, world.idp.key().token(payload_for(world.idp, begun, "thief", fresh_email())));
  expect_problem(come_back(begun, code), 403, "not_provisioned");
  require_equal(count("identity"), 0);
  require_equal(number_of("SELECT COUNT(*) FROM session s JOIN user u ON u.id = s.user_id "
                          "AND s.generation > u.sessions_ended WHERE u.id = " +
                          binary(owner.user_id)),
                0);
}

Test(social, what_organizations_vouch_for_opens_no_account_and_nothing_the_other_way, .timeout = 120) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "google");
  const auto email = fresh_email();
  const auto bound = sign_on(world.idp, "google", owner.org_id, "7", email);
  expect(bound, 200);
  // The same person of Google: known to the organization, not to the service.
  expect_problem(social(world.idp, "social/google", 7, email), 409, "email_taken");
  expect_problem(with(bound).get("/api/v1/auth/social/google/login"), 403, "session_bound");
  // And one whom the service knows is nobody's member.
  const auto free = social(world.idp, "social/google", 8, fresh_email());
  expect(free, 200);
  expect_problem(sign_on(world.idp, "google", owner.org_id, "8", free.text("/user/email")), 409,
                 "email_taken");
}

Test(social, a_state_is_good_once_in_its_browser_for_its_provider, .timeout = 120) {
  World world;
  const auto sessions = count("session");
  const auto token = [&](const Begun& begun) {
    return world.idp.key().token(payload_for(world.idp, begun, "1", fresh_email()));
  };
  auto begun = begin("social/google", "");
  world.idp.grant("a", token(begun));
  auto crossed = begun;
  crossed.provider = "social/github";
  expect_problem(come_back(crossed, "a"), 400, "oauth_state_invalid");
  expect_problem(come_back(begun, "a"), 400, "oauth_state_invalid");
  begun = begin("social/google", "");
  auto strange = begun;
  strange.cookie.clear();
  expect_problem(come_back(strange, "a"), 400, "oauth_state_invalid");
  begun = begin("social/google", "");
  world.idp.grant("b", token(begun));
  expect_problem(come_back(begun, "b", "https://github.com/login/oauth"), 401, "oauth_token_refused");
  begun = begin("social/google", "");
  database().run("UPDATE social_state SET expires_at = UNIX_TIMESTAMP()");
  expect_problem(come_back(begun, "b"), 400, "oauth_state_invalid");
  require_equal(count("session"), sessions);
  begun = begin("social/google", "");
  world.idp.grant("c", token(begun));
  expect(come_back(begun, "c", world.idp.issuer("social/google")), 200);
  expect_problem(come_back(begun, "c"), 400, "oauth_state_invalid");
}

Test(social, who_may_make_accounts_is_the_settings_word, .timeout = 120) {
  World world{{"SIGNUP=invite"}};
  expect_problem(social(world.idp, "social/google", 1, fresh_email()), 403, "signup_closed");
  require_equal(count("identity"), 0);
}

Test(social, a_provider_that_is_not_set_up_is_none) {
  expect_problem(Client{}.get("/api/v1/auth/social/google/login"), 404, "not_found");
  expect_problem(Client{}.get("/api/v1/auth/social/other/login"), 404, "not_found");
  expect_problem(
      Client{}.post("/api/v1/auth/social/github/callback", object({{"code", "x"}, {"state", "y"}})), 404,
      "not_found");
  require_equal(Client{}.get("/api/v1/config").size("/social"), 0U);
}
