// Service accounts: what their keys can do, from where, and how they end.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/inventory.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"

using namespace tenantd::test;

namespace {

const std::string kAccounts = "/api/v1/service-accounts";
const std::string kProducts = "/api/v1/products";

std::string account_body(const std::string& access, const std::string& more = "") {
  return R"({"name":")" + fresh_name("robot") + "\"," + access + more + '}';
}
const std::string kReads = R"("permissions":["products:read"])";

// The account's id.
std::string make_account(const Account& owner, const std::string& access = kReads,
                         const std::string& more = "") {
  return expect(owner.client().post(kAccounts, account_body(access, more)), 201).text("/id");
}

Response add_key(const Account& owner, const std::string& account, const std::string& more = "") {
  return owner.client().post(kAccounts + '/' + account + "/keys", R"({"name":"first")" + more + '}');
}

Response rotate(const Account& owner, const std::string& account, const std::string& body = "{}") {
  return owner.client().post(kAccounts + '/' + account + "/rotate-key", body);
}

Client with(const Response& key) {
  Client client;
  client.header("X-Api-Key", expect(key, 201).text("/key"));
  return client;
}

Response change(const Account& owner, const std::string& account, const std::string& body) {
  return owner.client().put(kAccounts + '/' + account, body);
}

std::int64_t refusals_of(const Account& owner) {
  return number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'service_account.refused' AND org_id = " +
                   binary(owner.org_id));
}

// Until what is written behind the reply is there.
void wait_for_refusal(const Account& owner) {
  wait_until("the refusal is told of", [&] { return refusals_of(owner) > 0; });
}

}  // namespace

