#include "tenantd/crypto/certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <climits>

#include "openssl.hpp"

namespace tenantd::crypto {
namespace {

constexpr int kLeastBits = 2048;

}  // namespace

struct Certificate::State {
  Owned<X509> certificate;
  Owned<EVP_PKEY> key;
};

std::optional<Certificate> Certificate::parse(std::string_view pem) {
  if (pem.size() > INT_MAX) return std::nullopt;
  const Owned<BIO> bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  require(bio != nullptr, "Reading a certificate");
  auto state = std::make_shared<State>();
  state->certificate.reset(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (state->certificate) state->key.reset(X509_get_pubkey(state->certificate.get()));
  ERR_clear_error();
  if (!state->key || EVP_PKEY_get_base_id(state->key.get()) != EVP_PKEY_RSA ||
      EVP_PKEY_get_bits(state->key.get()) < kLeastBits)
    return std::nullopt;
  return Certificate{std::move(state)};
}

bool Certificate::is_valid_at(TimePoint time) const {
  std::time_t at = unix_seconds(time);
  // 0 is an error; before or at `at` is negative.
  const int since = X509_cmp_time(X509_get0_notBefore(state_->certificate.get()), &at);
  const int until = X509_cmp_time(X509_get0_notAfter(state_->certificate.get()), &at);
  return since < 0 && until > 0;
}

bool Certificate::is_for(const std::string& host) const {
  return X509_check_host(state_->certificate.get(), host.data(), host.size(),
                         X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

bool Certificate::has_signed(std::string_view bytes, std::string_view signature, Digest digest) const {
  const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  require(context != nullptr, "Checking a signature");
  const EVP_MD* algorithm = digest == Digest::sha1 ? EVP_sha1() : EVP_sha256();
  require(EVP_DigestVerifyInit(context.get(), nullptr, algorithm, nullptr, state_->key.get()) == 1,
          "Checking a signature");
  const int status =
      EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(), as_bytes(bytes), bytes.size());
  ERR_clear_error();
  return status == 1;
}

}  // namespace tenantd::crypto
