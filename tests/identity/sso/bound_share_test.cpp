// A person whom an organization's provider vouches for belongs elsewhere too: what such sign-ins use up, and
// what is wrong in them, counts as the organization's share and as nothing of the account's.
#include <criterion/criterion.h>

#include <functional>

#include "own_providers_fixture.hpp"
#include "support/authenticator.hpp"
#include "support/mailbox.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kLinked = "vera-there";

// Has an organization of her own, is a member of the provider's, and has linked her identity there.
Account linked_person(ProviderWorld& world) {
  make_own_provider(world.idp, world.owner);
  verify(world.owner);
  const auto person = sign_up_verified();
  join(world.owner, person);
  const auto begun = begin("own", world.owner.org_id, person.client());
  const auto token = world.idp.key().token(payload_for(world.idp, begun, kLinked, person.email));
  expect(bring(world.idp, begun, token), 200);
  return person;
}

Response by_provider(ProviderWorld& world, const Account& person) {
  return sign_on(world.idp, "own", world.owner.org_id, kLinked, person.email);
}

std::string step_by_provider(ProviderWorld& world, const Account& person) {
  return expect_problem(by_provider(world, person), 401, "mfa_required").text("/mfa_token");
}

Response show_code(const std::string& mfa_token, const std::string& code) {
  return Client{}.post("/api/v1/auth/mfa/verify", object({{"mfa_token", mfa_token}, {"code", code}}));
}

std::int64_t of_person(const std::string& what, const Account& person) {
  return number_of("SELECT COUNT(*) FROM " + what + " user_id = " + binary(person.user_id));
}

}  // namespace

Test(bound_share, sign_ins_by_a_provider_use_up_nothing_of_the_account, .timeout = 120) {
  ProviderWorld world{{"SESSIONS_PER_ACCOUNT=3", "LOGIN_ALERT=always", "LIMIT_MAIL_ALERTS=2"}};
  const auto vera = linked_person(world);
  const auto own = account_of(expect(sign_in(vera.email, vera.password), 200), vera.email);
  for (const char* known : {"known_network", "known_device"})
    database().run("DELETE FROM " + std::string{known} + " WHERE user_id = " + binary(vera.user_id));
  for (int i = 0; i < 4; ++i) expect(by_provider(world, vera), 200);
  require_equal(of_person("session WHERE bound_org_id IS NOT NULL AND", vera), 3);
  for (const auto* session : {&vera, &own}) expect(session->client().get("/users/me"), 200);
  require_equal(of_person("known_network WHERE", vera), 0, "a provider made a network known");
  require_equal(of_person("known_device WHERE bound_org_id IS NULL AND", vera), 0,
                "a provider made a device known");
  require_equal(of_person("known_device WHERE bound_org_id IS NOT NULL AND", vera), 1);
  const auto told = count_mails(vera.email, "login_alert");
  require_equal(told, 3U, "one of hers, and as many of the provider's as there may be");
  expect(sign_in(vera.email, vera.password), 200);
  require_equal(count_mails(vera.email, "login_alert"), told + 1,
                "the provider's sign-ins used up her mails");
  // Nor do her own end any of the organization's.
  expect(sign_in(vera.email, vera.password), 200);
  require_equal(of_person("session WHERE bound_org_id IS NULL AND", vera), 3);
  require_equal(of_person("session WHERE bound_org_id IS NOT NULL AND", vera), 3);
}

Test(bound_share, wrong_codes_after_a_provider_lock_nothing_elsewhere, .timeout = 120) {
  ProviderWorld world;
  const auto vera = linked_person(world);
  const auto factor = enable_factor(vera);
  const auto guess = [&](int times) {
    const auto token = step_by_provider(world, vera);
    for (int i = 0; i < times; ++i) expect_problem(show_code(token, "wrong1"), 401, "mfa_invalid");
    return token;
  };
  // What is right forgives what was wrong.
  forget_steps(vera);
  expect(show_code(guess(4), factor.code()), 200);
  const auto token = guess(5);
  forget_steps(vera);
  const auto sessions = of_person("session WHERE", vera);
  expect_problem(show_code(token, factor.code()), 429, "rate_limited");
  expect_problem(show_code(step_by_provider(world, vera), factor.code()), 429, "rate_limited");
  require_equal(of_person("session WHERE", vera), sessions);
  require_equal(of_person("totp WHERE failures = 0 AND locked_until = 0 AND", vera), 1);
  expect(show_code(second_step_of(vera), factor.code()), 200);
  // Neither does what she shows elsewhere give the provider new guesses.
  forget_steps(vera);
  expect_problem(show_code(step_by_provider(world, vera), factor.code()), 429, "rate_limited");
  // An account that is locked is locked here too.
  database().run("DELETE FROM budget");
  for (int i = 0; i < 5; ++i) expect_problem(show_code(second_step_of(vera), "wrong1"), 401, "mfa_invalid");
  forget_steps(vera);
  expect_problem(show_code(step_by_provider(world, vera), factor.code()), 429, "rate_limited");
}

Test(bound_share, a_second_step_ends_with_what_it_rests_on, .timeout = 120) {
  ProviderWorld world;
  const auto vera = linked_person(world);
  const auto factor = enable_factor(vera);
  const auto providers = path(world.owner.org_id);
  const auto provider =
      providers + '/' + expect(world.owner.client().get(providers), 200).text("/items/0/id");
  const auto refused_after = [&](const std::string& what, const std::function<void()>& change) {
    const auto token = step_by_provider(world, vera);
    change();
    forget_steps(vera);
    const auto sessions = of_person("session WHERE", vera);
    const auto reply = show_code(token, factor.code());
    require(reply.status == 401, what + ": " + reply.describe());
    expect_problem(reply, 401, "mfa_invalid");
    require_equal(of_person("session WHERE", vera), sessions, what);
  };
  refused_after("all sessions ended", [&] {
    const auto ended = vera.client().del("/api/v1/users/" + vera.user_id + "/sessions", "");
    require(ended.status / 100 == 2, ended.describe());
  });
  const auto again = [&] {
    forget_steps(vera);
    return account_of(expect(show_code(second_step_of(vera), factor.code()), 200), vera.email);
  };
  refused_after("the provider was switched off", [&] {
    expect(world.owner.client().put(provider, R"({"enabled":false})"), 200);
    expect(world.owner.client().put(provider, R"({"enabled":true})"), 200);
  });
  const auto own = again(), other = again();
  refused_after("the identity was unlinked", [&] {
    const auto id = expect(own.client().get("/api/v1/auth/identities"), 200).text("/items/0/id");
    expect(own.client().del("/api/v1/auth/identities/" + id, ""), 204);
  });
  // What an identity had begun ends with it, and the session in which it was unlinked does not.
  expect_problem(other.client().get("/users/me"), 401, "invalid_token");
  const auto begun = begin("own", world.owner.org_id, own.client());
  const auto token = world.idp.key().token(payload_for(world.idp, begun, kLinked, vera.email));
  expect_problem(bring(world.idp, begun, token), 401, "mfa_required");
  refused_after("the provider was removed", [&] { expect(world.owner.client().del(provider, ""), 204); });
}
