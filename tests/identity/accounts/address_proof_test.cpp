// From an address to a right there is one way: an account that is known to be its reader's.
#include <criterion/criterion.h>

#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kVerify = "/api/v1/auth/verify-email";
constexpr const char* kOwnPassword = "lantern violet bridge 7";

std::string link_of(const Account& account) { return newest_mail(account.email, "verification").token(); }

bool is_verified(const Account& account) {
  return number_of("SELECT email_verified_at IS NOT NULL FROM user WHERE id = " + binary(account.user_id)) ==
         1;
}

Finished tenantctl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), setting("TENANTD_BUILD") + "/tenantctl");
  return run_program(arguments);
}

Finished import(const std::string& rows, const std::vector<std::string>& options) {
  const auto path = run_dir() + '/' + fresh_name("import") + ".csv";
  std::ofstream{path} << "email,role\n" << rows;
  auto arguments = options;
  arguments.insert(arguments.begin(), "import");
  arguments.push_back(path);
  auto finished = tenantctl(arguments);
  std::filesystem::remove(path);
  return finished;
}

void expect_said(const Finished& finished, int status, const std::string& said,
                 const std::source_location& at = std::source_location::current()) {
  require_equal(finished.status, status, finished.output, at);
  require(finished.output.find(said) != std::string::npos, finished.output, at);
}

}  // namespace

// Somebody signs up with a colleague's address; the colleague gets the mail, and clicks.
Test(address_proof, a_click_alone_verifies_nobody) {
  const auto squatter = sign_up("Squatters");
  const auto other = sign_up();
  const auto token = link_of(squatter);
  {
    Unchanged database;
    expect_problem(Client{}.post(kVerify, object({{"token", token}})), 403, "reauthentication_required");
    expect_problem(other.client().post(kVerify, object({{"token", token}})), 403,
                   "reauthentication_required");
    expect_problem(Client{}.post(kVerify, object({{"token", token}, {"password", "not the password"}})), 403,
                   "reauthentication_required");
    expect_problem(
        Client{}.post(
            kVerify,
            object({{"token", token}, {"password", squatter.password}, {"new_password", kOwnPassword}})),
        422, "validation_failed");
    expect_problem(Client{}.post(kVerify, object({{"token", token}, {"new_password", "password"}})), 422,
                   "password_refused");
    database.check("a click alone");
  }
  // The link is still good, in the session and with the password.
  expect(squatter.client().post(kVerify, object({{"token", token}})), 204);
  require(is_verified(squatter), "in the session");
  expect(Client{}.post(kVerify, object({{"token", link_of(other)}, {"password", other.password}})), 204);
  require(is_verified(other), "with the password");
}

Test(address_proof, guesses_at_the_password_with_a_link_are_counted) {
  const auto account = sign_up();
  const auto token = link_of(account);
  for (int i = 0; i < 5; ++i)
    expect_problem(Client{}.post(kVerify, object({{"token", token}, {"password", "not the password"}})), 403,
                   "reauthentication_required");
  expect_problem(Client{}.post(kVerify, object({{"token", token}, {"password", account.password}})), 403,
                 "reauthentication_required");
  require(!is_verified(account), "by a guess beyond the limit");
}

Test(address_proof, nobody_gets_anothers_address_by_that_ones_click) {
  const auto thief = sign_up("Thieves");
  const auto victim = fresh_email("victim");
  expect(thief.client().post("/api/v1/auth/change-email",
                             object({{"new_email", victim}, {"password", thief.password}})),
         202);
  const auto token = newest_mail(victim, "email_change").token();
  {
    Unchanged database;
    expect_problem(Client{}.post(kVerify, object({{"token", token}})), 403, "reauthentication_required");
    database.check("a click on a change of address");
  }
  // "This was not me" ends the request; the account stays its own.
  expect_problem(Client{}.post(kVerify, object({{"token", token}, {"new_password", kOwnPassword}})), 403,
                 "wrong_account");
  expect_problem(thief.client().post(kVerify, object({{"token", token}})), 400, "token_invalid");
  require_equal(text_of("SELECT email FROM user WHERE id = " + binary(thief.user_id)), thief.email);
  expect(sign_in(thief.email, thief.password), 200);
}

Test(address_proof, who_did_not_sign_up_takes_the_account_and_whoever_did_is_out) {
  const auto squatter = sign_up("Squatters");
  const auto key = make_api_key(squatter, R"(["users:read"])");
  const auto token = link_of(squatter);
  const auto body = object({{"token", token}, {"new_password", kOwnPassword}});
  const auto replies = at_once(4, [&](std::size_t) { return Client{}.post(kVerify, body); });
  int taken = 0;
  for (const auto& reply : replies) {
    if (reply.status == 204) ++taken;
    if (reply.status != 204) expect_problem(reply, 400, "token_invalid");
  }
  require_equal(taken, 1, "takes of one link");
  expect_problem(squatter.client().get("/users/me"), 401, "invalid_token");
  expect_problem(Client{}.post("/refresh_token", object({{"refresh_token", squatter.refresh_token}})), 401,
                 "invalid_token");
  expect_problem(key.client().get("/api/v1/members"), 401, "invalid_token");
  expect_problem(sign_in(squatter.email, squatter.password), 401, "invalid_credentials");
  expect(sign_in(squatter.email, kOwnPassword), 200);
  require(is_verified(squatter), "verified");
}

