// Tenant isolation over the route table: whatever row is added is tried here by an outsider, by members
// without the permission, and by nobody. A row's body is its schema's example, unless this file builds
// another.
#include <criterion/criterion.h>

#include "api/tenancy_fixture.hpp"

using namespace tenantd::test::outsiders;
using namespace tenantd::test;
using tenantd::api::Access;
using tenantd::api::needs_permission;
using tenantd::api::Route;
using tenantd::api::routes;

Test(tenancy, every_row_answers_an_outsider_as_if_the_organization_did_not_exist) {
  const auto ours = sign_up("Ours");
  const auto theirs = sign_up("Theirs");
  const auto colleague = invite_and_accept(theirs);
  const auto slug = slug_of(theirs);
  expect(theirs.client().post("/api/v1/roles", R"({"name":"theirs","permissions":[]})"), 201);
  expect(invite(theirs, fresh_email("waiting")), 201);
  expect(theirs.client().post("/api/v1/webhooks", body_for("webhook", {})), 201);
  expect(theirs.client().post("/api/v1/streams", body_for("stream", {})), 201);
  const auto account = theirs.client().post("/api/v1/service-accounts", body_for("service_account", {}));
  const auto account_id = expect(account, 201).text("/id");
  expect(theirs.client().post("/api/v1/service-accounts/" + account_id + "/keys",
                              body_for("service_account_key", {})),
         201);
  expect(move(theirs, make_product(theirs), make_warehouse(theirs), "in", 1), 201);
  std::vector<std::string> parts = {uuid_of("role", "name = 'theirs' AND ", theirs),
                                    uuid_of("invite", "status = 0 AND ", theirs),
                                    uuid_of("webhook", "", theirs),
                                    uuid_of("stream", "", theirs),
                                    account_id,
                                    uuid_of("api_key", "", theirs),
                                    uuid_of("event", "type = 'webhook.created' AND ", theirs),
                                    uuid_of("stock_movement", "", theirs)};
  for (const auto* resource : tenantd::api::described_resources()) {
    if (resource->rows.empty()) continue;
    const auto body = body_for(resource->name, {});
    parts.push_back(expect(theirs.client().post(std::string{resource->path}, body), 201).text("/id"));
    if (resource->name == "product")
      parts.push_back(expect(theirs.client().post("/api/v1/purchase-requests",
                                                  R"({"title":"x","lines":[{"product_id":")" + parts.back() +
                                                      R"(","quantity":1}]})"),
                             201)
                          .text("/id"));
  }
  auto client = ours.client();
  Unchanged database;
  for (const auto& route : tenant_routes()) {
    struct Pair {
      Names real, unreal;
    };
    std::vector<Pair> pairs = {
        {{"", "", theirs.org_id}, {"", "", fresh_id()}},
        {{"", "", slug}, {"", "", slug + "-x"}},
        {{"", colleague.user_id, theirs.org_id}, {"", colleague.user_id, fresh_id()}},
    };
    if (!route.body.empty()) {
      const auto never = fresh_id();
      pairs.push_back({{theirs.org_id, "", ""}, {never, "", ""}});
      pairs.push_back({{theirs.org_id, theirs.user_id, ""}, {never, fresh_id(), ""}});
      pairs.push_back({{theirs.org_id, colleague.user_id, theirs.org_id}, {never, fresh_id(), never}});
    }
    if (names_a_user(route)) {
      pairs.push_back({{"", colleague.user_id, ""}, {"", fresh_id(), ""}});
      const auto in_body = takes_org_id(route) ? ours.org_id : "";
      pairs.push_back({{in_body, theirs.user_id, ours.org_id}, {in_body, fresh_id(), ours.org_id}});
    }
    if (names_a_part(route))
      for (const auto& row : parts) pairs.push_back({{"", "", "", row}, {"", "", "", fresh_id()}});
    for (const auto& [real, unreal] : pairs) {
      const auto reply = client.send(call_of(route, real));
      require(reply.status == 404, label(route) + ": " + reply.describe());
      expect_problem(reply, 404, "not_found");
      require_equal(anonymized(client.send(call_of(route, unreal))), anonymized(reply), label(route));
      database.check(label(route));
    }
  }
}

Test(tenancy, an_organization_that_is_named_in_two_ways_is_refused) {
  const auto ours = sign_up();
  const auto theirs = sign_up();
  auto client = ours.client();
  Unchanged database;
  for (const auto& route : tenant_routes()) {
    if (route.body.empty()) continue;
    expect_problem(client.send(call_of(route, {ours.org_id, "", theirs.org_id})), 400, "tenant_ambiguous");
    expect_problem(client.send(call_of(route, {theirs.org_id, "", ours.org_id})), 400, "tenant_ambiguous");
    const auto by_slug = client.send(call_of(route, {ours.org_id, "", slug_of(theirs)}));
    require(by_slug.status == 400 || by_slug.status == 404, label(route) + ": " + by_slug.describe());
    database.check(label(route));
  }
}

Test(tenancy, every_row_that_is_not_public_refuses_who_shows_no_token) {
  Unchanged database;
  Client nobody;
  for (const auto& route : routes()) {
    if (route.handler.access == Access::anyone) continue;
    Call call{std::string{tenantd::http::method_name(route.method)},
              with_organization(route, fresh_id()),
              std::nullopt,
              "",
              {}};
    if (!route.body.empty()) call = {call.method, call.path, "{}", "application/json", {}};
    const auto reply = nobody.send(call);
    require(reply.status == 401, label(route) + ": " + reply.describe());
    expect_problem(reply, 401, "unauthenticated");
    call.headers.emplace_back("Authorization", "Bearer garbage");
    expect_problem(nobody.send(call), 401, "invalid_token");
  }
  database.check("anonymous requests");
}
