#include "openssl.hpp"

#include <openssl/err.h>

#include <array>
#include <stdexcept>
#include <string>

namespace tenantd::crypto {

void throw_openssl(std::string_view what) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_peek_last_error(), reason.data(), reason.size());
  ERR_clear_error();
  throw std::runtime_error(std::string{what} + " failed: " + reason.data());
}

}  // namespace tenantd::crypto
