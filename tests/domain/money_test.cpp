// Prices as people type them.
#include <criterion/criterion.h>

#include <string>

#include "support/check.hpp"
#include "tenantd/domain/money.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

Test(money, a_price_has_a_point_or_a_comma_and_its_currencys_decimals) {
  struct Case {
    const char* typed;
    const char* currency;
    std::int64_t minor;
  };
  for (const auto& [typed, currency, minor] :
       {Case{"12.50", "EUR", 1250}, Case{"12,50", "EUR", 1250}, Case{"12.5", "EUR", 1250},
        Case{"12", "EUR", 1200}, Case{"0.01", "USD", 1}, Case{"1200", "JPY", 1200},
        Case{"1200.00", "JPY", 1200}, Case{"1.250", "KWD", 1250}, Case{"1,25", "KWD", 1250},
        Case{"1", "KWD", 1000}, Case{"12.5000", "EUR", 1250}, Case{"007.10", "EUR", 710}}) {
    const auto price = parse_price(typed, currency);
    require_equal(price.problem, std::string{}, typed);
    require_equal(price.minor, minor, typed);
  }
}

Test(money, what_may_be_two_prices_is_none) {
  for (const auto& [typed, currency] :
       {std::pair{"1,250", "EUR"}, std::pair{"1.250", "EUR"}, std::pair{"1,250", "KWD"},
        std::pair{"1.000", "JPY"}, std::pair{"1,000", "JPY"}})
    require(parse_price(typed, currency).problem.starts_with("could be thousands"), typed);
  for (const char* typed : {"", ".", "12.", ".5", "-1", "+1", "1 250,00", "1.250,00", "1,250.00", "12.50 EUR",
                            "1e3", "12.345678", "99999999999999999999"})
    require(!parse_price(typed, "EUR").problem.empty(), typed);
  require(!parse_price("1.5", "JPY").problem.empty(), "half a yen");
}