Test(address_proof, an_import_gives_nothing_to_an_account_that_has_not_proven_its_address) {
  const auto owner = sign_up();
  const auto squatter = sign_up("Squatters");
  const auto rows = squatter.email + ",admin\n";
  const auto organization = std::vector<std::string>{"--organization", owner.org_id};
  {
    Unchanged database;
    expect_said(import(rows, {"--organization", owner.org_id, "--dry-run"}), 0, "0 refused, 1 invited");
    database.check("a dry run");
  }
  expect_said(import(rows, organization), 0, "0 created, 0 joined, 0 skipped, 0 refused, 1 invited");
  require_equal(stored_role(owner.org_id, squatter.user_id), "");
  expect_problem(squatter.client().header("X-Tenant-Id", owner.org_id).get("/api/v1/members"), 404,
                 "not_found");
  // Asked for again, the invitation stands.
  expect_said(import(rows + rows, organization), 0, "2 skipped, 0 refused");
  const auto token = invite_token(squatter.email);
  expect_problem(Client{}.post("/accept_invite", object({{"token", token}})), 422, "password_required");
  expect(Client{}.post("/accept_invite", object({{"token", token}, {"password", kOwnPassword}})), 200);
  require_equal(stored_role(owner.org_id, squatter.user_id), "admin");
  expect_problem(sign_in(squatter.email, squatter.password), 401, "invalid_credentials");
  expect_problem(squatter.client().get("/users/me"), 401, "invalid_token");
}

Test(address_proof, an_import_joins_an_account_that_has) {
  const auto owner = sign_up();
  const auto known = sign_up();
  verify(known);
  // Nobody but its mailbox opens what an administrator has made.
  const auto other = sign_up();
  const auto made = other.client().post(
      "/api/v1/users", object({{"email", fresh_email()}, {"first_name", "Dan"}, {"last_name", "Doe"}}));
  expect(made, 201);
  expect_said(
      import(known.email + ",admin\n" + made.text("/email") + ",viewer\n", {"--organization", owner.org_id}),
      0, "0 created, 2 joined, 0 skipped, 0 refused");
  require_equal(stored_role(owner.org_id, known.user_id), "admin");
  require_equal(stored_role(owner.org_id, made.text("/id")), "viewer");
}

// Of a sign-up and an import of one address, whichever comes first: the one who signed up is no member by it.
Test(address_proof, a_sign_up_that_meets_an_import_gains_nothing) {
  const auto owner = sign_up();
  for (int round = 0; round < 5; ++round) {
    const auto email = fresh_email("raced");
    Response signed_up;
    Finished imported;
    at_once(2, [&](std::size_t i) {
      if (i == 0) signed_up = Client{}.post("/signup", sign_up_body(email, "Squatters"));
      if (i == 1) imported = import(email + ",admin\n", {"--organization", owner.org_id});
      return 0;
    });
    require_equal(imported.status, 0, imported.output);
    if (signed_up.status == 201) {
      require_equal(stored_role(owner.org_id, signed_up.text("/user/id")), "", imported.output);
    } else {
      expect_problem(signed_up, 409, "email_taken");
    }
  }
}

Test(address_proof, an_unverified_account_is_made_neither_super_admin_nor_owner) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner, "admin");
  database().run("UPDATE user SET email_verified_at = NULL WHERE id = " + binary(member.user_id));
  const auto squatter = sign_up("Squatters");
  {
    Unchanged database;
    expect_said(tenantctl({"super-admin", "grant", squatter.email}), 1, "has not verified the address");
    expect_problem(owner.client().post("/api/v1/organizations/" + owner.org_id + "/transfer-ownership",
                                       object({{"user_id", member.user_id}, {"password", owner.password}})),
                   409, "account_unverified");
    expect_problem(give(owner, member, "owner"), 409, "account_unverified");
    expect_problem(owner.client().put("/api/v1/users/" + member.user_id, R"({"role":"owner"})"), 409,
                   "account_unverified");
    database.check("an account that has not verified its address");
  }
  verify(squatter);
  expect_said(tenantctl({"super-admin", "grant", squatter.email}), 0, "is super-admin");
  expect_said(tenantctl({"super-admin", "revoke", squatter.email}), 0, "ordinary account");
}

Test(address_proof, an_unverified_account_founds_no_more_than_ten_organizations) {
  const auto founder = sign_up();
  auto client = founder.client();
  const auto found = [&] {
    return client.post("/api/v1/organizations", object({{"name", fresh_name("Org")}}));
  };
  for (int i = 0; i < 9; ++i) expect(found(), 201);
  {
    Unchanged database;
    expect_problem(found(), 403, "email_unverified");
    database.check("the eleventh organization");
  }
  verify(founder);
  expect(found(), 201);
}
