// Whatever refuses under /scim/v2, handler, dispatch, worker or nginx, does so in SCIM's form (RFC 7644
// section 3.12). That everything else does not, and that every other test's replies do, is
// tests/support/contract.cpp's.
#include <criterion/criterion.h>

#include "scim_fixture.hpp"
#include "support/private_stack.hpp"

using namespace tenantd::test;

Test(scim_errors, a_path_or_method_that_is_not_there_is_refused_in_scims_form, .timeout = 120) {
  const Directory directory;
  Unchanged database;
  for (const auto* path : {"", "/", "/Me", "/users", "/Users/.search", "/Users/x/y", "/Schemas/x"}) {
    const auto reply = directory.get(path);
    expect_scim(reply, 404);
    require_equal(reply.text("/code"), "not_found", path);
    require(!reply.text("/detail").empty(), reply.body);
  }
  for (const auto& [method, path] : {std::pair{"DELETE", "/Users"},
                                     {"PUT", "/Groups"},
                                     {"POST", "/Schemas"},
                                     {"GET", "/Bulk"},
                                     {"PATCH", "/ServiceProviderConfig"},
                                     {"PROPFIND", "/Users"}})
    require(!expect_scim(directory.send(method, path), 405).header("allow").empty(), path);
  // Close by, and not SCIM's.
  for (const auto* path : {"/scim", "/scim/v3/Users", "/scim/v2x", "/api/v1/scim/v2/Users"})
    expect_problem(Client{}.get(path), 404, "not_found");
  database.check("paths and methods");
}

Test(scim_errors, who_may_not_call_is_refused_in_scims_form) {
  const Directory directory;
  const auto reader = make_api_key(directory.owner, R"(["users:read"])");
  Unchanged database;
  const auto anonymous = Client{}.get(kScim + "/Users");
  require(expect_scim(anonymous, 401).header("www-authenticate").starts_with("Bearer"), anonymous.body);
  expect_scim(Client{}.bearer("tnd_nothing").get(kScim + "/Users"), 401);
  expect_scim(Client{}.bearer("nothing").post(kScim + "/Bulk", "{}"), 401);
  const auto both =
      directory.owner.client().header("X-Api-Key", directory.key.key).get(kScim + "/ServiceProviderConfig");
  expect_scim(both, 400);
  expect_scim(Client{}.bearer(reader.key).get(kScim + "/Users"), 403);
  database.check("callers");
}

Test(scim_errors, a_body_that_cannot_be_taken_is_refused_in_scims_form) {
  const Directory directory;
  Unchanged database;
  for (const auto* body : {"{", "", "[]", R"({"userName":"a","userName":"b"})", "\"x\""})
    expect_scim(directory.post("/Users", body), 400, *body == '\0' ? "invalidValue" : "invalidSyntax");
  Client client;
  client.bearer(directory.key.key);
  for (const auto* type : {"text/plain", "application/xml", "application/x-www-form-urlencoded", ""}) {
    const auto reply = client.send({"POST", kScim + "/Users", "{}", type, {}});
    require(expect_scim(reply, 415).header("accept").find("application/scim+json") != std::string::npos,
            reply.describe());
  }
  require_equal(expect_scim(directory.post("/Users", std::string(3'000'000, ' ')), 413).text("/code"),
                "body_too_large");
  database.check("bodies");
}

Test(scim_errors, a_parameter_that_is_wrong_is_refused_and_one_that_is_unknown_is_not_looked_at) {
  const Directory directory;
  Unchanged database;
  for (const auto* query : {"startIndex=x", "count=1e3", "count=000000000000000000000000001"}) {
    const auto reply = directory.get(std::string{"/Users?"} + query);
    expect_scim(reply, 400, "invalidValue");
    require(!reply.text("/detail").empty(), reply.body);
  }
  const auto misfit = directory.get("/Users?sortOrder=" + std::string(30, 'x'));
  require_equal(expect_scim(misfit, 400, "invalidValue").text("/detail").substr(0, 10), "?sortOrder");
  require(misfit.has("/errors/0/pointer"), misfit.body);
  expect_scim(directory.get("/Users?attributes=" + std::string(2001, 'x')), 400, "invalidValue");
  expect_scim(directory.get("/Users?filter=userName%20eq"), 400, "invalidFilter");
  expect_scim(directory.get("/Users?sortBy=nothing"), 400, "invalidPath");
  expect_scim(directory.get("/Users?x=%zz"), 400, "invalidValue");
  expect_scim(directory.get("/Users?count=1&count=2"), 400, "invalidValue");
  // RFC 7644 section 3.4.2: a service ignores parameters that it does not recognize.
  for (const auto* path : {"/Users?aadOptscim062020=", "/Groups?domain=x&count=1", "/Schemas?count=2",
                           "/ServiceProviderConfig?x=1"})
    expect(directory.get(path), 200);
  database.check("parameters");
}

Test(scim_errors, what_no_worker_reads_is_refused_in_scims_form) {
  const Directory directory;
  Unchanged database;
  const auto raw = [&](const std::string& request_line, const std::string& headers) {
    return read_raw(send_raw(request_line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                             "Authorization: Bearer " + directory.key.key + "\r\n" + headers + "\r\n"));
  };
  // nginx's.
  expect_scim(raw("GET /scim/v2/Users", "X-Long: " + std::string(40'000, 'x') + "\r\n"), 431);
  expect_scim(raw("GET /scim%2Fv2/Users", "X-Long: " + std::string(40'000, 'x') + "\r\n"), 431);
  expect_scim(raw("POST /scim/v2/Users", "Content-Length: 999999999\r\n"), 413);
  // The worker's, before it looks for a row.
  expect_scim(raw("GET /scim/v2/Users", "Authorization: Bearer x\r\n"), 400);
  expect_scim(raw("GET /scim/v2/Users", "If-Match: a\r\nIf-Match: b\r\n"), 400);
  database.check("what no worker reads");
}

Test(scim_errors, whoever_asks_too_often_learns_it_in_scims_form, .timeout = 240) {
  const PrivateStack stack{{"LIMIT_READ=5"}};
  stack.take_the_suites_place();
  const Directory directory;
  Response last;
  for (int i = 0; i < 20 && last.status != 429; ++i) last = directory.get("/Users");
  require_equal(expect_scim(last, 429).text("/code"), "rate_limited");
  require(!last.header("retry-after").empty(), last.describe());
}
