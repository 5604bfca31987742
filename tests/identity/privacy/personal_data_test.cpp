// The export of what is kept of a person.
#include <criterion/criterion.h>

#include "identity/privacy/person_fixture.hpp"
#include "support/projects.hpp"

using namespace tenantd::test;

Test(personal_data, holds_what_is_kept_of_the_person_and_no_secret, .timeout = 180) {
  const auto traced = traced_person();
  const auto& person = traced.person;
  const auto data = person.client().post("/api/v1/users/me/export", object({{"password", kPassword}}));
  expect(data, 200);
  require(data.header("content-disposition").find("attachment") == 0, data.header("content-disposition"));
  require_equal(data.header("cache-control"), "no-store");
  require_equal(data.text("/account/email"), person.email);
  require_equal(data.text("/account/profile/name"), traced.name);
  require_equal(data.text("/memberships/0/org_id"), person.org_id);
  require_equal(data.text("/identities/0/email"), person.email);
  for (const char* list :
       {"/sessions", "/invitations", "/account_events", "/audit_rows", "/api_keys", "/directory_entries"})
    require(data.size(list) > 0, std::string{list} + " is empty");
  require_equal(data.size("/truncated"), 0U);
  for (const char* secret : {"password\":\"", "token", "secret", "hash", traced.owner.email.c_str()})
    require(data.body.find(secret) == std::string::npos, std::string{secret} + " in " + data.body);
  require_equal(newest_audit(traced.owner, "account.exported").text("/items/0/resource_id"), person.user_id);
}

Test(personal_data, has_a_bound_in_bytes_too_and_no_copy_of_it_is_kept_for_an_idempotency_key,
     .timeout = 180) {
  const auto person = sign_up();
  const auto project = make_project(person);
  for (int i = 0; i < 30; ++i) make_document(person, project, "Plan " + std::to_string(i));
  database().run("UPDATE document SET description = REPEAT('x', 40000) WHERE org_id = " +
                 binary(person.org_id));
  const auto body = object({{"password", kPassword}});
  {
    Unchanged database;
    expect_problem(person.client().send({"POST",
                                         "/api/v1/users/me/export",
                                         body,
                                         "application/json",
                                         {{"Idempotency-Key", fresh_name("key")}}}),
                   400, "bad_request");
    database.check("a reply that cannot be kept");
  }
  const auto data = person.client().post("/api/v1/users/me/export", body);
  expect(data, 200);
  require_equal(data.size("/truncated"), 1U);
  require_equal(data.text("/truncated/0"), "documents");
  // 26 of them are a MiB.
  require(data.size("/documents") > 20 && data.size("/documents") < 27,
          std::to_string(data.size("/documents")));
}

Test(personal_data, has_a_bound_on_each_list_and_says_so, .timeout = 180) {
  const auto person = invite_and_accept(sign_up(), "member");
  database().run("INSERT INTO account_event (id, user_id, type, created_at) SELECT " +
                 id_of("CONCAT('" + person.user_id + "', seq)") + ", " + binary(person.user_id) +
                 ", 'test', 1 FROM " + series(1200));
  const auto data = person.client().post("/api/v1/users/me/export", object({{"password", kPassword}}));
  expect(data, 200);
  require_equal(data.size("/account_events"), 1000U);
  require_equal(data.text("/truncated/0"), "account_events");
}
