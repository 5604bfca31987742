#include "derive.hpp"

#include <crypt.h>
#include <openssl/hmac.h>
#include <string.h>

#include <array>
#include <memory>

#include "openssl.hpp"

namespace tenantd::crypto {
namespace {

Owned<EVP_MD> fetch(const char* name) {
  Owned<EVP_MD> found{EVP_MD_fetch(nullptr, name, nullptr)};
  require(found != nullptr, name);
  return found;
}

}  // namespace

std::string pbkdf2(const char* digest, const Secret& password, std::string_view salt, int iterations,
                   std::size_t length) {
  const auto md = fetch(digest);
  std::string out(length, '\0');
  require(PKCS5_PBKDF2_HMAC(password.reveal().data(), static_cast<int>(password.reveal().size()),
                            as_bytes(salt), static_cast<int>(salt.size()), iterations, md.get(),
                            static_cast<int>(length), as_bytes(out.data())) == 1,
          "PBKDF2");
  return out;
}

std::string scrypt(const Secret& password, std::string_view salt, const ScryptCost& cost,
                   std::size_t length) {
  std::string out(length, '\0');
  // OpenSSL counts the blocks of each lane as well.
  const std::uint64_t memory = 128 * cost.r * (cost.n + cost.p + 2);
  require(EVP_PBE_scrypt(password.reveal().data(), password.reveal().size(), as_bytes(salt), salt.size(),
                         cost.n, cost.r, cost.p, memory, as_bytes(out.data()), out.size()) == 1,
          "scrypt");
  return out;
}

std::string digest(const char* name, std::string_view bytes) {
  return phpass(name, Secret{std::string{bytes}}, "", 0);
}

std::string phpass(const char* name, const Secret& password, std::string_view salt, std::int64_t rounds) {
  const auto md = fetch(name);
  const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  const auto turn = [&](const void* head, std::size_t size) {
    return EVP_DigestInit_ex2(context.get(), md.get(), nullptr) == 1 &&
           EVP_DigestUpdate(context.get(), head, size) == 1 &&
           EVP_DigestUpdate(context.get(), password.reveal().data(), password.reveal().size()) == 1 &&
           EVP_DigestFinal_ex(context.get(), out.data(), &length) == 1;
  };
  require(context && turn(salt.data(), salt.size()), name);
  for (std::int64_t i = 0; i < rounds; ++i) require(turn(out.data(), length), name);
  return {reinterpret_cast<const char*>(out.data()), length};
}

std::string hmac(const char* name, std::string_view key, std::string_view bytes) {
  const auto md = fetch(name);
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  const auto* made = HMAC(md.get(), key.data(), static_cast<int>(key.size()), as_bytes(bytes), bytes.size(),
                          out.data(), &length);
  require(made != nullptr, "HMAC");
  return {reinterpret_cast<const char*>(out.data()), length};
}

std::string aes_stream(std::string_view key, std::size_t length) {
  const Owned<EVP_CIPHER_CTX> context{EVP_CIPHER_CTX_new()};
  const Owned<EVP_CIPHER> cipher{EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr)};
  const std::string zeros(length, '\0');
  const std::array<unsigned char, 16> start{};
  std::string out(length, '\0');
  int written = 0;
  require(context && cipher && key.size() == 32 &&
              EVP_EncryptInit_ex2(context.get(), cipher.get(), as_bytes(key), start.data(), nullptr) == 1 &&
              EVP_EncryptUpdate(context.get(), as_bytes(out.data()), &written, as_bytes(zeros),
                                static_cast<int>(length)) == 1,
          "AES-256-CTR");
  return out;
}

std::string crypt_hash(const Secret& password, const std::string& setting) {
  const auto data = std::make_unique<crypt_data>();
  const char* made = ::crypt_r(password.reveal().c_str(), setting.c_str(), data.get());
  std::string out = made != nullptr && *made != '*' ? made : "";
  ::explicit_bzero(data.get(), sizeof(crypt_data));
  return out;
}

}  // namespace tenantd::crypto
