// OpenSSL's objects as owners, and its error queue as an exception. For this room only.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>

#include "tenantd/base/secret.hpp"

namespace tenantd::crypto {

struct OpensslFree {
  void operator()(BIO* p) const { BIO_free_all(p); }
  void operator()(EVP_CIPHER* p) const { EVP_CIPHER_free(p); }
  void operator()(EVP_CIPHER_CTX* p) const { EVP_CIPHER_CTX_free(p); }
  void operator()(EVP_MD* p) const { EVP_MD_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
};

template <class T>
using Owned = std::unique_ptr<T, OpensslFree>;

// Throws std::runtime_error("<what> failed: <OpenSSL's reason>") and empties the error queue.
[[noreturn]] void throw_openssl(std::string_view what);

// Throws unless `done`, which is what an OpenSSL call returned compared with its success.
inline void require(bool done, std::string_view what) {
  if (!done) throw_openssl(what);
}

// A private key in unencrypted PKCS #8 PEM; null if it is none. Nobody is asked for a passphrase.
Owned<EVP_PKEY> read_private_key(const Secret& pem);
Secret write_private_key(const EVP_PKEY* key);

inline const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* as_bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }

}  // namespace tenantd::crypto
