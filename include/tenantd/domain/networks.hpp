// Networks that somebody lists: "203.0.113.0/24", "2001:db8::/32", or one address. An IPv4 address in IPv6
// form (::ffff:203.0.113.7) is the IPv4 address, and no network of IPv6 holds it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tenantd {

class Networks {
 public:
  static constexpr std::size_t kMost = 20;

  // One network in its one spelling ("203.0.113.7" is "203.0.113.7/32"). nullopt if `typed` is none, or has
  // bits behind its prefix, since whoever wrote it may have meant one address.
  static std::optional<std::string> canonical(std::string_view typed);
  // Of networks with commas between them. What is no network is left out, so that it lets nobody in: a text
  // of which nothing is left holds no address at all, and the empty text holds every address.
  static Networks parse(std::string_view joined);

  // True if no network is listed: every address is let in.
  bool any() const { return !listed_; }
  bool hold(const std::string& address) const;

  // As bytes for the cache, and back.
  std::string packed() const;
  static Networks from_packed(std::string_view bytes);

  friend bool operator==(const Networks&, const Networks&) = default;

 private:
  bool listed_ = false;
  std::string entries_;  // 17 bytes each: the address in IPv6 form, and its prefix among 128 bits
};

}  // namespace tenantd