Test(service_accounts, a_key_does_what_its_account_may_and_is_shown_once) {
  const auto owner = sign_up();
  const auto made = owner.client().post(
      kAccounts, account_body(R"("permissions":["products:read","products:create"])",
                              R"(,"description":"Scanners","networks":["127.0.0.1","2001:DB8::/32"])"));
  expect(made, 201);
  require(!made.header("etag").empty(), "an ETag");
  require_equal(made.text("/networks/0"), "127.0.0.1/32");
  require_equal(made.text("/networks/1"), "2001:db8::/32");
  require_equal(made.size("/effective_permissions"), 2U);
  require_equal(made.text("/status"), "active");
  const auto account = made.text("/id");
  const auto key = add_key(owner, account, R"(,"expires_at":4000000000)");
  const auto text = expect(key, 201).text("/key");
  require(text.starts_with("tnd_") && text.size() == 47, text);
  require_equal(key.text("/service_account_id"), account);
  expect(with(key).get(kProducts), 200);
  const auto product = with(key).post(kProducts, object({{"sku", fresh_name("sku")}, {"name", "Bolt"}}));
  expect(product, 201);
  expect_problem(with(key).get("/api/v1/suppliers"), 403, "forbidden");
  const auto list = owner.client().get(kAccounts + '/' + account + "/keys");
  require_equal(expect(list, 200).size("/items"), 1U);
  require(list.body.find(text) == std::string::npos, "the key is shown once");
  // The list of other keys goes without them, and ends none.
  require_equal(expect(owner.client().get("/api/v1/api-keys"), 200).size("/items"), 0U);
  expect_problem(owner.client().del("/api/v1/api-keys/" + key.text("/id"), ""), 404, "not_found");
  const auto verified = with(key).get("/auth/verify");
  require_equal(expect(verified, 204).header("x-user-id"), "");
  require_equal(verified.header("x-org-id"), owner.org_id);
  const auto shown = owner.client().get(kAccounts + '/' + account);
  require_equal(expect(shown, 200).number("/live_keys"), 1);
  require_equal(shown.number("/next_key_ends_at"), 4'000'000'000);
}

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

Test(service_accounts, last_use_is_noted_with_its_address_once_a_minute) {
  const auto owner = sign_up();
  for (const char* networks : {"", R"(,"networks":["127.0.0.0/8"])"}) {
    const auto account = make_account(owner, kReads, networks);
    const auto key = add_key(owner, account);
    const auto id = binary(key.text("/id"));
    const auto used = [&] {
      return number_of(
          "SELECT COUNT(*) FROM api_key WHERE last_used_at > UNIX_TIMESTAMP() - 60 "
          "AND last_used_address = '127.0.0.1' AND id = " +
          id);
    };
    expect(with(key).get(kProducts), 200);
    wait_until("the use is noted", [&] { return used() == 1; });
    const auto list = owner.client().get(kAccounts + '/' + account + "/keys");
    require_equal(list.text("/items/0/last_used_address"), "127.0.0.1");
    database().run("UPDATE api_key SET last_used_address = '192.0.2.1' WHERE id = " + id);
    expect(with(key).get(kProducts), 200);
    require_equal(used(), 0, "not again within the minute");
  }
}

Test(service_accounts, a_key_outside_its_networks_is_refused_and_told_of_once_an_hour) {
  const auto owner = sign_up();
  const auto account = make_account(owner, R"("permissions":["products:create","products:read"])",
                                    R"(,"networks":["203.0.113.0/24","2001:db8::/32"])");
  const auto key = add_key(owner, account);
  const auto body = object({{"sku", fresh_name("sku")}, {"name", "Bolt"}});
  expect_problem(with(key).post(kProducts, body), 403, "network_refused");
  wait_for_refusal(owner);
  const auto row = newest_audit(owner, "service_account.refused");
  require_equal(row.text("/items/0/resource_id"), account);
  require_equal(row.text("/items/0/address"), "127.0.0.1");
  require_equal(row.text("/items/0/new_values/key_id"), key.text("/id"));
  Unchanged database;
  for (int i = 0; i < 5; ++i) {
    expect_problem(with(key).post(kProducts, body), 403, "network_refused");
    // nginx believes no stranger's word on where a request comes from.
    for (const char* header : {"X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"}) {
      auto client = with(key);
      client.header(header, header == std::string{"Forwarded"} ? "for=203.0.113.7" : "203.0.113.7");
      expect_problem(client.get(kProducts), 403, "network_refused");
    }
  }
  database.check("refused calls");
  require_equal(number_of("SELECT COUNT(*) FROM api_key WHERE last_used_at IS NOT NULL AND id = " +
                          binary(key.text("/id"))),
                0, "a refused call is no use");
}

Test(service_accounts, networks_hold_addresses_however_they_are_spelled_and_count_on_what_is_remembered) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  stack.trust_local_proxy();
  const auto owner = sign_up();
  const auto account = make_account(owner, kReads, R"(,"networks":["203.0.113.0/24","2001:db8:7::/48"])");
  const auto key = add_key(owner, account);
  const auto from = [&](const std::string& address) {
    auto client = with(key);
    client.header("X-Forwarded-For", address);
    return client.get(kProducts);
  };
  // In turns, so that what was remembered of one is asked of the next.
  for (int turn = 0; turn < 3; ++turn) {
    for (const char* in : {"203.0.113.7", "::ffff:203.0.113.9", "2001:db8:7::9"}) expect(from(in), 200);
    for (const char* out :
         {"203.0.114.7", "::ffff:203.0.114.9", "::203.0.113.7", "2001:db8:8::9", "192.0.2.1"})
      expect_problem(from(out), 403, "network_refused");
  }
  expect(change(owner, account, R"({"networks":["::/0"]})"), 200);
  expect_problem(from("203.0.113.7"), 403, "network_refused");
  expect_problem(from("::ffff:203.0.113.7"), 403, "network_refused");
  expect(from("2001:db8:8::9"), 200);
  expect(change(owner, account, R"({"networks":[]})"), 200);
  expect(from("203.0.114.7"), 200);
}

