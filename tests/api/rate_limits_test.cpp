// How often one may ask, and who is counted: the address that nginx vouches for, not the one that a header
// claims.
#include <criterion/criterion.h>

#include <cstdlib>
#include <set>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

// A client that the trusted proxy speaks for.
Client from(const std::string& address) {
  Client client;
  client.header("X-Forwarded-For", address);
  return client;
}

// Of TEST-NET-2 (RFC 5737), never the same twice: nothing is counted there yet.
std::string fresh_address() {
  static int count = 0;
  return "198.51.100." + std::to_string(++count);
}

Client from(const std::string& address, const Account& account) {
  auto client = from(address);
  client.bearer(account.access_token);
  return client;
}

std::string sign_in_body(const Account& account) {
  return object({{"email", account.email}, {"password", account.password}});
}

std::string wrong_sign_in() {
  return object({{"email", fresh_email()}, {"password", "wrong horse battery 13"}});
}

Account sign_up_from(const std::string& address) {
  const auto email = fresh_email();
  const auto reply = from(address).post("/signup", sign_up_body(email, fresh_name("Acme")));
  expect(reply, 201);
  return account_of(reply, email);
}

// Throws unless this refuses for want of a share of `limit`, and says when to come again.
void expect_limited(const Response& reply, std::int64_t limit, int most_seconds = 60,
                    const std::source_location& at = std::source_location::current()) {
  expect_problem(reply, 429, "rate_limited", at);
  const auto wait = std::atoi(reply.header("retry-after").c_str());
  require(wait > 0 && wait <= most_seconds, "Retry-After " + reply.header("retry-after"), at);
  require_equal(reply.header("ratelimit-limit"), std::to_string(limit), "RateLimit-Limit", at);
  require_equal(reply.header("ratelimit-remaining"), "0", "RateLimit-Remaining", at);
  require_equal(reply.header("ratelimit-reset"), reply.header("retry-after"), "RateLimit-Reset", at);
}

// Asks until it is refused; throws unless `limit` were taken before. One more is taken where a share came
// back meanwhile.
template <class Ask>
void expect_limit(std::int64_t limit, int status, Ask ask,
                  const std::source_location& at = std::source_location::current()) {
  std::int64_t taken = 0;
  for (; taken <= limit + 1; ++taken) {
    const auto reply = ask();
    if (reply.status == status) continue;
    expect_limited(reply, limit, 60, at);
    break;
  }
  require(taken == limit || taken == limit + 1,
          std::to_string(taken) + " requests were taken of " + std::to_string(limit), at);
}

std::string addresses_of(const Account& account) {
  return text_of(
      "SELECT COALESCE(GROUP_CONCAT(DISTINCT address), '') FROM (SELECT address, user_id FROM session UNION "
      "SELECT address, user_id FROM account_event) seen WHERE user_id = " +
      binary(account.user_id));
}

}  // namespace

