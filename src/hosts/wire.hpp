// Numbers as bytes, little-endian, for what hosts tell one another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenantd::hosts {

template <class Number>
void put_number(std::string& to, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i)
    to += static_cast<char>((static_cast<std::uint64_t>(number) >> (8 * i)) & 0xff);
}

// Takes it off the front, which is long enough.
template <class Number>
Number take_number(std::string_view& from) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  from.remove_prefix(sizeof(Number));
  return static_cast<Number>(number);
}

}  // namespace tenantd::hosts
