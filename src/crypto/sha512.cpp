#include "tenantd/crypto/sha512.hpp"

#include <openssl/evp.h>

#include <stdexcept>

namespace tenantd::crypto {

std::string sha512(std::string_view bytes) {
  std::string digest(64, '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                 EVP_sha512(), nullptr) != 1)
    throw std::runtime_error("SHA-512");
  return digest;
}

}  // namespace tenantd::crypto
