// What an organization may have of a kind, and what is kept for a caller: whoever comes to the limit is
// refused, however many come at once, and nothing changes.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/inventory.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/projects.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

// An instance where little fits.
struct Tight {
  Tight() {
    stack.take_the_suites_place();
    owner = sign_up();
  }
  PrivateStack stack{{"API_KEYS_PER_ORGANIZATION=3", "ROLES_PER_ORGANIZATION=8",
                      "WEBHOOKS_PER_ORGANIZATION=3", "INVITES_PER_ORGANIZATION=3", "IDEMPOTENCY_BYTES=65536",
                      "RATE_WRITE=10000"}};
  Account owner;
};

Response make_key(const Account& owner) {
  return owner.client().post("/api/v1/api-keys", object({{"name", fresh_name("key")},
                                                         {"permissions", Field::raw(R"(["users:read"])")}}));
}

Response make_hook(const Account& owner) {
  return owner.client().post(
      "/api/v1/webhooks",
      object({{"url", "https://127.9.9.9/"}, {"events", Field::raw(R"(["*"])")}, {"status", "paused"}}));
}

void expect_limit(const Response& reply, const std::string& kind,
                  const std::source_location& at = std::source_location::current()) {
  expect_problem(reply, 409, "limit_reached", at);
  require_equal(reply.text("/limit"), kind, "the limit", at);
}

// Of eight that come at once three get in; the next one changes nothing; where one has gone another gets in.
void expect_three(const std::string& kind, const std::function<Response()>& make,
                  const std::function<void()>& remove_one) {
  std::size_t made = 0;
  for (const auto& reply : at_once(8, [&](std::size_t) { return make(); })) {
    if (reply.status == 201)
      ++made;
    else
      expect_limit(reply, kind);
  }
  require_equal(made, 3U, kind);
  {
    Unchanged database;
    expect_limit(make(), kind);
    database.check(kind);
  }
  remove_one();
  expect(make(), 201);
  expect_limit(make(), kind);
}

// As if the organization had so many.
void have(const Account& owner, const std::string& kind, std::int64_t amount) {
  database().run("REPLACE INTO organization_count (org_id, kind, amount) VALUES (" + binary(owner.org_id) +
                 ", " + literal(kind) + ", " + std::to_string(amount) + ')');
}

}  // namespace

Test(budgets, of_keys_roles_webhooks_and_invitations_that_come_at_once_as_many_get_in_as_fit,
     .timeout = 180) {
  Tight tight;
  const auto& owner = tight.owner;
  const auto end_one = [&](const std::string& path, const std::string& place) {
    const auto list = owner.client().get(path);
    expect(owner.client().del(path + '/' + list.text("/items/" + place + "/id"), ""), 204);
  };
  expect_three(
      "api_keys", [&] { return make_key(owner); }, [&] { end_one("/api/v1/api-keys", "0"); });
  expect_three(
      "roles", [&] { return make_role(owner, fresh_name("role"), "[]"); },
      [&] { end_one("/api/v1/roles", "7"); });
  expect_three(
      "webhooks", [&] { return make_hook(owner); }, [&] { end_one("/api/v1/webhooks", "0"); });
  expect_three(
      "invites", [&] { return invite(owner, fresh_email()); }, [&] { end_one("/api/v1/invites", "0"); });
  // Another organization has places of its own.
  expect(make_key(sign_up()), 201);
}

Test(budgets, an_invitation_that_is_answered_gives_its_place_back, .timeout = 180) {
  Tight tight;
  const auto first = invite_and_accept(tight.owner);
  for (int i = 0; i < 3; ++i) expect(invite(tight.owner, fresh_email()), 201);
  expect_limit(invite(tight.owner, fresh_email()), "invites");
}

