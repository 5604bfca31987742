// Well-formed requests whose content does not fit: refused with 422 by name, and nothing changes.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"

using namespace tenantd::test;

namespace {

std::string sign_up_with(const std::string& extra) {
  const auto body = sign_up_body(fresh_email(), "Acme");
  return body.substr(0, body.size() - 1) + ',' + extra + '}';
}

std::string utf8(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text += static_cast<char>(byte);
  return text;
}

}  // namespace

Test(validation, members_that_nobody_may_set_are_refused) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  Unchanged database;
  Client anyone;
  for (const char* extra :
       {R"("org_id":"0190b5a0-0000-7000-8000-000000000000")", R"("status":0)", R"("is_super_admin":true)",
        R"("is_super":true)", R"("created_at":0)", R"("email_verified":true)", R"("id":"x")",
        R"("organization":{"status":0})", R"("Email":"x@example.com")", R"("":1)"}) {
    expect_problem(anyone.post("/signup", sign_up_with(extra)), 422, "validation_failed");
    database.check(extra);
  }
  auto boss = owner.client();
  for (const char* extra : {R"("status":"accepted")", R"("expires_at":9999999999)",
                            R"("permissions":["audit:read"])", R"("invited_by":"x")", R"("token":"x")"}) {
    const auto body = R"({"email":"new@example.com",)" + std::string{extra} + '}';
    expect_problem(boss.post("/invite_member", body), 422, "validation_failed");
  }
  const auto promoted =
      object({{"user_id", member.user_id}, {"new_role_name", "admin"}, {"permissions", Field::raw("[]")}});
  expect_problem(member.client().post("/update_member_role", promoted), 403, "forbidden");
  expect_problem(boss.post("/update_member_role", promoted), 422, "validation_failed");
  expect_problem(boss.post("/organization/register", R"({"name":"x","status":0})"), 422, "validation_failed");
  expect_problem(anyone.post("/users/register",
                             object({{"email", fresh_email()}, {"password", kPassword}, {"role", "owner"}})),
                 422, "validation_failed");
  database.check("mass assignment");
}

Test(validation, queries_hold_only_what_the_path_knows_in_the_form_it_knows) {
  const auto owner = sign_up();
  Unchanged database;
  auto client = owner.client();
  for (const char* query : {"limit=0",
                            "limit=-1",
                            "limit=201",
                            "limit=1000000000",
                            "limit=9223372036854775808",
                            "limit=1.5",
                            "limit=%221%22",
                            "limit=",
                            "limit=1e1",
                            "limit=0x10",
                            "limit=%201",
                            "limit",
                            "cursor=x",
                            "cursor=",
                            "cursor=AAAA",
                            "cursor=%27%20OR%201%3D1",
                            "include_total=1",
                            "include_total=yes",
                            "q=x",
                            "org_id=1",
                            "Limit=1",
                            "sort=email",
                            "sort=created_at%20desc",
                            "status=2",
                            "status=deleted",
                            "status=%27",
                            "role=",
                            "%00=1"}) {
    const auto reply = client.get(std::string{"/organization/list_users?"} + query);
    if (std::string{query} == "%00=1") {
      expect_problem(reply, 400, "malformed_query");
    } else {
      expect_problem(reply, 422, "validation_failed");
      const std::string text{query};
      const auto name = text.substr(0, text.find('='));
      expect_pointer(reply, "?" + name);
    }
  }
  for (const char* query : {"from_time=x", "from_time=-1", "to_time=9223372036854775808", "from_time=1.5",
                            "from_time=2&to_time=1", "status=5", "limit=0", "limit=1001", "sort=users"})
    expect_problem(client.get(std::string{"/stats/organization-users?"} + query), 422, "validation_failed");
  expect_problem(client.get("/users/me?verbose=1"), 422, "validation_failed");
  for (const char* query : {"limit=1&limit=2", "limit=1&%6cimit=1", "status=0&x=1&status=0"})
    expect_problem(client.get(std::string{"/organization/list_users?"} + query), 400, "duplicate_parameter");
  for (const char* query : {"role=%", "role=%zz", "role=%FF", "role=%C0%AF", "role=%00"})
    expect_problem(client.get(std::string{"/organization/list_users?"} + query), 400, "malformed_query");
  for (const char* literal :
       {"role=%25", "role=_wner", "role=%27%20OR%20%271%27=%271", "role=owner%20", "role=Owner"})
    require_equal(client.get(std::string{"/organization/list_users?"} + literal).size("/items"), 0U, literal);
  for (const char* good :
       {"status=active", "status=0", "role=owner", "limit=200", "include_total=true", "sort=created_at"})
    require_equal(client.get(std::string{"/organization/list_users?"} + good).size("/items"), 1U, good);
  database.check("queries");
}

