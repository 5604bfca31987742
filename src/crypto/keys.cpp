#include "tenantd/crypto/keys.hpp"

#include <algorithm>
#include <stdexcept>

#include "key_folder.hpp"
#include "signing_key.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr auto kActive = "signing/active";
constexpr auto kSealKey = "seal.key";
constexpr auto kRefreshKey = "refresh.key";

std::string pem_name(const std::string& kid) { return "signing/" + kid + ".pem"; }

std::string read_active(const KeyFolder& folder) { return std::string{trim(folder.read(kActive).reveal())}; }

Secret read_secret(const KeyFolder& folder, const std::string& dir, const std::string& name) {
  Secret secret = folder.read(name);
  if (secret.reveal().size() == kSecretBytes) return secret;
  throw std::runtime_error(dir + "/" + name + " must hold 32 bytes, not " +
                           std::to_string(secret.reveal().size()) +
                           ": restore it, or remove it and run `tenantctl keys create`");
}

// The key before its name in "active", so that a crash between them leaves the old one signing.
std::string add_signing_key(const KeyFolder& folder) {
  const auto key = SigningKey::generate();
  folder.write(pem_name(key->kid()), key->to_pem());
  folder.write(kActive, Secret{key->kid() + "\n"});
  return key->kid();
}

bool has_active(const KeyFolder& folder) {
  if (!folder.has(kActive)) return false;
  const std::string kid = read_active(folder);
  return is_kid(kid) && folder.has(pem_name(kid));
}

}  // namespace

KeyRing KeyRing::load(const std::string& dir) {
  const KeyFolder folder{dir};
  folder.check();
  KeyRing ring;
  for (const auto& kid : folder.kids())
    ring.signing_.push_back(SigningKey::from_pem(kid, folder.read(pem_name(kid))));
  const std::string active = read_active(folder);
  const auto at = std::ranges::find(ring.signing_, active, [](const auto& key) { return key->kid(); });
  if (at == ring.signing_.end())
    throw std::runtime_error(dir + "/signing/active names \"" + active +
                             "\", which is not there: run `tenantctl keys create`");
  ring.active_ = static_cast<std::size_t>(at - ring.signing_.begin());
  ring.seal_key_ = read_secret(folder, dir, kSealKey);
  ring.refresh_key_ = read_secret(folder, dir, kRefreshKey);
  ring.audit_key_ = Secret{hmac_sha256(ring.seal_key_.reveal(), "tenantd: chain of audit rows, 1")};
  return ring;
}

std::vector<std::string> KeyRing::create_missing(const std::string& dir) {
  const KeyFolder folder{dir};
  folder.make();
  const KeyFolderLock lock{dir};
  std::vector<std::string> made;
  if (!has_active(folder)) {
    made.push_back(pem_name(add_signing_key(folder)));
    made.emplace_back(kActive);
  }
  for (const auto* name : {kSealKey, kRefreshKey}) {
    if (folder.has(name)) continue;
    folder.write(name, Secret{random_bytes(kSecretBytes)});
    made.emplace_back(name);
  }
  return made;
}

std::string KeyRing::rotate(const std::string& dir) {
  const KeyFolder folder{dir};
  folder.check();
  const KeyFolderLock lock{dir};
  return add_signing_key(folder);
}

void KeyRing::retire(const std::string& dir, const std::string& kid) {
  const KeyFolder folder{dir};
  folder.check();
  const KeyFolderLock lock{dir};
  if (!std::ranges::binary_search(folder.kids(), kid))
    throw std::runtime_error("No signing key is named \"" + kid + "\"");
  if (kid == read_active(folder))
    throw std::runtime_error("The key " + kid + " is the one that signs: run `tenantctl keys rotate` first");
  folder.remove(pem_name(kid));
}

const SigningKey& KeyRing::active() const { return *signing_.at(active_); }

const std::string& KeyRing::active_kid() const { return active().kid(); }

const SigningKey* KeyRing::find(std::string_view kid) const {
  const auto at =
      std::ranges::find(signing_, kid, [](const auto& key) -> std::string_view { return key->kid(); });
  return at == signing_.end() ? nullptr : at->get();
}

std::string KeyRing::jwks_json() const {
  std::string json = R"({"keys":[)";
  for (const auto& key : signing_) {
    if (key != signing_.front()) json += ',';
    json += R"({"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":")" + key->kid() + R"(","x":")" +
            key->public_x() + "\"}";
  }
  return json + "]}";
}

}  // namespace tenantd::crypto
