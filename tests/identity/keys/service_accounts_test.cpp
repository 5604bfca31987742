// Service accounts: who sets up what, and how they end.
#include <criterion/criterion.h>

#include "identity/keys/service_account_fixture.hpp"

using namespace tenantd::test;

Test(service_accounts, audit_rows_name_the_account_beside_who_made_the_key) {
  const auto owner = sign_up();
  const auto account =
      make_account(owner, R"("permissions":["products:create"])", R"(,"description":"as root@example.com")");
  const auto key = add_key(owner, account);
  expect(with(key).post(kProducts, object({{"sku", fresh_name("sku")}, {"name", "Bolt"}})), 201);
  const auto row = newest_audit(owner, "product.created");
  require_equal(row.text("/items/0/api_key_id"), key.text("/id"));
  require_equal(row.text("/items/0/effective_user/id"), account);
  const auto name = text_of("SELECT name FROM service_account WHERE id = " + binary(account));
  require_equal(row.text("/items/0/effective_user/email"), "service account " + name);
  require_equal(row.text("/items/0/actor/id"), owner.user_id);
  const auto of_key = newest_audit(owner, "api_key.created");
  require_equal(of_key.text("/items/0/new_values/service_account_id"), account);
  require_equal(of_key.text("/items/0/new_values/key"), "***");
}

Test(service_accounts, whatever_ends_or_shrinks_an_account_counts_on_the_next_request) {
  const auto owner = sign_up();
  expect(owner.client().post("/api/v1/roles", R"({"name":"reader","permissions":["products:read"]})"), 201);
  const auto account = make_account(owner, R"("role":"reader")");
  const auto key = add_key(owner, account);
  expect(with(key).get(kProducts), 200);
  // The role's permission, away and back.
  const auto roles = owner.client().get("/api/v1/roles?limit=200");
  std::string role_path;
  for (std::size_t i = 0; i < roles.size("/items"); ++i)
    if (roles.text("/items/" + std::to_string(i) + "/name") == "reader")
      role_path = "/api/v1/roles/" + roles.text("/items/" + std::to_string(i) + "/id");
  expect(owner.client().put(role_path, R"({"name":"reader","permissions":["suppliers:read"]})"), 200);
  expect_problem(with(key).get(kProducts), 403, "forbidden");
  expect(with(key).get("/api/v1/suppliers"), 200);
  expect(owner.client().put(role_path, R"({"name":"reader","permissions":["products:read"]})"), 200);
  expect(with(key).get(kProducts), 200);
  expect_problem(owner.client().del(role_path, ""), 409, "role_in_use");
  // Disabled and enabled.
  expect(change(owner, account, R"({"status":"disabled"})"), 200);
  expect_problem(with(key).get(kProducts), 401, "invalid_token");
  expect(change(owner, account, R"({"status":"active"})"), 200);
  expect(with(key).get(kProducts), 200);
  // Permissions of its own take the role's place.
  const auto changed = change(owner, account, R"({"permissions":["suppliers:read"]})");
  require(expect(changed, 200).at("/role").IsNull(), "no role any more");
  expect_problem(with(key).get(kProducts), 403, "forbidden");
  expect(owner.client().del(role_path, ""), 204);
  // One key, then the account.
  const auto second = add_key(owner, account);
  expect(with(second).get("/api/v1/suppliers"), 200);
  expect(owner.client().del(kAccounts + '/' + account + "/keys/" + key.text("/id"), ""), 204);
  expect_problem(with(key).get("/api/v1/suppliers"), 401, "invalid_token");
  expect(with(second).get("/api/v1/suppliers"), 200);
  expect(owner.client().del(kAccounts + '/' + account, ""), 204);
  expect_problem(with(second).get("/api/v1/suppliers"), 401, "invalid_token");
  require_equal(number_of("SELECT COUNT(*) FROM api_key WHERE org_id = " + binary(owner.org_id)), 0);
  // The organization's end.
  const auto last = add_key(owner, make_account(owner));
  expect(with(last).get(kProducts), 200);
  expect(owner.client().del("/api/v1/organizations/" + owner.org_id, object({{"name", name_of(owner)}})),
         204);
  expect_problem(with(last).get(kProducts), 401, "invalid_token");
}

Test(service_accounts, it_stays_when_its_maker_goes) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto key = add_key(admin, make_account(admin));
  expect(owner.client().del("/delete", object({{"user_id", admin.user_id}})), 204);
  expect(with(key).get(kProducts), 200);
}

