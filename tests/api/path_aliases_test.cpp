// Paths that are spellings of one another answer alike.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"

using namespace tenantd::test;

namespace {

// The names of a reply's members, so that replies about different rows can be compared.
std::string shape(const rapidjson::Value& value) {
  if (value.IsArray()) return value.Empty() ? "[]" : '[' + shape(value[0]) + ']';
  if (!value.IsObject()) return std::to_string(value.GetType());
  std::string text = "{";
  for (const auto& member : value.GetObject())
    text += std::string{member.name.GetString()} + ':' + shape(member.value) + ' ';
  return text + '}';
}

void require_alike(const Response& one, const Response& other) {
  require_equal(one.status, other.status, one.describe() + " and " + other.describe());
  require_equal(shape(one.json), shape(other.json), one.describe() + " and " + other.describe());
  require_equal(one.header("content-type"), other.header("content-type"));
  require_equal(one.header("cache-control"), other.header("cache-control"), other.request);
}

}  // namespace

Test(path_aliases, sign_in_answers_alike_on_its_four_paths) {
  const auto owner = sign_up();
  Client client;
  const auto right = object({{"email", owner.email}, {"password", owner.password}});
  expect(client.post("/signin", right), 200);
  for (const char* path : {"/login", "/api/v1/auth/login", "/api/v1/auth/token"})
    require_alike(client.post("/signin", right), client.post(path, right));
}

Test(path_aliases, the_token_path_takes_the_form_that_oauth_clients_send) {
  const auto owner = sign_up();
  Client client;
  Call call{"POST",
            "/api/v1/auth/token",
            "username=" + owner.email + "&password=plum+orbit%20canyon+42",
            "application/x-www-form-urlencoded",
            {}};
  expect(client.send(call), 200);
  call.body = "grant_type=password&" + *call.body;
  expect(client.send(call), 200);
  call.content_type = "application/x-www-form-urlencoded; charset=UTF-8";
  expect(client.send(call), 200);
  call.body = "grant_type=client_credentials&username=" + owner.email + "&password=x";
  expect_problem(client.send(call), 422, "validation_failed");
  call.body = "username=" + owner.email;
  expect_problem(client.send(call), 422, "validation_failed");
  call.body = "username=" + owner.email + "&password=wrong+password";
  expect_problem(client.send(call), 401, "invalid_credentials");
  call.body = "username=a%40example.com&username=" + owner.email + "&password=plum+orbit+canyon+42";
  expect_problem(client.send(call), 400, "duplicate_parameter");
  call.path = "/signin";
  expect_problem(client.send(call), 415, "unsupported_media_type");
}

Test(path_aliases, lists_profiles_and_organizations_answer_alike) {
  const auto owner = sign_up();
  auto client = owner.client();
  require_equal(client.get("/users/me").body, client.get("/api/v1/users/me").body);
  require_equal(client.get("/organization/list_users").body, client.get("/api/v1/members").body);
  require_equal(client.get("/health").body, client.get("/health-check").body);
  require_equal(client.get("/ready").body, client.get("/health/ready").body);
  require_alike(client.post("/organization/register", object({{"name", fresh_name("One")}})),
                client.post("/api/v1/organizations", object({{"name", fresh_name("Two")}})));
}

Test(path_aliases, invitations_roles_and_tokens_answer_alike) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  auto client = owner.client();
  require_alike(client.post("/invite_member", object({{"email", fresh_email()}})),
                client.post("/api/v1/invites", object({{"email", fresh_email()}})));
  const auto seed =
      client.post("/update_member_role", object({{"user_id", member.user_id}, {"new_role_name", "viewer"}}));
  const auto twin =
      client.put("/api/v1/members/" + member.user_id + "/role", object({{"new_role_name", "viewer"}}));
  require_alike(seed, twin);
  const auto one = client.post("/refresh_token", object({{"refresh_token", owner.refresh_token}}));
  require_alike(one,
                client.post("/api/v1/auth/refresh", object({{"refresh_token", one.text("/refresh_token")}})));
  require_alike(client.post("/reset_password", object({{"email", owner.email}})),
                client.post("/api/v1/auth/password-reset/request", object({{"email", owner.email}})));
  require_alike(client.post("/reset_password", object({{"token", "x"}, {"new_password", kPassword}})),
                client.post("/api/v1/auth/password-reset/confirm",
                            object({{"token", "x"}, {"new_password", kPassword}})));
  require_alike(client.post("/api/v1/auth/logout"), sign_up().client().post("/logout"));
}
