// What is refused before a route has been asked is refused as everything else is: in the form of the path,
// with the title of its code, and readable to pages that may read the path.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kPage = "https://app.example.com";

struct Early {
  std::string query, code, title;
};

const std::vector<Early>& early() {
  static const std::vector<Early> kAll{{"?a=1&a=2", "duplicate_parameter", "A parameter is named twice"},
                                       {"?a=%zz", "malformed_query", "The query cannot be understood"}};
  return kAll;
}

Response raw_post(const Account& caller, const std::string& path, const std::string& headers,
                  const std::string& body) {
  return read_raw(send_raw("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                           "Authorization: Bearer " + caller.access_token +
                           "\r\nContent-Type: application/json\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body));
}

}  // namespace

Test(refused_early, a_request_that_cannot_be_read_is_refused_in_the_form_of_its_path) {
  Unchanged database;
  for (const auto& [query, code, title] : early()) {
    const auto plain = Client{}.get("/users/me" + query);
    require_equal(expect_problem(plain, 400, code).text("/title"), title);
    require_equal(plain.header("cache-control"), "no-store");
    const auto oauth = Client{}.send({"POST", "/oauth2/token" + query, "", "", {{"Origin", kPage}}});
    require_equal(expect(oauth, 400).text("/error"), "invalid_request");
    require(!oauth.text("/error_description").empty(), oauth.body);
    require_equal(oauth.header("access-control-allow-origin"), "*");
    const auto scim = Client{}.get("/scim/v2/Users" + query);
    require_equal(expect(scim, 400).text("/scimType"), "invalidValue");
    require_equal(scim.header("content-type"), "application/scim+json");
  }
  database.check("requests that cannot be read");
}

Test(refused_early, a_page_of_a_listed_origin_reads_why_its_request_was_not_understood) {
  PrivateStack stack{{std::string{"CORS_ORIGINS="} + kPage}};
  stack.take_the_suites_place();
  for (const auto& [query, code, title] : early()) {
    const auto reply = Client{}.header("Origin", kPage).get("/users/me" + query);
    expect_problem(reply, 400, code);
    require_equal(reply.header("access-control-allow-origin"), kPage);
    require_equal(reply.header("vary"), "Origin");
  }
}

Test(refused_early, a_method_that_oauths_own_path_does_not_know_is_refused_as_oauth_does) {
  const auto reply = Client{}.header("Origin", kPage).get("/oauth2/token");
  require_equal(expect(reply, 405).text("/error"), "invalid_request");
  require_equal(reply.text("/code"), "method_not_allowed");
  require_equal(reply.header("allow"), "POST");
  require_equal(reply.header("access-control-allow-origin"), "*");
}

Test(refused_early, a_method_that_nginx_refuses_names_what_the_path_takes) {
  const auto allow = [](const std::string& path) {
    const auto reply = Client{}.send({"TRACE", path, std::nullopt, "", {}});
    require_equal(reply.status, 405, path);
    return reply.header("allow");
  };
  require_equal(allow("/api/v1/users/me"), "GET, HEAD, PUT");
  require_equal(allow("/signup"), "POST");
  require_equal(allow("/files/" + fresh_id()), "PUT");
  require_equal(allow("/api/v1/docs"), "GET, HEAD");
  require_equal(allow("/app/login"), "GET, HEAD");
}

Test(refused_early, an_empty_idempotency_key_is_no_key) {
  const auto owner = sign_up();
  Unchanged database;
  for (const char* header : {"Idempotency-Key:\r\n", "Idempotency-Key: \r\n", "Idempotency-Key:\t\r\n"}) {
    const auto reply = raw_post(owner, "/api/v1/suppliers", header, object({{"name", "North"}}));
    require_equal(expect_problem(reply, 400, "bad_request").text("/detail"),
                  "Idempotency-Key must be 1 to 255 visible ASCII characters");
  }
  database.check("empty keys");
}
