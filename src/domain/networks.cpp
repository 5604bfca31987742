#include "tenantd/domain/networks.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace tenantd {
namespace {

constexpr std::size_t kAddressBytes = 16;
constexpr std::size_t kEntryBytes = kAddressBytes + 1;
constexpr unsigned kBitsBeforeFour = 96;

struct Place {
  std::array<std::uint8_t, kAddressBytes> bytes{};
  bool four = false;
  bool typed_as_six = false;
};

std::optional<Place> place_of(const std::string& address) {
  Place place;
  in_addr four{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) {
    place.four = true;
    place.bytes[10] = place.bytes[11] = 0xff;
    const auto* raw = reinterpret_cast<const std::uint8_t*>(&four);
    for (std::size_t i = 0; i < sizeof four; ++i) place.bytes.at(12 + i) = raw[i];
    return place;
  }
  in6_addr six{};
  if (::inet_pton(AF_INET6, address.c_str(), &six) != 1) return std::nullopt;
  for (std::size_t i = 0; i < kAddressBytes; ++i) place.bytes.at(i) = six.s6_addr[i];
  place.four = IN6_IS_ADDR_V4MAPPED(&six);
  place.typed_as_six = true;
  return place;
}

// The bit at `n`, from the first.
bool bit_of(const std::uint8_t* bytes, unsigned n) { return (bytes[n / 8] >> (7 - n % 8) & 1) != 0; }

bool same_bits(const std::uint8_t* a, const std::uint8_t* b, unsigned count) {
  for (unsigned n = 0; n < count; ++n)
    if (bit_of(a, n) != bit_of(b, n)) return false;
  return true;
}

// Digits alone, without a leading zero.
std::optional<unsigned> prefix_of(std::string_view typed, unsigned most) {
  unsigned bits = 0;
  const auto* end = typed.data() + typed.size();
  const auto read = std::from_chars(typed.data(), end, bits);
  if (typed.empty() || read.ec != std::errc{} || read.ptr != end || bits > most) return std::nullopt;
  if (typed.size() > 1 && typed.front() == '0') return std::nullopt;
  return bits;
}

// Its prefix counts among 128 bits.
struct Listed {
  Place place;
  unsigned prefix = 0;
};

std::optional<Listed> read_network(std::string_view typed) {
  const auto slash = typed.find('/');
  const auto place = place_of(std::string{typed.substr(0, slash)});
  if (!place) return std::nullopt;
  const bool counts_four = place->four && !place->typed_as_six;
  const unsigned most = counts_four ? 32 : 128;
  const auto prefix =
      slash == std::string_view::npos ? std::optional{most} : prefix_of(typed.substr(slash + 1), most);
  if (!prefix) return std::nullopt;
  Listed listed{*place, *prefix + (counts_four ? kBitsBeforeFour : 0)};
  // "::ffff:0:0/90" would be networks of both kinds.
  if (listed.place.four && listed.prefix < kBitsBeforeFour) return std::nullopt;
  for (unsigned n = listed.prefix; n < 128; ++n)
    if (bit_of(listed.place.bytes.data(), n)) return std::nullopt;
  return listed;
}

}  // namespace

std::optional<std::string> Networks::canonical(std::string_view typed) {
  const auto listed = read_network(typed);
  if (!listed) return std::nullopt;
  const auto& place = listed->place;
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto* from = place.bytes.data() + (place.four ? 12 : 0);
  if (::inet_ntop(place.four ? AF_INET : AF_INET6, from, text.data(), text.size()) == nullptr)
    return std::nullopt;
  return std::string{text.data()} + '/' + std::to_string(listed->prefix - (place.four ? kBitsBeforeFour : 0));
}

Networks Networks::parse(std::string_view joined) {
  Networks networks;
  networks.listed_ = !joined.empty();
  while (!joined.empty()) {
    const auto comma = joined.find(',');
    if (const auto listed = read_network(joined.substr(0, comma))) {
      networks.entries_.append(reinterpret_cast<const char*>(listed->place.bytes.data()), kAddressBytes);
      networks.entries_ += static_cast<char>(static_cast<std::uint8_t>(listed->prefix));
    }
    joined = comma == std::string_view::npos ? std::string_view{} : joined.substr(comma + 1);
  }
  return networks;
}

bool Networks::hold(const std::string& address) const {
  if (any()) return true;
  const auto place = place_of(address);
  if (!place) return false;
  const auto* entries = reinterpret_cast<const std::uint8_t*>(entries_.data());
  for (std::size_t at = 0; at + kEntryBytes <= entries_.size(); at += kEntryBytes) {
    const unsigned prefix = entries[at + kAddressBytes];
    if (place->four && prefix < kBitsBeforeFour) continue;
    if (same_bits(entries + at, place->bytes.data(), prefix)) return true;
  }
  return false;
}

std::string Networks::packed() const { return listed_ ? '+' + entries_ : std::string{}; }

Networks Networks::from_packed(std::string_view bytes) {
  Networks networks;
  if (bytes.empty()) return networks;
  networks.listed_ = true;
  networks.entries_ = bytes.substr(1);
  return networks;
}

}  // namespace tenantd