Test(rate_limits, an_address_that_the_client_claims_is_neither_counted_nor_logged_nor_stored) {
  const PrivateStack stack{{"LIMIT_PASSWORD=10"}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  std::int64_t taken = 1;
  const std::vector<std::string> claims = {"X-Forwarded-For: 203.0.113.1",
                                           "X-Real-IP: 203.0.113.2",
                                           "Forwarded: for=203.0.113.3",
                                           "X-Client-IP: 203.0.113.4",
                                           "CF-Connecting-IP: 203.0.113.5",
                                           "True-Client-IP: 203.0.113.6",
                                           "X-Forwarded: for=203.0.113.7",
                                           "X-Cluster-Client-IP: 203.0.113.8",
                                           "Remote-Addr: 203.0.113.9",
                                           "Forwarded-For: 203.0.113.10",
                                           "X-Forwarded-For: 127.0.0.1, 203.0.113.11"};
  for (const auto& claim : claims) {
    Client client;
    client.header(claim.substr(0, claim.find(':')), claim.substr(claim.find(':') + 2));
    const auto reply = client.post("/signin", sign_in_body(owner));
    if (reply.status == 429) break;
    expect(reply, 200);
    ++taken;
  }
  require(taken == 10 || taken == 11, std::to_string(taken) + " requests were taken of 10");
  require_equal(addresses_of(owner), "127.0.0.1");
  require_equal(log_with(stack.dir(), "203.0.113."), "", "a claimed address stands in a log");
  // What is for local addresses is not shut by a claim either.
  expect(from("203.0.113.1").get("/metrics"), 200);
}

Test(rate_limits, a_proxy_that_is_trusted_names_the_client_and_the_client_cannot) {
  const PrivateStack stack{{"LIMIT_PASSWORD=4"}};
  stack.take_the_suites_place();
  stack.trust_local_proxy();
  const auto owner = sign_up_from("192.0.2.1");
  require_equal(addresses_of(owner), "192.0.2.1");
  // A proxy appends the address that it sees; whatever stands left of it is the client's invention.
  int i = 0;
  expect_limit(4, 200, [&] {
    return from("203.0.113." + std::to_string(++i) + ", 192.0.2.2").post("/signin", sign_in_body(owner));
  });
  require_equal(addresses_of(owner), "192.0.2.1,192.0.2.2");
  expect(from("192.0.2.3").post("/signin", sign_in_body(owner)), 200);
  require_equal(log_with(stack.dir(), "203.0.113."), "", "a claimed address stands in a log");
  require(!log_with(stack.dir(), "\"address\":\"192.0.2.2\"").empty(), "no log holds the forwarded address");
  expect_problem(from("127.0.0.1, 192.0.2.4").get("/metrics"), 403, "forbidden");
  expect_problem(from("::1, 2001:db8::4").get("/metrics"), 403, "forbidden");
  // However the path is spelled.
  for (const char* path : {"/metrics/", "//metrics", "/metrics//", "/x/../metrics/"})
    expect_problem(from("192.0.2.4").get(path), 403, "forbidden");
  expect(Client{}.get("/metrics"), 200);
}

Test(rate_limits, the_addresses_of_one_ipv6_network_are_counted_together) {
  const PrivateStack stack{{"LIMIT_PASSWORD=4"}};
  stack.take_the_suites_place();
  stack.trust_local_proxy();
  int i = 0;
  expect_limit(4, 401, [&] {
    ++i;
    const auto host = "2001:db8:1:2:" + std::to_string(i) + "::" + std::to_string(i);
    return from(host).post("/signin", wrong_sign_in());
  });
  expect_problem(from("2001:db8:1:3::1").post("/signin", wrong_sign_in()), 401, "invalid_credentials");
  // An IPv4 address in IPv6 form is that address.
  i = 0;
  expect_limit(4, 401, [&] {
    const std::string host = ++i % 2 == 0 ? "192.0.2.9" : "::ffff:192.0.2.9";
    return from(host).post("/signin", wrong_sign_in());
  });
  // What is stored is the whole address.
  require_equal(addresses_of(sign_up_from("2001:db8:7::1")), "2001:db8:7::1");
}

Test(rate_limits, each_kind_of_request_has_its_own_share_of_an_address) {
  const PrivateStack stack{{"LIMIT_READ=10", "LIMIT_WRITE=6", "LIMIT_PASSWORD=4"}};
  stack.take_the_suites_place();
  stack.trust_local_proxy();
  const auto address = fresh_address();
  auto client = from(address);
  expect_limit(10, 200, [&] { return client.get("/.well-known/jwks.json"); });
  expect_limit(6, 401, [&] { return client.post("/refresh_token", object({{"refresh_token", "x"}})); });
  expect_limit(4, 401, [&] { return client.post("/signin", wrong_sign_in()); });
  // Refused before anything else is looked at: no row is read, no password hashed.
  expect_limited(client.get("/users/me"), 10);
  expect_limited(client.post("/invite_member", "{"), 6);
  expect_limited(client.post("/signup", "{"), 4);
  for (int i = 0; i < 20; ++i) expect(client.get("/health"), 200);
  expect(from(fresh_address()).get("/.well-known/jwks.json"), 200);
  require(!log_with(stack.dir(), "\"code\":\"rate_limited\"").empty(), "no log tells of the refusals");
}

Test(rate_limits, an_account_has_one_share_from_however_many_addresses) {
  const PrivateStack stack{{"LIMIT_ACCOUNT=15"}};
  stack.take_the_suites_place();
  stack.trust_local_proxy();
  const auto owner = sign_up_from(fresh_address());
  const auto other = sign_up_from(fresh_address());
  expect_limit(15, 200, [&] { return from(fresh_address(), owner).get("/users/me"); });
  expect(from(fresh_address(), other).get("/users/me"), 200);
  // A second session is the same account.
  const auto again = from(fresh_address()).post("/signin", sign_in_body(owner));
  expect(again, 200);
  expect_limited(from(fresh_address(), account_of(again, owner.email)).get("/users/me"), 15);
}

Test(rate_limits, a_person_invites_so_often_and_an_address_is_mailed_so_often) {
  const PrivateStack stack{{"LIMIT_INVITE=3", "LIMIT_MAIL=2", "LIMIT_MAIL_CAUSED=2"}};
  stack.take_the_suites_place();
  const auto owner = sign_up_verified();
  for (int i = 0; i < 3; ++i) expect(invite(owner, fresh_email()), 201);
  const auto refused = fresh_email();
  {
    Unchanged database;
    expect_limited(invite(owner, refused), 3, 3600);
    const auto person = object({{"email", refused}, {"first_name", "Ada"}, {"last_name", "Byron"}});
    expect_limited(owner.client().post("/api/v1/users", person), 3, 3600);
    database.check("an invitation too many");
  }
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE recipient = " + literal(refused)), 0);

  const auto victim = fresh_email();
  for (int i = 0; i < 2; ++i) expect(invite(sign_up_verified(), victim), 201);
  expect_limited(invite(sign_up_verified(), victim), 2, 3600);

  // Who asks for links is told nothing: the same reply, and no mail.
  const auto known = sign_up();
  std::set<std::string> replies;
  for (int i = 0; i < 5; ++i)
    for (const auto& email : {known.email, refused}) {
      const auto reply = Client{}.post("/reset_password", object({{"email", email}}));
      expect(reply, 202);
      replies.insert(reply.body);
    }
  require_equal(replies.size(), 1U, "replies");
  require_equal(count_mails(known.email, "password_reset"), 2U);
  // The last link that came is still good.
  const auto token = newest_mail(known.email, "password_reset").token();
  expect(Client{}.post("/reset_password",
                       object({{"token", token}, {"new_password", "marble lantern 79 quick"}})),
         204);
}
