// Pages of other origins: those that CORS_ORIGINS lists may call and read, no other, and none where it is
// empty.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kApp = "https://app.example.com";

Response preflight(const std::string& origin, const std::string& path, const std::string& method = "PUT") {
  return Client{}.send({"OPTIONS",
                        path,
                        std::nullopt,
                        "",
                        {{"Origin", origin},
                         {"Access-Control-Request-Method", method},
                         {"Access-Control-Request-Headers", "authorization,content-type,if-match"}}});
}

void require_closed(const Response& reply) {
  for (const auto& [name, value] : reply.headers)
    require(!name.starts_with("access-control-"), reply.request + ' ' + name + ": " + value);
}

}  // namespace

Test(cors, no_origin_is_allowed_unless_listed_in_the_settings) {
  const auto owner = sign_up();
  const auto reply = owner.client().header("Origin", kApp).get("/users/me");
  require_closed(expect(reply, 200));
  require_equal(reply.header("vary").find("Origin"), std::string::npos);
  const auto asked = preflight(kApp, "/users/me", "GET");
  expect_problem(asked, 405, "method_not_allowed");
  require_closed(asked);
}

Test(cors, listed_origins_alone_may_ask_call_and_read) {
  PrivateStack stack{{"CORS_ORIGINS=https://app.example.com, http://localhost:3000, null"}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  for (const std::string origin : {kApp, "http://localhost:3000"}) {
    const auto asked = preflight(origin, "/api/v1/users/me");
    expect(asked, 204);
    require_equal(asked.header("access-control-allow-origin"), origin);
    require_equal(asked.header("access-control-allow-methods"), "GET, HEAD, PUT");
    require(asked.header("access-control-allow-headers").find("Authorization") != std::string::npos, origin);
    require_equal(asked.header("vary"), "Origin");
    require_equal(asked.header("access-control-allow-credentials"), "");
    const auto reply = owner.client().header("Origin", origin).get("/users/me");
    require_equal(expect(reply, 200).header("access-control-allow-origin"), origin);
    require(reply.header("access-control-expose-headers").find("ETag") != std::string::npos, origin);
    require(reply.header("access-control-expose-headers")
                    .find("RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, ") != std::string::npos,
            origin);
    require_equal(reply.header("access-control-allow-credentials"), "");
    // The session's cookie is not for it.
    require_equal(asked.header("access-control-allow-headers").find("X-Session"), std::string::npos, origin);
    const auto renewed = Client{}.send({"POST",
                                        "/refresh_token",
                                        object({{"refresh_token", owner.refresh_token}}),
                                        "application/json",
                                        {{"X-Session", "cookie"}, {"Origin", origin}}});
    expect_problem(renewed, 403, "origin_refused");
    require_equal(renewed.header("access-control-allow-credentials"), "");
    require_equal(renewed.header("set-cookie"), "");
    // A refusal is read as well.
    const auto refused = Client{}.header("Origin", origin).get("/users/me");
    expect_problem(refused, 401, "unauthenticated");
    require_equal(refused.header("access-control-allow-origin"), origin);
  }
  for (const char* origin :
       {"null", "https://app.example.com.evil.test", "https://evil.test", "http://app.example.com", "*",
        "https://app.example.com:8443", "https://APP.example.com", "https://app.example.com/",
        "https://sub.app.example.com", "https://app.example.co",
        "https://app.example.com,http://localhost:3000", "http://localhost:30000",
        "https://app%2eexample.com"}) {
    const auto asked = preflight(origin, "/users/me", "GET");
    expect_problem(asked, 405, "method_not_allowed");
    require_closed(asked);
    require_equal(asked.header("vary"), "Origin", origin);
    const auto reply = owner.client().header("Origin", origin).get("/users/me");
    require_closed(expect(reply, 200));
    require_equal(reply.header("vary"), "Origin", origin);
  }
  expect_problem(preflight(kApp, "/api/v1/nothing"), 404, "not_found");
  expect_problem(Client{}.send({"OPTIONS", "/users/me", std::nullopt, "", {{"Origin", kApp}}}), 405,
                 "method_not_allowed");
  require_equal(owner.client().get("/users/me").header("vary"), "Origin");
}
