// The rules of purchase requests.
#include <criterion/criterion.h>

#include <limits>

#include "support/check.hpp"
#include "tenantd/domain/purchase_request.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

RoleId role(std::uint8_t last) {
  UuidBytes bytes{};
  bytes[15] = last;
  return RoleId{bytes};
}

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

}  // namespace

Test(purchase_rules, each_step_leads_from_one_status_to_the_next) {
  using enum PurchaseStatus;
  require(may_take(PurchaseStep::submit, draft), "a draft is submitted");
  for (const auto step : {PurchaseStep::withdraw, PurchaseStep::approve, PurchaseStep::reject})
    require(may_take(step, status_after(PurchaseStep::submit)), "then withdrawn, approved or rejected");
  require(status_after(PurchaseStep::withdraw) == draft, "what is withdrawn is a draft");
  require(may_take(PurchaseStep::receive, status_after(PurchaseStep::approve)), "then received");
  require(may_take(PurchaseStep::receive, partially_received), "until all is there");
  // Each step follows on nothing else, and nothing leads on from what was rejected or received.
  int allowed = 0;
  for (const auto step : {PurchaseStep::submit, PurchaseStep::withdraw, PurchaseStep::approve,
                          PurchaseStep::reject, PurchaseStep::receive}) {
    for (const auto status : {draft, submitted, approved, rejected, received, partially_received})
      allowed += may_take(step, status) ? 1 : 0;
    require(!may_take(step, rejected) && !may_take(step, received), "an end is an end");
  }
  require_equal(allowed, 6);
}

Test(purchase_rules, a_status_is_known_by_name_and_number) {
  for (int i = 0; i < 6; ++i) {
    const auto status = static_cast<PurchaseStatus>(i);
    require(parse_purchase_status(purchase_status_name(status)) == status, "name");
    require(parse_purchase_status(std::to_string(i)) == status, "number");
  }
  for (const char* text : {"", "6", "-1", "Draft", "draft "}) require(!parse_purchase_status(text), text);
}

Test(purchase_rules, totals_are_exact_and_never_wrap) {
  require(add_line(0, 3, 12) == 36, "3 of 12");
  require(add_line(36, 5, std::nullopt) == 36, "no price");
  require(add_line(0, 1, kMostMinor) == kMostMinor, "the most");
  require(!add_line(1, 1, kMostMinor), "one more");
  require(!add_line(0, 2, kMostMinor), "twice the most");
  require(!add_line(0, 1'000'000'000'000'000, kMostMinor), "beyond 2^63");
  require(!add_line(0, kMost, kMost), "far beyond");
  require(!add_line(kMostMinor, kMost, 1), "a sum beyond");
}

Test(purchase_rules, an_amount_wants_the_roles_at_or_under_it_in_its_currency) {
  const std::vector<ApprovalThreshold> thresholds{
      {"EUR", 1000, role(1)}, {"EUR", 5000, role(2)}, {"USD", 700, role(3)}};
  const auto wanted = [&](const PurchaseAmount& amount) {
    std::string roles;
    for (const auto& id : wanted_roles(thresholds, amount)) roles += std::to_string(id.bytes()[15]);
    return roles;
  };
  require_equal(wanted({"EUR", 999, true}), "");
  require_equal(wanted({"EUR", 1000, true}), "1");
  require_equal(wanted({"EUR", 5000, true}), "12");
  require_equal(wanted({"USD", 5000, true}), "3");
  // What cannot be compared.
  require_equal(wanted({"EUR", 1, false}), "123");
  require_equal(wanted({"CHF", 1, true}), "123");
  require_equal(wanted({std::nullopt, 1, true}), "123");
  require(wanted_roles({}, {std::nullopt, kMostMinor, false}).empty(), "without thresholds");
}

Test(purchase_rules, money_is_written_with_the_decimals_of_its_currency) {
  require_equal(format_money(0, "EUR"), "0.00 EUR");
  require_equal(format_money(5, "EUR"), "0.05 EUR");
  require_equal(format_money(123450, "EUR"), "1,234.50 EUR");
  require_equal(format_money(99999, "EUR"), "999.99 EUR");
  require_equal(format_money(1234567, "JPY"), "1,234,567 JPY");
  require_equal(format_money(1234, "KWD"), "1.234 KWD");
  require_equal(format_money(kMostMinor, "EUR"), "90,000,000,000,000.00 EUR");
}
