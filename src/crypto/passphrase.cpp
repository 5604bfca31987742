#include "tenantd/crypto/passphrase.hpp"

#include "derive.hpp"

namespace tenantd::crypto {

Secret key_of_passphrase(const Secret& passphrase, std::string_view salt) {
  constexpr ScryptCost kCost{1 << 16, 8, 1};
  return Secret{scrypt(passphrase, salt, kCost, 32)};
}

}  // namespace tenantd::crypto
