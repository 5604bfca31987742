// The key folder: signing keys (Ed25519) and the secrets that seal and derive. Made by `tenantctl keys`, mode
// 0600.
//
//   KEYS_DIR/signing/<kid>.pem   PKCS #8 private key; all of them verify
//   KEYS_DIR/signing/active      who signs when: lines "KID [SECONDS SINCE 1970]", each from its time on
//                                until the next one's
//   KEYS_DIR/signing/retired     names of keys that were removed: a copy of the folder that brings one back
//                                brings no key
//   KEYS_DIR/signing/<kid>.rsa   the same of RSA keys, which sign ID tokens by RS256
//   KEYS_DIR/signing/active-rsa  which of them signs when, as above
//   KEYS_DIR/seal.key            32 bytes: AES-256-GCM for values sealed at rest
//   KEYS_DIR/refresh.key         32 bytes: derives refresh tokens
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/secret.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::crypto {

class SigningKey;  // one Ed25519 key with its kid
class RsaKey;      // one RSA key with its kid

class KeyRing {
 public:
  // Loads the folder. Throws std::runtime_error with a sentence that says what is missing and how to make it,
  // or which folder or file a group (which one) or every user of the host can reach.
  static KeyRing load(const std::string& dir);

  // Makes what is missing (folder 0700, files 0600, written by temporary name and rename); keeps what exists.
  // What root makes belongs to the owner of the folder around it.
  // Returns the names of what it made.
  static std::vector<std::string> create_missing(const std::string& dir);

  // Adds a signing key that signs from `signs_from` on, which leaves everybody who verifies the time to learn
  // of it; the one before signs until then, and verifies until it is retired. Returns the new kid.
  static std::string rotate(const std::string& dir, TimePoint signs_from);

  // The same for the keys that sign ID tokens by RS256.
  static std::string rotate_rsa(const std::string& dir, TimePoint signs_from);

  // Deletes a signing key of either kind. Throws std::runtime_error with a sentence if it signs, will sign,
  // or signed less than `lifetime` ago: its tokens are still alive.
  static void retire(const std::string& dir, const std::string& kid, TimePoint now, Seconds lifetime);

  // What may be told of the keys: one way each, and different for different keys.
  struct Fingerprints {
    std::string seal, refresh;         // base64url
    std::vector<std::string> signing;  // names of those that verify
  };
  Fingerprints fingerprints() const;
  // The names in the order of their turns to sign; one may come twice.
  std::vector<std::string> turns() const;
  // Names of keys that were retired, the newest last.
  const std::vector<std::string>& retired() const { return retired_; }

  // What stands for a key where a number has to do; never 0.
  static std::uint64_t mark_of(std::string_view kid);
  // From now on the turns behind that of the key with this mark wait, whatever the time is; 0 = none waits.
  // `agreed` outlives this object.
  void wait_for(const std::atomic<std::uint64_t>& agreed) { agreed_ = &agreed; }

  // The key that signs at this time, and its name.
  const SigningKey& active(TimePoint now) const;
  const std::string& active_kid(TimePoint now) const;
  // The name of the one that would sign if none had to wait.
  const std::string& due_kid(TimePoint now) const;
  // Returns nullptr if no key of that name verifies; `kid` is compared, never used as a path.
  const SigningKey* find(std::string_view kid) const;
  const std::vector<std::shared_ptr<const SigningKey>>& signing() const { return signing_; }
  // Those for RS256; nullptr: there is none, as in a folder that an older version made.
  const RsaKey* active_rsa(TimePoint now) const;
  const RsaKey* find_rsa(std::string_view kid) const;
  const Secret& seal_key() const { return seal_key_; }
  const Secret& refresh_key() const { return refresh_key_; }
  // Authenticates the chain of audit rows; derived from the seal key.
  const Secret& audit_key() const { return audit_key_; }

  // Returns the JWK Set (RFC 7517, RFC 8037: kty OKP, crv Ed25519, use sig, alg EdDSA; kty RSA, alg RS256) of
  // all verifying keys.
  std::string jwks_json() const;

 private:
  struct Turn {
    std::shared_ptr<const SigningKey> key;
    TimePoint from;
    std::uint64_t mark;
  };
  std::vector<Turn>::const_iterator due(TimePoint now) const;
  std::vector<std::shared_ptr<const SigningKey>> signing_;
  std::vector<Turn> turns_;  // at least one; in the order of their times
  std::vector<std::string> retired_;
  const std::atomic<std::uint64_t>* agreed_ = nullptr;
  Secret seal_key_;
  Secret refresh_key_;
  Secret audit_key_;
  struct RsaTurn {
    std::shared_ptr<const RsaKey> key;
    TimePoint from;
  };
  std::vector<std::shared_ptr<const RsaKey>> rsa_;
  std::vector<RsaTurn> rsa_turns_;  // in the order of their times
};

// Sealing at rest: AES-256-GCM, random 96-bit nonce, `context` authenticated with it (so that a sealed value
// moved to another row or column does not open). Output: version byte, nonce, ciphertext, tag.
std::string seal(const Secret& key, std::string_view plain, std::string_view context);
// Returns the plain text. Throws std::runtime_error if it was not sealed by this key for this context.
std::string unseal(const Secret& key, std::string_view sealed, std::string_view context);

}  // namespace tenantd::crypto
