// Requests that are no HTTP, no JSON, of no known path or without a token: each is refused by a whole problem
// document, and nothing changes.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"

using namespace tenantd::test;

namespace {

std::string raw_post(const std::string& path, const std::string& headers, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n" + body;
}

std::string nested(std::size_t depth, char open, char close) {
  return R"({"email":)" + std::string(depth, open) + std::string(depth, close) + "}";
}

}  // namespace

Test(problem, what_is_no_json_is_refused) {
  Unchanged database;
  Client client;
  const std::string good = sign_up_body(fresh_email(), "Acme");
  const std::vector<std::string> bodies = {
      "",
      " ",
      "{",
      "}",
      "{]",
      "nul",
      "{\"email\"}",
      "{'email':1}",
      good + "x",
      good + good,
      "{\"a\":01}",
      "{\"a\":NaN}",
      "{\"a\":\"\n\"}",
      "{\"a\":\"\\x\"}",
      "{\"a\":\"\\ud800\"}",
      "{\"a\":\"\x80\"}",
      "{\"a\":\"\xC0\xAF\"}",
      "{\"a\":\"\xED\xA0\x80\"}",
      "{\"a\":\"\xF4\x90\x80\x80\"}",
      std::string("{\"a\":\0}", 7),
      "// x\n{}",
      "{\"a\":1,}",
      "\xEF\xBB\xBF",
      "\xFF\xFE{\0}\0",
  };
  for (const auto& body : bodies) {
    const auto reply = client.post("/signup", body);
    expect_problem(reply, 400, "malformed_json");
    database.check("the body " + body);
  }
}

Test(problem, a_member_named_twice_is_refused_at_any_depth) {
  Unchanged database;
  Client client;
  const std::string email = fresh_email();
  const std::string good = sign_up_body(email, "Acme");
  const std::string rest = good.substr(0, good.size() - 1);
  for (const std::string& body :
       {rest + R"(,"email":"other@example.com"})", rest + R"(,"email":"other@example.com"})",
        rest + R"(,"profile":{"a":1,"b":{"c":1,"c":2}}})", rest + R"(,"profile":{"a":[{"c":1,"c":2}]}})"}) {
    expect_problem(client.post("/signup", body), 400, "malformed_json");
    database.check(body);
  }
}

