// The export of what is kept of a person.
#include <criterion/criterion.h>

#include "identity/privacy/person_fixture.hpp"

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
