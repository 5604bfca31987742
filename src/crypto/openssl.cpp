#include "openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

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

Owned<EVP_PKEY> read_private_key(const Secret& pem) {
  const Owned<BIO> bio{BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.reveal().size()))};
  require(bio != nullptr, "Reading a signing key");
  // OpenSSL's own would prompt on the terminal.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  Owned<EVP_PKEY> key{PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)};
  if (!key) ERR_clear_error();
  return key;
}

Secret write_private_key(const EVP_PKEY* key) {
  const Owned<BIO> bio{BIO_new(BIO_s_secmem())};
  require(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "Writing a signing key");
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return Secret{std::string(text, static_cast<std::size_t>(length))};
}

}  // namespace tenantd::crypto
