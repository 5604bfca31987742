#include <openssl/err.h>

#include <array>
#include <climits>
#include <stdexcept>

#include "openssl.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::crypto {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kOverhead = 1 + kNonceBytes + kTagBytes;

enum class Direction { open = 0, seal = 1 };

// Returns a context that knows key, nonce and context, and waits for the text.
Owned<EVP_CIPHER_CTX> start(Direction direction, const Secret& key, std::string_view nonce,
                            std::string_view context) {
  static const Owned<EVP_CIPHER> aes{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
  if (key.reveal().size() != kKeyBytes) throw std::runtime_error("The sealing key must have 32 bytes");
  if (context.size() > INT_MAX) throw std::runtime_error("The context of a sealed value is too long");
  Owned<EVP_CIPHER_CTX> cipher{EVP_CIPHER_CTX_new()};
  require(aes && cipher, "Starting AES-256-GCM");
  int done = EVP_CipherInit_ex2(cipher.get(), aes.get(), as_bytes(key.reveal()), as_bytes(nonce),
                                static_cast<int>(direction), nullptr);
  require(done == 1, "Starting AES-256-GCM");
  int length = 0;
  done =
      EVP_CipherUpdate(cipher.get(), nullptr, &length, as_bytes(context), static_cast<int>(context.size()));
  require(done == 1, "Authenticating the context");
  return cipher;
}

// Runs `text` through the cipher into `out`, which has room for as many bytes.
void update(EVP_CIPHER_CTX* cipher, std::string_view text, char* out) {
  if (text.empty()) return;
  if (text.size() > INT_MAX) throw std::runtime_error("A value to seal or open is too long");
  int length = 0;
  require(
      EVP_CipherUpdate(cipher, as_bytes(out), &length, as_bytes(text), static_cast<int>(text.size())) == 1,
      "AES-256-GCM");
}

}  // namespace

std::string seal(const Secret& key, std::string_view plain, std::string_view context) {
  const std::string nonce = random_bytes(kNonceBytes);
  const auto cipher = start(Direction::seal, key, nonce, context);
  std::string sealed(kOverhead + plain.size(), '\0');
  sealed[0] = kVersion;
  sealed.replace(1, kNonceBytes, nonce);
  char* body = sealed.data() + 1 + kNonceBytes;
  update(cipher.get(), plain, body);
  int length = 0;
  require(EVP_CipherFinal_ex(cipher.get(), as_bytes(body), &length) == 1, "Finishing AES-256-GCM");
  require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, body + plain.size()) == 1,
          "Reading the tag");
  return sealed;
}

std::string unseal(const Secret& key, std::string_view sealed, std::string_view context) {
  if (sealed.size() < kOverhead || sealed[0] != kVersion)
    throw std::runtime_error("The value is not a sealed one");
  const auto nonce = sealed.substr(1, kNonceBytes);
  const auto body = sealed.substr(1 + kNonceBytes, sealed.size() - kOverhead);
  std::string tag{sealed.substr(sealed.size() - kTagBytes)};
  const auto cipher = start(Direction::open, key, nonce, context);
  std::string plain(body.size(), '\0');
  update(cipher.get(), body, plain.data());
  require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1,
          "Setting the tag");
  std::array<unsigned char, kTagBytes> rest{};
  int length = 0;
  if (EVP_CipherFinal_ex(cipher.get(), rest.data(), &length) != 1) {
    ERR_clear_error();
    // What was decrypted is unauthenticated; it leaves with its owner, wiped.
    const Secret discarded{std::move(plain)};
    throw std::runtime_error("The value was not sealed by this key for this place");
  }
  return plain;
}

}  // namespace tenantd::crypto
