// Attacks on accounts, made for real and found by a super-admin.
#include <criterion/criterion.h>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/private_stack.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kThreats = "/api/v1/admin/security/threats";
constexpr const char* kAdmin = "operator@example.com";
constexpr const char* kAdminPassword = "velvet anchor northbound";

std::vector<std::string> settings() {
  return {std::string{"SUPER_ADMIN_EMAIL="} + kAdmin, std::string{"SUPER_ADMIN_PASSWORD="} + kAdminPassword,
          "ARGON2_MEMORY_KIB=64", "ARGON2_PASSES=1", "REFRESH_GRACE_SECONDS=0"};
}

Client from(const std::string& address) {
  Client client;
  client.header("X-Forwarded-For", address);
  return client;
}

Response sign_in_from(const std::string& address, const std::string& email,
                      const std::string& password = "wrong") {
  return from(address).post("/signin", object({{"email", email}, {"password", password}}));
}

void fail_from(const std::string& address, const std::string& email, int times = 1) {
  auto client = from(address);
  for (int i = 0; i < times; ++i)
    expect_problem(client.post("/signin", object({{"email", email}, {"password", "wrong"}})), 401,
                   "invalid_credentials");
}

// Where the only finding of this kind on this address or account stands.
std::string place_of(const Response& reply, const std::string& kind, const std::string& address,
                     const std::string& user = "") {
  std::string place;
  for (std::size_t i = 0; i < reply.size("/items"); ++i) {
    const auto item = "/items/" + std::to_string(i);
    const auto where = reply.at(item + "/address").IsNull() ? "" : reply.text(item + "/address");
    const auto who = reply.at(item + "/user").IsNull() ? "" : reply.text(item + "/user/user_id");
    if (reply.text(item + "/kind") != kind || where != address || who != user) continue;
    require(place.empty(), kind + " is told twice: " + reply.describe());
    place = item;
  }
  require(!place.empty(), "no " + kind + " of " + address + user + ": " + reply.describe());
  return place;
}

void require_counts(const Response& reply, const std::string& place, std::int64_t events,
                    std::int64_t accounts, std::int64_t addresses) {
  require_equal(reply.number(place + "/events"), events, place + "/events");
  require_equal(reply.number(place + "/accounts"), accounts, place + "/accounts");
  require_equal(reply.number(place + "/addresses"), addresses, place + "/addresses");
  const auto first = reply.number(place + "/first_at");
  const auto last = reply.number(place + "/last_at");
  require(first <= last && first >= reply.number("/from_time") && last <= reply.number("/to_time"), place);
}

}  // namespace

