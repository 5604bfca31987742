// Amounts of money in the smallest unit of their currency (ISO 4217).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenantd {

// 2, unless the currency has none or three.
std::size_t currency_decimals(std::string_view currency);

struct TypedPrice {
  std::int64_t minor = 0;
  std::string problem;  // "must be …"; empty = `minor` is it
};
// Reads "12.50" or "12,50". There is no separator of thousands: where a point or comma with three digits
// behind it could be one ("1,250", or "1.250" of a currency with two decimals), the price is refused.
TypedPrice parse_price(std::string_view typed, std::string_view currency);

}  // namespace tenantd