Test(problem, a_body_that_is_100000_levels_deep_is_refused_and_the_worker_lives) {
  Unchanged database;
  Client client;
  for (const auto& body :
       {nested(100'000, '[', ']'), std::string(100'000, '['), std::string(100'000, '{'), nested(33, '[', ']'),
        R"({"a":")" + std::string(10, '\\') + std::string(100'000, '[')})
    expect_problem(client.post("/signup", body), 400, "malformed_json");
  expect(client.get("/users/me"), 401);
  database.check("deep bodies");
}

Test(problem, a_truncated_body_is_no_request) {
  Unchanged database;
  const auto body = sign_up_body(fresh_email(), "Acme");
  const auto json = std::string{"Content-Type: application/json\r\n"};
  const auto length = std::to_string(body.size() + 10);
  // nginx hangs up on a client that hung up on it.
  const auto reply =
      read_raw(send_raw(raw_post("/signup", json + "Content-Length: " + length + "\r\n", body), true));
  require(reply.status == 0 || reply.status == 400, reply.describe());
  const auto chunked = read_raw(
      send_raw(raw_post("/signup", json + "Transfer-Encoding: chunked\r\n", "ffff\r\n" + body), true));
  require(chunked.status == 0 || chunked.status == 400, chunked.describe());
  expect(Client{}.get("/health"), 200);
  database.check("a truncated body");
}

Test(problem, a_request_that_is_no_http_is_refused) {
  Unchanged database;
  const auto body = sign_up_body(fresh_email(), "Acme");
  const auto length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  const auto json = std::string{"Content-Type: application/json\r\n"};
  for (const auto& request : {
           raw_post("/signup", json + length + length, body),
           raw_post("/signup", json + "Content-Length: -1\r\n", body),
           raw_post("/signup", json + "Content-Length: 5x\r\n", body),
           raw_post("/signup", json + length + "Host: other\r\n", body),
           raw_post("/signup", json + length + "Transfer-Encoding: chunked\r\n", body),
           raw_post("/signup", json + length + "Transfer-Encoding: identity\r\n", body),
           std::string{"GET /health HTTP/1.1\r\n\r\n"},
           std::string{"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"},
           std::string{"GET %zz HTTP/1.1\r\nHost: localhost\r\n\r\n"},
           std::string{"GET /../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n"},
           std::string{"GET /users/me%00 HTTP/1.1\r\nHost: localhost\r\n\r\n"},
       }) {
    const auto reply = read_raw(send_raw(request));
    expect_problem(reply, 400, "bad_request");
    database.check(request);
  }
}

Test(problem, a_header_that_decides_something_must_not_come_twice) {
  const auto owner = sign_up();
  Unchanged database;
  const auto body = object({{"email", fresh_email()}});
  const auto head =
      "Content-Length: " + std::to_string(body.size()) + "\r\nContent-Type: application/json\r\n";
  const auto bearer = "Authorization: Bearer " + owner.access_token + "\r\n";
  for (const auto& twice :
       {bearer + "Authorization: Bearer x\r\n", bearer + bearer,
        bearer + "X-Tenant-Id: " + owner.org_id + "\r\nX-Tenant-Id: " + owner.org_id + "\r\n",
        bearer + "Idempotency-Key: a\r\nIdempotency-Key: b\r\n", bearer + "Content-Type: text/plain\r\n"}) {
    const auto reply = read_raw(send_raw(raw_post("/invite_member", head + twice, body)));
    expect(reply, 400);
    require(reply.text("/code") == "duplicate_header" || reply.text("/code") == "bad_request",
            reply.describe());
  }
  database.check("headers sent twice");
}

Test(problem, who_shows_no_live_token_is_refused) {
  const auto owner = sign_up();
  Unchanged database;
  Client nobody;
  const auto missing = nobody.get("/users/me");
  expect_problem(missing, 401, "unauthenticated");
  require(missing.header("www-authenticate").starts_with("Bearer"), missing.header("www-authenticate"));
  for (const std::string& query : {"access_token=" + owner.access_token, "token=" + owner.access_token})
    expect_problem(nobody.get("/users/me?" + query), 401, "unauthenticated");
  for (const std::string& value :
       {std::string{"Bearer"}, std::string{"Bearer x"}, "Basic " + owner.access_token, owner.access_token,
        "Bearer\t" + owner.access_token, "Bearer " + owner.access_token + "x",
        "Bearer " + owner.access_token + " x",
        "Bearer " + owner.access_token.substr(0, owner.access_token.size() - 4),
        "Bearer " + std::string(8000, 'a'), "Bearer " + owner.refresh_token}) {
    const auto reply = nobody.send({"GET", "/users/me", std::nullopt, "", {{"Authorization", value}}});
    expect_problem(reply, 401, "invalid_token");
    require(reply.header("www-authenticate").starts_with("Bearer error=\"invalid_token\""),
            reply.header("www-authenticate"));
  }
  expect(nobody.send(
             {"GET", "/users/me", std::nullopt, "", {{"Authorization", "bEaReR " + owner.access_token}}}),
         200);
  database.check("requests without a live token");
}

Test(problem, paths_and_methods_that_are_not_there_are_refused) {
  Unchanged database;
  Client client;
  for (const char* path :
       {"/", "/signup/x", "/Signup", "/users", "/api/v1/members//role", "/api/v1/nothing", "/invite/x",
        "/a/../index.php", "/index.php", "/_problem", "/api/v1/members/x/y/z"})
    expect_problem(client.get(path), 404, "not_found");
  const auto wrong = client.get("/signup");
  expect_problem(wrong, 405, "method_not_allowed");
  require_equal(wrong.header("allow"), "POST");
  require_equal(client.send({"PUT", "/accept_invite", "{}", "application/json", {}}).header("allow"),
                "GET, HEAD, POST");
  for (const char* method : {"PATCH", "OPTIONS", "TRACE", "PUT", "BREW"}) {
    const auto reply = client.send({method, "/users/me", std::nullopt, "", {}});
    expect_problem(reply, 405, "method_not_allowed");
  }
  expect_problem(client.del("/signup", "{}"), 405, "method_not_allowed");
  expect_problem(client.post("/invite", "{}"), 405, "method_not_allowed");
  expect(client.send({"HEAD", "/health", std::nullopt, "", {}}), 200);
  database.check("unknown paths and methods");
}

Test(problem, a_body_that_is_too_large_is_refused) {
  Unchanged database;
  Client client;
  const auto large = object({{"email", fresh_email()}, {"profile", Field{std::string(262'200, 'x')}}});
  expect_problem(client.post("/signup", large), 413, "body_too_large");
  const auto largest = object({{"a", Field{std::string(262'144 - 8, 'x')}}});
  require_equal(largest.size(), 262'144U);
  expect_problem(client.post("/signup", largest), 422, "validation_failed");
  Call form{"POST",
            "/api/v1/auth/token",
            "username=a&password=" + std::string(40'000, 'x'),
            "application/x-www-form-urlencoded",
            {}};
  expect_problem(client.send(form), 413, "body_too_large");
  // Unbounded in its head, bounded in its chunks.
  std::string chunks;
  for (int i = 0; i < 70; ++i) chunks += "1000\r\n" + std::string(4096, 'x') + "\r\n";
  const auto reply = read_raw(send_raw(raw_post(
      "/signup", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n")));
  expect_problem(reply, 413, "body_too_large");
  database.check("large bodies");
}

Test(problem, a_part_of_a_utf8_mark_is_no_json_and_a_whole_one_is_passed_over) {
  const auto owner = sign_up();
  Unchanged database;
  auto client = owner.client();
  for (const char* mark : {"\xEF", "\xEF\xBB", "\xBF", "\xEF\xBB\xBF\xEF\xBB\xBF"})
    expect_problem(client.post("/api/v1/suppliers", std::string{mark} + R"({"name":"x"})"), 400,
                   "malformed_json");
  const auto refused = client.post("/api/v1/suppliers", "\xEF\xBB\xBF{}");
  expect_problem(refused, 422, "validation_failed");
  database.check("marks");
}

Test(problem, a_number_beyond_double_is_out_of_range_like_others) {
  const auto owner = sign_up();
  Unchanged database;
  auto client = owner.client();
  for (const char* number : {"1e400", "-1e400", "10e308", "1e308", "1e20", "1000000000000001"}) {
    const auto body = R"({"sku":"M6","name":"x","reorder_level":)" + std::string{number} + '}';
    expect_pointer(expect_problem(client.post("/api/v1/products", body), 422, "validation_failed"),
                   "/reorder_level");
  }
  database.check("numbers");
}

Test(problem, a_body_of_another_type_is_refused) {
  Unchanged database;
  Client client;
  const auto json = sign_up_body(fresh_email(), "Acme");
  for (const char* type :
       {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/jsonx", "application/xml", "text/json", "json", "application/json, text/plain"}) {
    const auto reply = client.send({"POST", "/signup", json, type, {}});
    expect_problem(reply, 415, "unsupported_media_type");
    database.check(std::string{"the type "} + type);
  }
  const auto wrong = object({{"email", "nobody@example.com"}, {"password", "x"}});
  expect_problem(client.send({"POST", "/signin", wrong, "Application/JSON ; charset=utf-8", {}}), 401,
                 "invalid_credentials");
}

Test(problem, the_request_id_is_the_clients_if_it_is_harmless) {
  Client client;
  const auto with = [&](const std::string& id) {
    return client.send({"GET", "/nothing", std::nullopt, "", {{"X-Request-Id", id}}});
  };
  require_equal(with("trace-0123.abc_X").header("x-request-id"), "trace-0123.abc_X");
  for (const std::string& id : {std::string{"short"}, std::string(65, 'a'), std::string{"a b c d e f"},
                                std::string{"\"quoted\"quoted"}, std::string{"\x1b[31mred-red"}}) {
    const auto reply = with(id);
    expect_problem(reply, 404, "not_found");
    require(reply.header("x-request-id") != id, "a harmful request id was echoed: " + id);
  }
}
