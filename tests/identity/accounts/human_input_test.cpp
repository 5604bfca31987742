// People's data as it is: addresses, codes, names and roles in the ways in which they are typed.
#include <criterion/criterion.h>

#include <functional>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"

using namespace tenantd::test;

namespace {

struct Door {
  const char* name;
  const char* pointer;
  std::function<Response(const std::string&)> send;
};

std::vector<Door> doors(const Account& owner) {
  const auto root = super_admin();
  const auto as_owner = [owner](const char* path, std::string before, std::string after) {
    return [=](const std::string& email) {
      return owner.client().post(path, before + '"' + email + '"' + after);
    };
  };
  return {
      {"sign-up", "/email",
       [](const std::string& email) { return Client{}.post("/signup", sign_up_body(email, "Acme")); }},
      {"register", "/email",
       [](const std::string& email) {
         return Client{}.post("/users/register", object({{"email", email}, {"password", kPassword}}));
       }},
      {"sign-in", "/email", [](const std::string& email) { return sign_in(email, kPassword); }},
      {"reset", "/email",
       [](const std::string& email) {
         return Client{}.post("/api/v1/auth/password-reset/request", object({{"email", email}}));
       }},
      {"invite", "/email", as_owner("/api/v1/invites", R"({"email":)", "}")},
      {"create user", "/email", as_owner("/api/v1/users", R"({"first_name":"Ada","email":)", "}")},
      {"change address", "/new_email",
       as_owner("/api/v1/auth/change-email",
                R"({"password":")" + std::string{kPassword} + R"(","new_email":)", "}")},
      {"supplier", "/email", as_owner("/api/v1/suppliers", R"({"name":"Nuts","email":)", "}")},
      {"add users", "/items/0", as_owner("/organization/add_users", R"({"users":[{"email":)", "}]}")},
      {"bulk create", "/items/0",
       as_owner("/api/v1/users/bulk/create", R"({"users":[{"first_name":"Ada","email":)", "}]}")},
      {"tenant", "/admin_email",
       [root](const std::string& email) {
         return root.client().post("/api/v1/tenants", R"({"name":"T","slug":")" + fresh_name("t") +
                                                          R"(","admin_first_name":"Ada","admin_email":")" +
                                                          email + "\"}");
       }},
  };
}

}  // namespace

Test(human_input, mail_that_could_never_be_sent_is_refused_alike_at_every_door) {
  const auto owner = sign_up();
  for (const auto& door : doors(owner)) {
    Unchanged database;
    const auto reply = door.send("j\u00F6rg@example.com");
    if (std::string{door.pointer} == "/items/0") {
      require_equal(reply.text("/items/0/code"), "validation_failed", door.name);
    } else {
      expect_problem(reply, 422, "validation_failed");
      expect_pointer(reply, door.pointer);
      require(reply.body.find("ASCII letters before the @") != std::string::npos, reply.body);
    }
    database.check(door.name);
  }
}

Test(human_input, blanks_around_an_address_mean_nothing_at_any_door) {
  const auto owner = sign_up();
  for (const auto& door : doors(owner)) {
    const bool has_account = std::string{door.name} == "sign-in";
    const auto email = has_account ? owner.email : fresh_email();
    const auto reply = door.send("  " + email + "\u00A0");
    require(reply.status / 100 == 2, std::string{door.name} + ": " + reply.describe());
    if (std::string{door.pointer} == "/items/0")
      require(reply.text("/items/0/result") != "refused", door.name + (": " + reply.body));
  }
}

// Whoever came before the rule is not locked out by it.
Test(human_input, an_account_under_such_an_address_still_signs_in) {
  const auto owner = sign_up();
  const std::string odd = "j\u00F6rg-" + owner.email;
  database().run("UPDATE user SET email = " + literal(odd) + " WHERE email = " + literal(owner.email));
  expect(sign_in(odd, kPassword), 200);
  expect_problem(sign_in(odd, "wrong horse battery 13"), 401, "invalid_credentials");
}

Test(human_input, a_code_is_the_same_in_groups_and_in_full_width) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  const auto finish = [](const std::string& token, const std::string& code) {
    return Client{}.post("/api/v1/auth/mfa/verify", object({{"mfa_token", token}, {"code", code}}));
  };
  const auto code = factor.code();
  expect(finish(second_step_of(ada), code.substr(0, 3) + ' ' + code.substr(3)), 200);
  forget_steps(ada);
  std::string wide;
  for (const char c : factor.code()) wide += std::string{"\xEF\xBC"} + static_cast<char>(0x90 + (c - '0'));
  expect(finish(second_step_of(ada), wide), 200);
}

Test(human_input, one_name_is_enough) {
  const auto owner = sign_up();
  const auto path = "/api/v1/users";
  const auto one =
      owner.client().post(path, R"({"email":")" + fresh_email() + R"(","first_name":"Suharto"})");
  expect(one, 201);
  require_equal(one.text("/profile/first_name"), "Suharto");
  require(!one.has("/profile/last_name"), one.body);
  expect(owner.client().post(
             path, R"({"email":")" + fresh_email() + R"(","last_name":"Pel\u00E9","first_name":""})"),
         201);
  Unchanged database;
  const auto none = owner.client().post(path, R"({"email":")" + fresh_email() + "\"}");
  expect_problem(none, 422, "validation_failed");
  expect_pointer(none, "/first_name");
  database.check("a person without a name");
}

