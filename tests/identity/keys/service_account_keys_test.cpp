// The keys of service accounts: what they can do, from where, how many work, and how they are replaced.
#include <criterion/criterion.h>

#include "identity/keys/service_account_fixture.hpp"

using namespace tenantd::test;

namespace {

std::int64_t refusals_of(const Account& owner) {
  return number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'service_account.refused' AND org_id = " +
                   binary(owner.org_id));
}

// Until what is written behind the reply is there.
void wait_for_refusal(const Account& owner) {
  wait_until("the refusal is told of", [&] { return refusals_of(owner) > 0; });
}

}  // namespace

Test(service_account_keys, a_key_does_what_its_account_may_and_is_shown_once) {
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

Test(service_account_keys, last_use_is_noted_with_its_address_once_a_minute) {
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

Test(service_account_keys, a_key_outside_its_networks_is_refused_and_told_of_once_an_hour) {
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

Test(service_account_keys, networks_hold_addresses_however_they_are_spelled_and_count_on_what_is_remembered) {
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

Test(service_account_keys, what_is_no_network_is_refused_at_its_place) {
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

Test(service_account_keys, rotation_lets_both_keys_work_until_the_old_one_ends) {
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

Test(service_account_keys, of_ten_rotations_at_once_as_many_succeed_as_keys_fit) {
  const auto owner = sign_up();
  const auto account = make_account(owner);
  expect(add_key(owner, account), 201);
  const auto statuses = at_once(10, [&](std::size_t) { return rotate(owner, account).status; });
  require_equal(std::ranges::count(statuses, 201), 4);
  require_equal(std::ranges::count(statuses, 409), 6);
  require_equal(number_of("SELECT COUNT(*) FROM api_key WHERE account_id = " + binary(account)), 5);
  expect_problem(rotate(owner, account), 409, "limit_reached");
}

Test(service_account_keys, an_account_has_five_keys_that_work_however_many_are_asked_for_at_once) {
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
