#include "tenantd/domain/network.hpp"

#include <arpa/inet.h>

namespace tenantd {

std::string network_of(const std::string& address) {
  in_addr four{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1)
    return {reinterpret_cast<const char*>(&four), sizeof four};
  in6_addr six{};
  if (::inet_pton(AF_INET6, address.c_str(), &six) != 1) return {};
  const auto* bytes = reinterpret_cast<const char*>(six.s6_addr);
  if (IN6_IS_ADDR_V4MAPPED(&six)) return {bytes + 12, 4};
  return {bytes, 8};
}

}  // namespace tenantd