Test(human_input, a_name_shows_something_wherever_there_is_one) {
  const auto owner = sign_up();
  struct Case {
    const char* path;
    std::string body;
    const char* pointer;
  };
  for (const std::string hidden : {"  ", "\u200B", "\u0301", "\u3164"})
    for (const auto& [path, body, pointer] :
         {Case{"/signup",
               R"({"email":"x@example.com","password":"plum orbit canyon 42","organization_name":"#"})",
               "/organization_name"},
          Case{"/api/v1/organizations", R"({"name":"#"})", "/name"},
          Case{"/api/v1/projects", R"({"name":"#"})", "/name"},
          Case{"/api/v1/projects", R"({"name":"x","tags":["#"]})", "/tags/0"},
          Case{"/api/v1/products", R"({"sku":"a-1","name":"#"})", "/name"},
          Case{"/api/v1/suppliers", R"({"name":"#"})", "/name"},
          Case{"/api/v1/warehouses", R"({"name":"#"})", "/name"},
          Case{"/api/v1/roles", R"({"name":"#","permissions":[]})", "/name"},
          Case{"/api/v1/webhooks", R"({"url":"https://example.com/x","events":["*"],"description":"#"})",
               "/description"},
          Case{"/api/v1/api-keys", R"({"name":"#","permissions":["users:read"]})", "/name"},
          Case{"/api/v1/users", R"({"email":"x@example.com","first_name":"#"})", "/first_name"},
          Case{"/users/register",
               R"({"email":"x@example.com","password":"plum orbit canyon 42","profile":{"first_name":"#"}})",
               "/profile/first_name"}}) {
      std::string filled = body;
      filled.replace(filled.find('#'), 1, hidden);
      Unchanged database;
      const auto reply = owner.client().post(path, filled);
      expect_problem(reply, 422, "validation_failed");
      expect_pointer(reply, pointer);
      database.check(std::string{path} + ' ' + pointer);
    }
}

Test(human_input, a_name_is_kept_in_one_form_and_found_in_either) {
  const auto owner = sign_up();
  auto client = owner.client();
  const std::string composed = "Caf\u00E9s", apart = "Cafe\u0301s";
  const auto made = client.post("/api/v1/warehouses", R"({"name":")" + apart + "\"}");
  expect(made, 201);
  require_equal(made.text("/name"), composed);
  for (const char* q : {"Caf%C3%A9s", "Cafe%CC%81s"})
    require_equal(client.get("/api/v1/warehouses?q=" + std::string{q}).size("/items"), 1U, q);
  expect(client.post("/api/v1/roles", R"({"name":")" + apart + R"(","permissions":["audit:read"]})"), 201);
  expect_problem(
      client.post("/api/v1/roles", R"({"name":")" + composed + R"(","permissions":["audit:read"]})"), 409,
      "conflict");
}

Test(human_input, roles_are_found_as_their_uniqueness_compares_and_by_the_names_of_the_seeds) {
  const auto owner = sign_up();
  auto client = owner.client();
  for (const auto& [typed, role] :
       std::vector<std::pair<std::string, std::string>>{{"Admin", "admin"},
                                                        {"VIEWER", "viewer"},
                                                        {"tenant_admin", "admin"},
                                                        {"project_manager", "manager"},
                                                        {"user", "member"},
                                                        {"staff", "member"}}) {
    const auto reply = client.post("/api/v1/invites", object({{"email", fresh_email()}, {"role", typed}}));
    expect(reply, 201);
    require_equal(reply.text("/role"), role);
  }
  expect(client.post("/api/v1/roles", R"({"name":"Staff","permissions":["audit:read"]})"), 201);
  const auto own = client.post("/api/v1/invites", object({{"email", fresh_email()}, {"role", "staff"}}));
  require_equal(own.text("/role"), "Staff", "a role of that name is meant first");
  Unchanged database;
  const auto none = client.post("/api/v1/invites", object({{"email", fresh_email()}, {"role", "emperor"}}));
  expect_problem(none, 422, "validation_failed");
  expect_pointer(none, "/role");
  require(none.body.find("Staff, admin, manager, member, owner, viewer") != std::string::npos, none.body);
  database.check("a role that does not exist");
}

// However it is spelled, the rules that stand on its name hold.
Test(human_input, the_owners_role_does_not_expire_in_any_spelling) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  Unchanged database;
  for (const char* role : {"owner", "Owner", "OWNER "}) {
    const auto reply =
        owner.client().put("/api/v1/members/" + member.user_id + "/role",
                           R"({"new_role_name":")" + std::string{role} + R"(","expires_at":4000000000})");
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/expires_at");
  }
  database.check("an owner for a time");
}