Test(service_accounts, nobody_sets_up_more_than_they_hold) {
  const auto owner = sign_up();
  expect(owner.client().post("/api/v1/roles",
                             R"({"name":"keeper","permissions":["api_keys:manage","products:read"]})"),
         201);
  const auto keeper = invite_and_accept(owner, "keeper");
  const auto manager = invite_and_accept(owner, "manager");
  const auto above = make_account(owner, R"("permissions":["products:read","stock:create"])");
  const auto own = make_account(keeper);
  const auto key = add_key(owner, above);
  expect(key, 201);
  Unchanged database;
  for (const char* access :
       {R"("permissions":["products:create"])", R"("role":"manager")", R"("role":"owner")"}) {
    expect_problem(keeper.client().post(kAccounts, account_body(access)), 403, "role_outranks");
    expect_problem(change(keeper, own, '{' + std::string{access} + '}'), 403, "role_outranks");
  }
  // Another's account that may more: neither its networks nor its keys.
  expect_problem(change(keeper, above, R"({"networks":[]})"), 403, "role_outranks");
  expect_problem(change(keeper, above, R"({"permissions":["products:read"]})"), 403, "role_outranks");
  expect_problem(add_key(keeper, above), 403, "role_outranks");
  expect_problem(rotate(keeper, above), 403, "role_outranks");
  expect_problem(keeper.client().del(kAccounts + '/' + above, ""), 403, "role_outranks");
  expect_problem(keeper.client().del(kAccounts + '/' + above + "/keys/" + key.text("/id"), ""), 403,
                 "role_outranks");
  // Rights over people stay with people.
  for (const char* permission : {"users:invite", "roles:assign", "api_keys:manage", "products:delete"})
    expect_pointer(
        expect_problem(owner.client().post(
                           kAccounts, account_body(R"("permissions":[")" + std::string{permission} + "\"]")),
                       422, "validation_failed"),
        "/permissions");
  for (const char* access :
       {R"("role":"manager","permissions":["products:read"])", R"("description":"")", R"("role":"nobody")"})
    expect_problem(owner.client().post(kAccounts, account_body(access)), 422, "validation_failed");
  expect_problem(manager.client().get(kAccounts), 403, "forbidden");
  // No key makes one.
  expect_problem(with(key).get(kAccounts), 403, "session_required");
  expect_problem(with(key).post(kAccounts + '/' + above + "/rotate-key", "{}"), 403, "session_required");
  database.check("refused set-ups");
}

Test(service_accounts, a_role_that_holds_more_gives_keys_what_keys_of_an_organization_may_hold) {
  const auto owner = sign_up();
  const auto account = make_account(owner, R"("role":"admin")");
  const auto key = add_key(owner, account);
  expect(with(key).get(kProducts), 200);
  expect_problem(with(key).post("/api/v1/roles", R"({"name":"x","permissions":[]})"), 403, "forbidden");
  expect_problem(with(key).post("/api/v1/invites", object({{"email", fresh_email()}, {"role", "member"}})),
                 403, "forbidden");
  expect_problem(with(key).get(kAccounts), 403, "session_required");
}

Test(service_accounts, a_role_with_an_end_sets_up_none) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto account = make_account(owner);
  expect(owner.client().put("/api/v1/members/" + admin.user_id + "/role",
                            object({{"new_role_name", "admin"},
                                    {"expires_at", number_of("SELECT UNIX_TIMESTAMP() + 3600")}})),
         200);
  Unchanged database;
  expect_problem(admin.client().post(kAccounts, account_body(kReads)), 403, "temporary_right");
  expect_problem(change(admin, account, R"({"networks":[]})"), 403, "temporary_right");
  expect_problem(add_key(admin, account), 403, "temporary_right");
  expect_problem(rotate(admin, account), 403, "temporary_right");
  database.check("a right with an end");
}

Test(service_accounts, another_organizations_account_and_keys_are_not_found) {
  const auto owner = sign_up();
  const auto account = make_account(owner);
  const auto key = add_key(owner, account);
  const auto stranger = sign_up();
  const auto theirs = make_account(stranger);
  const auto path = kAccounts + '/' + account;
  Unchanged database;
  expect_problem(stranger.client().get(path), 404, "not_found");
  expect_problem(stranger.client().get(path + "/keys"), 404, "not_found");
  expect_problem(change(stranger, account, R"({"status":"disabled"})"), 404, "not_found");
  expect_problem(stranger.client().del(path, ""), 404, "not_found");
  expect_problem(add_key(stranger, account), 404, "not_found");
  expect_problem(rotate(stranger, account), 404, "not_found");
  expect_problem(stranger.client().del(path + "/keys/" + key.text("/id"), ""), 404, "not_found");
  // Nor another account's key of the same organization, or ours by their account.
  expect_problem(stranger.client().del(kAccounts + '/' + theirs + "/keys/" + key.text("/id"), ""), 404,
                 "not_found");
  database.check("another organization's account");
  expect(with(key).get(kProducts), 200);
}

Test(service_accounts, a_stale_etag_and_a_name_that_is_taken_are_refused) {
  const auto owner = sign_up();
  const auto made = owner.client().post(kAccounts, account_body(kReads));
  const auto other = owner.client().post(kAccounts, account_body(kReads));
  const auto path = kAccounts + '/' + made.text("/id");
  auto client = owner.client();
  client.header("If-Match", expect(made, 201).header("etag"));
  expect(client.put(path, R"({"description":"one"})"), 200);
  Unchanged database;
  expect_problem(client.put(path, R"({"description":"two"})"), 412, "precondition_failed");
  const auto taken = object({{"name", other.text("/name")}});
  expect_problem(owner.client().put(path, taken), 409, "conflict");
  expect_problem(owner.client().post(kAccounts, R"({"name":")" + other.text("/name") + "\"," + kReads + '}'),
                 409, "conflict");
  database.check("refused changes");
}

Test(service_accounts, an_organization_has_a_hundred) {
  const auto owner = sign_up();
  const auto first = make_account(owner);
  std::string rows;
  for (int i = 0; i < 98; ++i)
    rows += std::string{i == 0 ? "" : ","} + '(' + binary(owner.org_id) + ", RANDOM_BYTES(16), 'r" +
            std::to_string(i) + "', 'products:read', 1, 1)";
  database().run(
      "INSERT INTO service_account (org_id, id, name, permissions, created_at, updated_at) VALUES " + rows);
  const auto statuses =
      at_once(4, [&](std::size_t) { return owner.client().post(kAccounts, account_body(kReads)).status; });
  require_equal(std::ranges::count(statuses, 201), 1);
  expect_problem(owner.client().post(kAccounts, account_body(kReads)), 409, "limit_reached");
  expect(owner.client().del(kAccounts + '/' + first, ""), 204);
  expect(owner.client().post(kAccounts, account_body(kReads)), 201);
}
