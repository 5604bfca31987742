// Who may not call is refused before the body is looked at: whatever it holds, the answer is the same.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/hostile.hpp"
#include "support/private_stack.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/domain/permission.hpp"

using namespace tenantd::test;
using tenantd::api::Access;

namespace {

// No JSON, too large for any schema, and fitting none.
const std::vector<std::string>& bodies() {
  static const std::vector<std::string> all{"{", std::string(200'000, '['),
                                            '[' + repeated("1", 100'000) + ']',
                                            R"({"sku":")" + std::string(30'000, 'A') + "\"}", "{\"org_id\":"};
  return all;
}

Call call_of(const tenantd::api::Route& route, const Account& account, const std::string& body) {
  std::string path{route.path};
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
    const auto name = path.substr(open + 1, path.find('}') - open - 1);
    path.replace(open, name.size() + 2, name == "org_id" ? account.org_id : fresh_id());
  }
  return {std::string{tenantd::http::method_name(route.method)}, path, body, "application/json", {}};
}

}  // namespace

Test(refusal_order, a_token_that_is_none_is_refused_before_the_body_is_parsed) {
  const auto owner = sign_up();
  Unchanged database;
  Client client;
  client.bearer("nonsense");
  std::size_t sent = 0;
  for (const auto& route : tenantd::api::routes()) {
    if (route.body.empty() || route.handler.access == Access::anyone) continue;
    for (const auto& body : bodies())
      expect_problem(client.send(call_of(route, owner, body)), 401, "invalid_token");
    auto call = call_of(route, owner, "x");
    call.content_type = "text/plain";
    expect_problem(client.send(call), 401, "invalid_token");
    ++sent;
  }
  require(sent > 40, std::to_string(sent) + " rows");
  database.check("bodies of nobody");
}

Test(refusal_order, a_permission_that_is_missing_is_told_before_the_body_is_parsed) {
  const auto owner = sign_up();
  const auto viewer = invite_and_accept(owner, "viewer");
  Unchanged database;
  auto client = viewer.client();
  std::size_t sent = 0;
  for (const auto& route : tenantd::api::routes()) {
    if (route.body.empty() || route.handler.access != Access::tenant) continue;
    if (tenantd::find_system_role("viewer")->permissions.has(*route.permission)) continue;
    for (const auto& body : bodies())
      expect_problem(client.send(call_of(route, viewer, body)), 403, "forbidden");
    ++sent;
  }
  require(sent > 25, std::to_string(sent) + " rows");
  database.check("bodies of a viewer");
}

// The body says where to act, and is asked for that alone.
Test(refusal_order, the_organization_that_a_body_names_decides_first) {
  const auto owner = sign_up();
  const auto other = sign_up();
  join(other, owner, "viewer");
  Unchanged database;
  auto client = owner.client();
  const auto naming = [](const std::string& org, const std::string& rest) {
    return R"({"org_id":")" + org + '"' + rest;
  };
  for (const std::string rest : {",", ",\"name\":1}", ",\"strange\":[[[[1]]]]}", ",\"org_id\":\"x\"}"}) {
    expect_problem(client.post("/api/v1/suppliers", naming(other.org_id, rest)), 403, "forbidden");
    expect_problem(client.post("/api/v1/suppliers", naming(fresh_id(), rest)), 404, "not_found");
  }
  expect_problem(client.post("/api/v1/suppliers", naming(owner.org_id, ",")), 400, "malformed_json");
  expect_problem(client.post("/api/v1/suppliers", naming(owner.org_id, ",\"name\":1}")), 422,
                 "validation_failed");
  // Spelled with an escape, behind other members, within others, and twice.
  const auto escaped = R"({"name":"x","org\u005fid":")" + other.org_id + "\"}";
  expect_problem(client.post("/api/v1/suppliers", escaped), 403, "forbidden");
  const auto inner = R"({"x":{"org_id":")" + other.org_id + R"("},"name":1})";
  expect_problem(client.post("/api/v1/suppliers", inner), 422, "validation_failed");
  const auto twice = naming(owner.org_id, R"(,"name":"x","org_id":")" + other.org_id + "\"}");
  expect_problem(client.post("/api/v1/suppliers", twice), 400, "malformed_json");
  for (const char* none : {"1", "\"acme\"", "null", "[]"}) {
    const auto reply = client.post("/api/v1/suppliers", R"({"name":"x","org_id":)" + std::string{none} + '}');
    if (std::string{none} != "null")
      expect_pointer(expect_problem(reply, 422, "validation_failed"), "/org_id");
  }
  const auto no_id = client.post("/api/v1/suppliers", naming(std::string(36, 'g'), ",\"name\":\"x\"}"));
  expect_pointer(expect_problem(no_id, 422, "validation_failed"), "/org_id");
  database.check("organizations in bodies");
}

Test(refusal_order, reports_of_mail_are_judged_only_under_their_signature) {
  const PrivateStack stack;
  auto client = stack.client();
  for (const auto& body : bodies()) {
    // Neither is set up.
    expect_problem(client.post("/api/v1/mail/events", body), 404, "not_found");
    expect_problem(client.post("/api/v1/mail/events/ses", body), 404, "not_found");
  }
  const PrivateStack with{{"MAIL_EVENTS_SECRET=correct horse battery staple"}};
  auto unsigned_one = with.client();
  auto other = with.client();
  other.header("X-Signature", "t=1,v1=" + std::string(64, '0'));
  for (const auto& body : bodies()) {
    expect_problem(unsigned_one.post("/api/v1/mail/events", body), 401, "signature_invalid");
    expect_problem(other.post("/api/v1/mail/events", body), 401, "signature_invalid");
  }
}