Test(budgets, what_an_organization_keeps_has_a_fixed_limit_on_every_way_in) {
  const auto owner = sign_up();
  const auto supplier = [&] { return owner.client().post("/api/v1/suppliers", object({{"name", "S"}})); };
  const auto warehouse = [&] { return owner.client().post("/api/v1/warehouses", object({{"name", "W"}})); };
  const auto product = [&] {
    return owner.client().post("/api/v1/products", object({{"sku", fresh_name("P")}, {"name", "P"}}));
  };
  const auto import = [&] {
    return send_file(owner, "/api/v1/products/import", "sku,name\n" + fresh_name("I") + ",P\n");
  };
  const auto project = [&] { return owner.client().post("/api/v1/projects", object({{"name", "P"}})); };
  struct Way {
    const char* kind;
    std::int64_t most;
    std::function<Response()> make;
  };
  for (const auto& [kind, most, make] :
       {Way{"suppliers", 100'000, supplier}, Way{"warehouses", 10'000, warehouse},
        Way{"products", 1'000'000, product}, Way{"products", 1'000'000, import},
        Way{"projects", 100'000, project}}) {
    have(owner, kind, most - 1);
    require(make().status / 100 == 2, std::string{kind} + ": the last place");
    const auto kept =
        number_of("SELECT SUM(amount) FROM organization_count WHERE org_id = " + binary(owner.org_id));
    const auto events = number_of("SELECT event_seq FROM change_head WHERE org_id = " + binary(owner.org_id));
    have(owner, kind, most);
    expect_limit(make(), kind);
    require_equal(
        number_of("SELECT SUM(amount) FROM organization_count WHERE org_id = " + binary(owner.org_id)), kept,
        kind);
    require_equal(number_of("SELECT event_seq FROM change_head WHERE org_id = " + binary(owner.org_id)),
                  events, kind);
    have(owner, kind, 1);
  }
}

Test(budgets, what_goes_is_counted_off) {
  const Stockroom room;
  const auto counted = [&](const std::string& kind) {
    return number_of("SELECT amount FROM organization_count WHERE kind = " + literal(kind) +
                     " AND org_id = " + binary(room.owner.org_id));
  };
  require_equal(counted("warehouses"), 2);
  expect(room.owner.client().del("/api/v1/warehouses/" + room.south, ""), 204);
  require_equal(counted("warehouses"), 1);
  expect(room.owner.client().del("/api/v1/products/" + room.bolt, ""), 204);
  require_equal(counted("products"), 0);
}

Test(budgets, replies_of_one_caller_are_kept_up_to_a_size_and_the_oldest_are_forgotten, .timeout = 180) {
  Tight tight;
  const auto stranger = sign_up();
  const auto make = [](const Account& account, const std::string& key) {
    return account.client()
        .header("Idempotency-Key", key)
        .post("/api/v1/warehouses", object({{"name", key}, {"address", std::string(500, 'x')}}));
  };
  expect(make(stranger, "first"), 201);
  constexpr int kMany = 80;
  expect(make(tight.owner, "first"), 201);
  for (int i = 0; i < kMany; ++i) {
    // Of the same second all are equally old: which of them goes is not said.
    database().run("UPDATE idempotency SET expires_at = expires_at - 1");
    expect(make(tight.owner, "key-" + std::to_string(i)), 201);
  }
  require(
      number_of("SELECT MAX(b) FROM (SELECT SUM(bytes) AS b FROM idempotency GROUP BY caller) c") <= 65536,
      "more is kept");
  const auto callers = number_of("SELECT COUNT(DISTINCT caller) FROM idempotency");
  const auto of_owner = make_api_key(tight.owner, R"(["products:create"])");
  expect(of_owner.client()
             .header("Idempotency-Key", "by-key")
             .post("/api/v1/products", object({{"sku", "K"}, {"name", "K"}})),
         201);
  require_equal(number_of("SELECT COUNT(DISTINCT caller) FROM idempotency"), callers,
                "a key's are its maker's");
  const auto last = make(tight.owner, "key-" + std::to_string(kMany - 1));
  require_equal(last.header("idempotency-replayed"), "true");
  require_equal(make(stranger, "first").header("idempotency-replayed"), "true", "another's");
  const auto again = make(tight.owner, "first");
  expect(again, 201);
  require_equal(again.header("idempotency-replayed"), "", "the oldest");
}

// Who is not signed in makes up cookies and bodies at will: the replies of a network count together.
Test(budgets, replies_of_an_anonymous_network_are_kept_up_to_a_size, .timeout = 180) {
  const Tight tight;
  for (int i = 0; i < 130; ++i) {
    const auto reply = Client{}
                           .header("Idempotency-Key", "key")
                           .header("Cookie", "a=" + std::to_string(i))
                           .post("/api/v1/auth/password-reset/request", object({{"email", fresh_email()}}));
    expect(reply, 202);
    require_equal(reply.header("idempotency-replayed"), "");
  }
  require(number_of("SELECT COUNT(*) FROM idempotency") > 50, "nothing is kept");
  require(number_of("SELECT SUM(bytes) FROM idempotency") <= 65536, "more is kept");
}