Test(service_accounts, what_is_no_network_is_refused_at_its_place) {
  const auto owner = sign_up();
  Unchanged database;
  for (const char* typed :
       {"10.0.0.1/8", "10.0.0.0/33", "example.com", "::ffff:0:0/90", "10.0.0.0/8,0.0.0.0/0"}) {
    const auto reply = owner.client().post(
        kAccounts, account_body(kReads, R"(,"networks":["192.0.2.0/24",")" + std::string{typed} + "\"]"));
    expect_pointer(expect_problem(reply, 422, "validation_failed"), "/networks/1");
  }
  std::string many;
  for (int i = 0; i < 21; ++i) many += (i == 0 ? "\"10.0.0." : ",\"10.0.0.") + std::to_string(i) + '"';
  expect_problem(owner.client().post(kAccounts, account_body(kReads, R"(,"networks":[)" + many + ']')), 422,
                 "validation_failed");
  database.check("refused networks");
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

Test(service_accounts, rotation_lets_both_keys_work_until_the_old_one_ends) {
  const auto owner = sign_up();
  const auto account = make_account(owner);
  const auto old = add_key(owner, account);
  expect(with(old).get(kProducts), 200);
  const auto end = number_of("SELECT UNIX_TIMESTAMP() + 3600");
  const auto fresh = rotate(owner, account, object({{"old_keys_end_at", end}}));
  require_equal(expect(fresh, 201).text("/name"), "first");
  expect(with(old).get(kProducts), 200);
  expect(with(fresh).get(kProducts), 200);
  require_equal(number_of("SELECT expires_at FROM api_key WHERE id = " + binary(old.text("/id"))), end);
  const auto row = newest_audit(owner, "service_account.rotated");
  require_equal(row.number("/items/0/new_values/old_keys"), 1);
  require_equal(row.number("/items/0/new_values/old_keys_end_at"), end);
  // A later rotation moves no end away.
  expect(rotate(owner, account, object({{"name", "third"}, {"old_keys_end_at", end + 3600}})), 201);
  require_equal(number_of("SELECT expires_at FROM api_key WHERE id = " + binary(old.text("/id"))), end);
  require_equal(number_of("SELECT expires_at FROM api_key WHERE id = " + binary(fresh.text("/id"))),
                end + 3600);
  // At once.
  const auto now = rotate(owner, account, object({{"old_keys_end_at", 0}}));
  expect(now, 201);
  for (const auto* gone : {&old, &fresh}) expect_problem(with(*gone).get(kProducts), 401, "invalid_token");
  expect(with(now).get(kProducts), 200);
  Unchanged database;
  const auto late = rotate(owner, account, object({{"old_keys_end_at", end + 400 * 86400}}));
  expect_pointer(expect_problem(late, 422, "validation_failed"), "/old_keys_end_at");
  expect_pointer(
      expect_problem(rotate(owner, account, object({{"expires_at", 1}})), 422, "validation_failed"),
      "/expires_at");
  database.check("refused rotations");
}

Test(service_accounts, of_ten_rotations_at_once_as_many_succeed_as_keys_fit) {
  const auto owner = sign_up();
  const auto account = make_account(owner);
  expect(add_key(owner, account), 201);
  const auto statuses = at_once(10, [&](std::size_t) { return rotate(owner, account).status; });
  require_equal(std::ranges::count(statuses, 201), 4);
  require_equal(std::ranges::count(statuses, 409), 6);
  require_equal(number_of("SELECT COUNT(*) FROM api_key WHERE account_id = " + binary(account)), 5);
  expect_problem(rotate(owner, account), 409, "limit_reached");
}

Test(service_accounts, an_account_has_five_keys_that_work_however_many_are_asked_for_at_once) {
  const auto owner = sign_up();
  const auto account = make_account(owner);
  const auto statuses = at_once(10, [&](std::size_t) { return add_key(owner, account).status; });
  require_equal(std::ranges::count(statuses, 201), 5);
  require_equal(std::ranges::count(statuses, 409), 5);
  // What has ended takes no place.
  database().run("UPDATE api_key SET expires_at = UNIX_TIMESTAMP() - 1 WHERE account_id = " +
                 binary(account));
  expect(add_key(owner, account), 201);
  require_equal(number_of("SELECT COUNT(*) FROM api_key WHERE account_id = " + binary(account)), 1);
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
