// Prices as people type them.
#include <criterion/criterion.h>

#include <fstream>
#include <iterator>
#include <string>

#include "support/check.hpp"
#include "support/processes.hpp"
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

// What a person types in the console must be what the service books.
Test(money, the_console_has_the_decimals_of_every_currency) {
  std::ifstream file{test::setting("TENANTD_TOP") + "/nginx/www/app/pages/work/parts.js"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto listed = [&](const std::string& name, const std::string& currency) {
    const auto from = text.find("const " + name + " = [");
    require(from != std::string::npos, name);
    return text.substr(from, text.find(']', from) - from).find('\'' + currency + '\'') != std::string::npos;
  };
  std::string currency = "AAA";
  for (currency[0] = 'A'; currency[0] <= 'Z'; ++currency[0])
    for (currency[1] = 'A'; currency[1] <= 'Z'; ++currency[1])
      for (currency[2] = 'A'; currency[2] <= 'Z'; ++currency[2]) {
        const auto decimals = currency_decimals(currency);
        require_equal(listed("kNoDecimals", currency), decimals == 0, currency);
        require_equal(listed("kThreeDecimals", currency), decimals == 3, currency);
      }
}
