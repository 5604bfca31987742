// Amounts from which an approval takes a higher role.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/parallel.hpp"
#include "support/purchasing.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kThresholds = "/api/v1/purchase-requests/thresholds";

std::string threshold(const std::string& currency, const std::string& amount, const std::string& role) {
  return R"({"currency":")" + currency + R"(","above_minor":)" + amount + R"(,"role_id":")" + role + "\"}";
}

std::string thresholds(const std::vector<std::string>& all) {
  std::string list;
  for (const auto& each : all) list += (list.empty() ? "" : ",") + each;
  return "{\"thresholds\":[" + list + "]}";
}

void set(const Account& owner, const std::vector<std::string>& all) {
  expect(owner.client().put(kThresholds, thresholds(all)), 200);
}

}  // namespace

Test(thresholds, from_the_amount_on_an_approver_holds_the_role_or_one_that_covers_it) {
  const Purchasing shop;
  const auto admin = invite_and_accept(shop.owner, "admin");
  set(shop.owner, {threshold("EUR", "1000", role_id(shop.owner, "admin"))});
  const auto of = [&](const char* price) {
    return submitted(
        shop.member,
        purchase_body({purchase_line(shop.bolt, "10", R"(,"unit_price_minor":)" + std::string{price})}));
  };
  expect(take(shop.manager, of("99"), "approve"), 200);
  const auto at = of("100");
  const auto over = of("5000");
  Unchanged database;
  expect_problem(take(shop.manager, at, "approve"), 403, "approval_limit");
  expect_problem(take(shop.manager, over, "approve"), 403, "approval_limit");
  database.check("over the limit");
  // Saying no takes no higher role.
  expect(take(shop.manager, of("5000"), "reject"), 200);
  expect(take(admin, at, "approve"), 200);
  expect(take(shop.owner, over, "approve"), 200);
}

Test(thresholds, a_key_approves_what_its_own_permissions_cover) {
  const Purchasing shop;
  set(shop.owner, {threshold("EUR", "100", role_id(shop.owner, "manager"))});
  const auto path = submitted(shop.member, shop.body());
  const auto key = make_api_key(shop.owner, R"(["purchase_requests:approve"])");
  expect_problem(key.client().post(path + "/approve"), 403, "approval_limit");
  expect(take(shop.owner, path, "approve"), 200);
}

Test(thresholds, what_cannot_be_compared_wants_every_thresholds_role) {
  const Purchasing shop;
  set(shop.owner, {threshold("EUR", "1000000", role_id(shop.owner, "owner"))});
  const auto priceless = make_product(shop.owner);
  const auto one = [&](const std::string& line, const std::string& more = "") {
    return submitted(shop.member, purchase_body({line}, more));
  };
  const auto unpriced = one(purchase_line(priceless, "1"));
  const auto no_currency = one(purchase_line(priceless, "1", R"(,"unit_price_minor":1)"));
  const auto other_currency =
      one(purchase_line(priceless, "1", R"(,"unit_price_minor":1)"), R"(,"currency":"USD")");
  for (const auto& path : {unpriced, no_currency, other_currency}) {
    expect_problem(take(shop.manager, path, "approve"), 403, "approval_limit");
    expect(take(shop.owner, path, "approve"), 200);
  }
  expect(take(shop.manager, submitted(shop.member, shop.body()), "approve"), 200);
}

Test(thresholds, are_replaced_as_a_whole_and_told) {
  const Purchasing shop;
  auto owner = shop.owner.client();
  require_equal(expect(owner.get(kThresholds), 200).size("/thresholds"), 0U);
  const auto admin = role_id(shop.owner, "admin");
  const auto manager = role_id(shop.owner, "manager");
  set(shop.owner,
      {threshold("USD", "5", admin), threshold("EUR", "7", admin), threshold("EUR", "0", manager)});
  const auto read = owner.get(kThresholds);
  expect(read, 200);
  require_equal(read.text("/thresholds/0/currency"), "EUR");
  require_equal(read.number("/thresholds/0/above_minor"), 0);
  require_equal(read.text("/thresholds/0/role_id"), manager);
  require_equal(read.text("/thresholds/2/currency"), "USD");
  set(shop.owner, {});
  require_equal(expect(owner.get(kThresholds), 200).size("/thresholds"), 0U);
  require_equal(
      number_of(
          "SELECT COUNT(*) FROM event WHERE type = 'purchase_request.thresholds_changed' AND org_id = " +
          binary(shop.owner.org_id)),
      2);
  expect_problem(shop.manager.client().put(kThresholds, thresholds({})), 403, "forbidden");
  expect_problem(shop.manager.client().get(kThresholds), 403, "forbidden");
}

Test(thresholds, name_roles_of_the_organization_and_amounts_once) {
  const Purchasing shop;
  const auto admin = role_id(shop.owner, "admin");
  const auto foreign = role_id(sign_up(), "admin");
  auto owner = shop.owner.client();
  set(shop.owner, {threshold("EUR", "7", admin)});
  Unchanged database;
  const auto refused = [&](const std::vector<std::string>& all, const char* pointer) {
    const auto reply = owner.put(kThresholds, thresholds(all));
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, pointer);
  };
  const auto fine = threshold("EUR", "7", admin);
  refused({fine, threshold("EUR", "8", foreign)}, "/thresholds/1/role_id");
  refused({fine, threshold("EUR", "8", fresh_id())}, "/thresholds/1/role_id");
  refused({fine, threshold("EUR", "8", std::string(36, 'x'))}, "/thresholds/1/role_id");
  refused({fine, fine}, "/thresholds/1/above_minor");
  refused({threshold("euro", "7", admin)}, "/thresholds/0/currency");
  for (const char* amount : {"-1", "1.5", "\"1\"", "9223372036854775808", "null"})
    refused({threshold("EUR", amount, admin)}, "/thresholds/0/above_minor");
  refused(std::vector<std::string>(51, fine), "/thresholds");
  database.check("thresholds that make no sense");
}

Test(thresholds, keep_the_roles_that_they_name) {
  const Purchasing shop;
  auto owner = shop.owner.client();
  const auto made = make_role(shop.owner, "buyer", R"(["purchase_requests:approve"])");
  expect(made, 201);
  set(shop.owner, {threshold("EUR", "7", made.text("/id"))});
  {
    Unchanged database;
    expect_problem(owner.del(path_of(made), ""), 409, "role_in_use");
    database.check("a role that is named");
  }
  set(shop.owner, {});
  expect(owner.del(path_of(made), ""), 204);
}

Test(thresholds, a_role_is_removed_or_named_but_never_both, .timeout = 120) {
  const Purchasing shop;
  for (int round = 0; round < 10; ++round) {
    const auto made = make_role(shop.owner, fresh_name("buyer"), "[]");
    const auto path = path_of(made);
    const auto id = expect(made, 201).text("/id");
    const auto replies = at_once(2, [&](std::size_t i) {
      auto client = shop.owner.client();
      return i == 0 ? client.del(path, "") : client.put(kThresholds, thresholds({threshold("EUR", "7", id)}));
    });
    if (replies[0].status == 204) {
      expect_problem(replies[1], 422, "validation_failed");
    } else {
      expect_problem(replies[0], 409, "role_in_use");
      expect(replies[1], 200);
    }
    set(shop.owner, {});
  }
}
