#include "tenantd/domain/money.hpp"

#include <algorithm>
#include <array>

#include "tenantd/base/text.hpp"

namespace tenantd {
namespace {

constexpr std::array<std::string_view, 17> kNoDecimals{"BIF", "CLP", "DJF", "GNF", "ISK", "JPY",
                                                       "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                                                       "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::array<std::string_view, 7> kThreeDecimals{"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::size_t currency_decimals(std::string_view currency) {
  const auto stands_in = [&](const auto& list) {
    return std::find(list.begin(), list.end(), currency) != list.end();
  };
  if (stands_in(kNoDecimals)) return 0;
  return stands_in(kThreeDecimals) ? 3 : 2;
}

TypedPrice parse_price(std::string_view typed, std::string_view currency) {
  const auto wanted = currency_decimals(currency);
  const auto sign = typed.find_first_of(".,");
  const auto whole = typed.substr(0, sign);
  auto part = sign == std::string_view::npos ? std::string_view{} : typed.substr(sign + 1);
  if (!is_digits(whole) || (sign != std::string_view::npos && !is_digits(part)))
    return {0, "must be a number such as 12.50, without signs, blanks and separators of thousands"};
  const bool may_be_thousands = part.size() == 3 && (typed[sign] == ',' || wanted != 3);
  if (may_be_thousands)
    return {0, "could be thousands: write " + std::string{whole} + std::string{part} + ", or " +
                   std::string{whole} + '.' + std::string{part.substr(0, wanted)} +
                   (wanted < 3 ? "" : " with a point")};
  while (part.size() > wanted && part.back() == '0') part.remove_suffix(1);
  if (part.size() > wanted)
    return {0, "has " + std::to_string(part.size()) + " decimals, and " + std::string{currency} + " has " +
                   std::to_string(wanted)};
  auto digits = std::string{whole} + std::string{part};
  digits.append(wanted - part.size(), '0');
  const auto minor = parse_int(digits);
  if (!minor) return {0, "is too large"};
  return {*minor, ""};
}

}  // namespace tenantd