Test(threats, each_kind_of_attack_is_found_and_what_is_below_its_bound_is_not) {
  const PrivateStack stack{settings()};
  stack.take_the_suites_place();
  stack.trust_local_proxy();
  auto admin = signed_in_super_admin(kAdmin, kAdminPassword).client();
  const auto known = sign_up();
  const auto victim = sign_up();
  const auto quiet = expect(admin.get(kThreats), 200).size("/items");
  require_equal(quiet, 0U, "before anything happened");

  // One network, one account that does not exist.
  fail_from("203.0.113.1", "nobody@example.com", 21);
  // Two tries each on many accounts, one of which exists.
  for (int i = 0; i < 11; ++i) fail_from("203.0.113.2", "spray" + std::to_string(i) + "@example.com", 2);
  fail_from("203.0.113.2", known.email, 2);
  // One account from many networks.
  for (int i = 1; i <= 6; ++i) fail_from("198.51.100." + std::to_string(i), victim.email);
  // The hosts of one IPv6 network.
  for (int i = 1; i <= 20; ++i) fail_from("2001:db8:1:1::" + std::to_string(i), "six@example.com");
  // An IPv4 address in both its forms.
  fail_from("203.0.113.4", "mapped@example.com", 10);
  fail_from("::ffff:203.0.113.4", "mapped@example.com", 10);
  // Somebody who has forgotten a password.
  fail_from("203.0.113.3", known.email, 4);

  const auto reply = admin.get(kThreats);
  expect(reply, 200);
  require_counts(reply, place_of(reply, "burst", "203.0.113.1"), 21, 1, 1);
  const auto spraying = place_of(reply, "spraying", "203.0.113.2");
  require_counts(reply, spraying, 24, 12, 1);
  require_equal(reply.size(spraying + "/users"), 1U);
  require_equal(reply.text(spraying + "/users/0/email"), known.email);
  const auto attack = place_of(reply, "account_under_attack", "", victim.user_id);
  require_counts(reply, attack, 6, 1, 6);
  require_equal(reply.text(attack + "/user/email"), victim.email);
  require_counts(reply, place_of(reply, "burst", "2001:db8:1:1::/64"), 20, 1, 1);
  require_counts(reply, place_of(reply, "burst", "203.0.113.4"), 20, 1, 1);
  require_equal(reply.size("/items"), 5U, reply.describe());

  // What is asked for is what counts.
  require_equal(admin.get(std::string{kThreats} + "?min_failures=1000&min_accounts=1000&min_addresses=1000")
                    .size("/items"),
                0U);
  place_of(admin.get(std::string{kThreats} + "?min_failures=4"), "burst", "203.0.113.3");
  require_equal(admin.get(std::string{kThreats} + "?limit=1&min_addresses=1000").size("/items"), 1U);
  database().run("UPDATE account_event SET created_at = created_at - 7200");
  require_equal(admin.get(kThreats).size("/items"), 0U, "outside the window");
  require_equal(admin.get(std::string{kThreats} + "?window_seconds=10000").size("/items"), 5U,
                "in a wider one");
}

Test(threats, used_tokens_guessed_codes_and_many_accounts_on_one_network_are_found, .timeout = 300) {
  const PrivateStack stack{settings()};
  stack.take_the_suites_place();
  stack.trust_local_proxy();
  auto admin = signed_in_super_admin(kAdmin, kAdminPassword).client();
  const auto robbed = sign_up();
  const auto guarded = sign_up();
  const auto refresh = object({{"refresh_token", robbed.refresh_token}});
  expect(Client{}.post("/refresh_token", refresh), 200);
  expect_problem(Client{}.post("/refresh_token", refresh), 401, "refresh_reused");
  enable_factor(guarded);
  const auto token = second_step_of(guarded);
  for (int i = 0; i < 5; ++i)
    expect_problem(from("203.0.113.7")
                       .post("/api/v1/auth/mfa/verify", object({{"mfa_token", token}, {"code", "000000"}})),
                   401, "mfa_invalid");
  for (int i = 0; i < 3; ++i) {
    const auto account = sign_up();
    expect(sign_in_from("203.0.113.8", account.email, account.password), 200);
  }
  const auto reply = admin.get(std::string{kThreats} + "?min_signed_in=3");
  expect(reply, 200);
  require_counts(reply, place_of(reply, "refresh_reuse", "", robbed.user_id), 1, 1, 1);
  require_counts(reply, place_of(reply, "code_guessing", "", guarded.user_id), 5, 1, 1);
  const auto many = place_of(reply, "many_accounts", "203.0.113.8");
  require_counts(reply, many, 3, 3, 1);
  require_equal(reply.size(many + "/users"), 3U);
  require_equal(reply.size("/items"), 3U, reply.describe());
}

Test(threats, bounds_that_make_no_sense_are_refused) {
  auto admin = signed_in_super_admin().client();
  for (const char* query : {"window_seconds=59", "window_seconds=604801", "window_seconds=1h",
                            "min_failures=1", "min_accounts=0", "min_addresses=-1", "min_signed_in=1",
                            "min_codes=0", "limit=0", "limit=101", "limit=9223372036854775808"}) {
    const auto reply = admin.get(std::string{kThreats} + '?' + query);
    expect_problem(reply, 422, "validation_failed");
  }
}