Test(validation, control_characters_stay_out_of_names) {
  const auto owner = sign_up();
  Unchanged database;
  Client client;
  for (const char* escape : {"\\r\\n", "\\n", "\\u0000", "\\u001b[31m", "\\u007f", "\\t"}) {
    const std::string name = std::string{"\"Acme"} + escape + "Bcc: x@example.com\"";
    const auto reply = client.post(
        "/signup",
        object({{"email", fresh_email()}, {"password", kPassword}, {"organization_name", Field::raw(name)}}));
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/organization_name");
    expect_problem(client.post("/signup", sign_up_with("\"profile\":{\"first_name\":" + name + "}")), 422,
                   "validation_failed");
    expect_problem(owner.client().post("/organization/register", object({{"name", Field::raw(name)}})), 422,
                   "validation_failed");
    const std::string email = std::string{"\"a@example.com"} + escape + "\"";
    expect_problem(owner.client().post("/invite_member", object({{"email", Field::raw(email)}})), 422,
                   "validation_failed");
    expect_problem(owner.client().post("/invite_member",
                                       object({{"email", "a@example.com"}, {"role", Field::raw(name)}})),
                   422, "validation_failed");
  }
  database.check("control characters");
}

Test(validation, what_is_no_email_address_is_refused) {
  Unchanged database;
  Client client;
  for (const std::string& email : {std::string{"x"},
                                   std::string{"@"},
                                   std::string{"a@"},
                                   std::string{"@example.com"},
                                   std::string{"a@example"},
                                   std::string{"a b@example.com"},
                                   std::string{"a@exam ple.com"},
                                   std::string{"j\u00F6rg@example.com"},
                                   std::string{"a@example.com\u200B"},
                                   std::string{".a@example.com"},
                                   std::string{"a.@example.com"},
                                   std::string{"a..b@example.com"},
                                   std::string{"a@-example.com"},
                                   std::string{"a@example-.com"},
                                   std::string{"a@example..com"},
                                   std::string{"a@.example.com"},
                                   std::string{"a@b@example.com"},
                                   std::string{"\"a b\"@example.com"},
                                   std::string{"a,b@example.com"},
                                   std::string{"Ada <a@example.com>"},
                                   std::string{"a@[127.0.0.1]"},
                                   std::string{"a@exa_mple.com"},
                                   std::string{"a(x)@example.com"},
                                   std::string{"a@example.com,b@example.com"},
                                   std::string{"a;b@example.com"},
                                   std::string{"a\\@example.com"},
                                   std::string(65, 'a') + "@example.com",
                                   "a@" + std::string(64, 'b') + ".com",
                                   "a@" + std::string(63, 'b') + '.' + std::string(63, 'c') + '.' +
                                       std::string(63, 'd') + '.' + std::string(63, 'e') + ".com",
                                   utf8({'a', 0xC2, 0xA0, 'b'}) + "@example.com",
                                   utf8({'a', 0xE2, 0x80, 0x8B}) + "@example.com",
                                   utf8({'a', 0xE2, 0x80, 0xAE, 'b'}) + "@example.com",
                                   utf8({'a', 0xC2, 0x85}) + "@example.com"}) {
    const auto reply = client.post("/signup", sign_up_body(email, "Acme"));
    require(reply.status == 422, email + " was taken for an address: " + reply.describe());
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/email");
    database.check(email);
  }
}

Test(validation, passwords_that_are_easy_or_unusable_are_refused) {
  Unchanged database;
  Client client;
  const auto email = fresh_email("ada.lovelace");
  struct Case {
    std::string password;
    std::string code;
  };
  for (const auto& [password, code] : {
           Case{"", "validation_failed"},
           Case{"short1!", "password_refused"},
           Case{"password", "password_refused"},
           Case{"P4ssw0rd", "password_refused"},
           Case{"12345678", "password_refused"},
           Case{"qwertyuiop", "password_refused"},
           Case{"aaaaaaaaaaaa", "password_refused"},
           Case{"abcdefghij", "password_refused"},
           Case{email, "password_refused"},
           Case{"ada.lovelace", "password_refused"},
           Case{"AcmeRocketry", "password_refused"},
           Case{std::string(2000, 'x'), "validation_failed"},
           Case{"plum orbit canyon " + std::string(256 - 17, 'x'), "password_refused"},
           Case{std::string("plum orbit\0canyon 42", 20), "password_refused"},
       }) {
    const auto reply = client.post("/signup", sign_up_body(email, "Acme Rocketry", password));
    require(reply.status == 422, "the password \"" + password + "\" was taken: " + reply.describe());
    expect_problem(reply, 422, code);
    expect_pointer(reply, "/password");
    require(password.size() < 9 || reply.body.find(password) == std::string::npos,
            "the reply repeats the password");
  }
  database.check("passwords");
  // 256 bytes are enough for anybody, and count in whole.
  const std::string longest = "plum orbit canyon " + std::string(256 - 18, 'x');
  require_equal(longest.size(), 256U);
  expect(client.post("/signup", sign_up_body(email, "Acme", longest)), 201);
  expect(sign_in(email, longest), 200);
  expect_problem(sign_in(email, longest.substr(0, 255)), 401, "invalid_credentials");
}

Test(validation, ids_that_are_no_uuids_are_refused) {
  const auto owner = sign_up();
  Unchanged database;
  auto client = owner.client();
  for (const std::string& id :
       {std::string{"1"}, std::string(36, 'x'), owner.user_id + "0", owner.user_id.substr(1),
        "{" + owner.user_id.substr(2) + "}", std::string{"0190b5a0-0000-7000-8000-00000000000'"}}) {
    const auto role = object({{"user_id", id}, {"new_role_name", "viewer"}});
    expect_problem(client.post("/update_member_role", role), 422, "validation_failed");
    expect_problem(client.del("/delete", object({{"user_id", id}})), 422, "validation_failed");
    expect_problem(client.del("/delete", object({{"user_id", owner.user_id}, {"org_id", id}})), 422,
                   "validation_failed");
    expect_problem(client.post("/invite_member", object({{"user_id", id}})), 422, "validation_failed");
    expect_problem(client.post("/organization/select", object({{"org_id", id}})), 422, "validation_failed");
  }
  expect_problem(client.put("/api/v1/members/not-a-uuid/role", object({{"new_role_name", "viewer"}})), 404,
                 "not_found");
  expect_problem(client.put("/api/v1/members/%27%20or%201=1/role", object({{"new_role_name", "viewer"}})),
                 404, "not_found");
  database.check("ids");
}

Test(validation, a_refusal_says_what_would_be_taken) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto says = [](const Response& reply, const std::string& words) {
    expect_problem(reply, 422, "validation_failed");
    require(reply.body.find(words) != std::string::npos, reply.body);
  };
  says(client.get("/api/v1/users?status=busy"), "must be one of: active, inactive, 0, 1");
  says(client.get("/api/v1/users?limit=0"), "must be at least 1\"");
  says(client.get("/api/v1/users?limit=201"), "must be at most 200\"");
  says(client.post("/signin", R"({"email":5,"password":"x"})"), "must be a string");
  says(client.post("/invite_member", R"({"role":"viewer"})"), "\"give email or user_id\"");
  for (const char* number : {"9223372036854775808", "18446744073709551615", "100000000000000000000"})
    says(client.post("/api/v1/products",
                     R"({"sku":"M6","name":"x","reorder_level":)" + std::string{number} + '}'),
         "must be at most 1000000000000");
  says(client.post("/api/v1/roles", R"({"name":"\u0000x","permissions":[]})"), "no control characters");
  says(client.get("/api/v1/audit-logs?actor=1"), "must be a UUID");
  says(client.get("/api/v1/audit-logs?action=Role%20Changed"), "must be a name like member.role_changed");
  says(client.post("/api/v1/roles", R"({"name":"","permissions":[]})"), "must not be empty");
  says(client.post("/api/v1/roles", R"({"name":")" + std::string(201, 'x') + R"(","permissions":[]})"),
       "characters long");
}

Test(validation, a_fault_names_its_member_whether_it_is_missing_or_not_known) {
  const auto owner = sign_up();
  auto client = owner.client();
  Unchanged database;
  const auto names = [](const Response& reply, const std::string& pointer, const std::string& words) {
    expect_problem(reply, 422, "validation_failed");
    require(
        reply.body.find(R"({"pointer":")" + pointer + R"(","detail":")" + words + "\"}") != std::string::npos,
        reply.body);
  };
  const auto empty = Client{}.post("/signup", "{}");
  names(empty, "/email", "is required");
  names(empty, "/password", "is required");
  names(client.post("/invite_member", R"({"email":"bob@example.com","rule":"viewer"})"), "/rule",
        "is not known here");
  names(client.post("/api/v1/api-keys", R"({"name":"x","permissions":["users:read"],"a/b~":1})"), "/a~1b~0",
        "is not known here");
  names(client.post("/organization/add_users", R"({"users":[{"email":"bob@example.com"},{}]})"), "/users/1",
        "give email or user_id");
  names(Client{}.get("/accept_invite"), "?token", "is required");
  database.check("members");
}
