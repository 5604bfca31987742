#include "tenantd/crypto/keys.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "key_folder.hpp"
#include "rsa_key.hpp"
#include "signing_key.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr auto kActive = "signing/active";
constexpr auto kActiveRsa = "signing/active-rsa";
constexpr auto kRsaEnding = ".rsa";
constexpr auto kRetired = "signing/retired";
constexpr std::size_t kMostRetired = 100;
constexpr auto kSealKey = "seal.key";
constexpr auto kRefreshKey = "refresh.key";

std::string pem_name(const std::string& kid) { return "signing/" + kid + ".pem"; }

std::string rsa_name(const std::string& kid) { return "signing/" + kid + kRsaEnding; }

// A line of "active".
struct Turn {
  std::string kid;
  TimePoint from;
};
using Turns = std::vector<Turn>;

std::optional<Turn> read_turn(std::string_view line) {
  const auto blank = line.find(' ');
  Turn turn{std::string{line.substr(0, blank)}, {}};
  if (blank == std::string_view::npos) return turn;
  const auto from = parse_int(line.substr(blank + 1));
  if (!from) return std::nullopt;
  turn.from = from_unix(*from);
  return turn;
}

// Empty if the file says nothing that can be read.
Turns read_turns(const KeyFolder& folder, const char* file = kActive) {
  Turns turns;
  const Secret text = folder.read(file);
  for (const auto line : split(trim(text.reveal()), '\n')) {
    auto turn = read_turn(trim(line));
    if (!turn || !is_kid(turn->kid)) return {};
    turns.push_back(*std::move(turn));
  }
  return turns;
}

void write_turns(const KeyFolder& folder, const Turns& turns, const char* file = kActive) {
  std::string text;
  for (const auto& turn : turns) text += turn.kid + ' ' + std::to_string(unix_seconds(turn.from)) + '\n';
  folder.write(file, Secret{text});
}

// When the turn at `index` ends; nullopt: not yet known.
std::optional<TimePoint> end_of(const Turns& turns, std::size_t index) {
  if (index + 1 == turns.size()) return std::nullopt;
  return turns[index + 1].from;
}

Secret read_secret(const KeyFolder& folder, const std::string& dir, const std::string& name) {
  Secret secret = folder.read(name);
  if (secret.reveal().size() == kSecretBytes) return secret;
  throw std::runtime_error(dir + "/" + name + " must hold 32 bytes, not " +
                           std::to_string(secret.reveal().size()) +
                           ": restore it, or remove it and run `tenantctl keys create`");
}

// The key before its name in "active", so that a crash between them leaves the old one signing.
std::string add_signing_key(const KeyFolder& folder, Turns turns, TimePoint from) {
  const auto key = SigningKey::generate();
  folder.write(pem_name(key->kid()), key->to_pem());
  if (!turns.empty()) from = std::max(from, turns.back().from);
  turns.push_back({key->kid(), from});
  write_turns(folder, turns);
  return key->kid();
}

std::string add_rsa_key(const KeyFolder& folder, Turns turns, TimePoint from) {
  const auto key = RsaKey::generate();
  folder.write(rsa_name(key->kid()), key->to_pem());
  if (!turns.empty()) from = std::max(from, turns.back().from);
  turns.push_back({key->kid(), from});
  write_turns(folder, turns, kActiveRsa);
  return key->kid();
}

bool has_active(const KeyFolder& folder, const char* file, std::string (*name)(const std::string& kid)) {
  if (!folder.has(file)) return false;
  const auto turns = read_turns(folder, file);
  return !turns.empty() &&
         std::ranges::all_of(turns, [&](const auto& turn) { return folder.has(name(turn.kid)); });
}

Turns rsa_turns(const KeyFolder& folder) {
  return folder.has(kActiveRsa) ? read_turns(folder, kActiveRsa) : Turns{};
}

std::vector<std::string> read_retired(const KeyFolder& folder) {
  std::vector<std::string> kids;
  if (!folder.has(kRetired)) return kids;
  const Secret text = folder.read(kRetired);
  for (const auto line : split(text.reveal(), '\n'))
    if (is_kid(trim(line))) kids.emplace_back(trim(line));
  return kids;
}

void write_retired(const KeyFolder& folder, const std::string& kid) {
  auto kids = read_retired(folder);
  kids.push_back(kid);
  if (kids.size() > kMostRetired) kids.erase(kids.begin(), kids.end() - kMostRetired);
  std::string text;
  for (const auto& each : kids) text += each + '\n';
  folder.write(kRetired, Secret{text});
}

void judge_retirement(const Turns& turns, const std::string& kid, TimePoint now, Seconds lifetime) {
  for (std::size_t i = 0; i < turns.size(); ++i) {
    if (turns[i].kid != kid) continue;
    const auto end = end_of(turns, i);
    if (!end || *end > now)
      throw std::runtime_error(
          "The key " + kid + " signs, or will: run `tenantctl keys rotate`, and retire it " +
          std::to_string(lifetime.count()) + " seconds after the new one has begun to sign");
    if (const auto left = *end + lifetime - now; left > Seconds{0})
      throw std::runtime_error("Tokens that the key " + kid + " has signed live for another " +
                               std::to_string(left.count()) +
                               " seconds: retire it then, or with --force to end them");
  }
}

}  // namespace

KeyRing KeyRing::load(const std::string& dir) {
  const KeyFolder folder{dir};
  folder.check();
  KeyRing ring;
  ring.retired_ = read_retired(folder);
  const auto turns = read_turns(folder);
  const auto is_named = [&](const std::string& kid) {
    return std::ranges::any_of(turns, [&](const auto& turn) { return turn.kid == kid; });
  };
  for (const auto& kid : folder.kids()) {
    // Put back by a copy of another folder; one that is to sign was put back on purpose.
    if (std::ranges::find(ring.retired_, kid) != ring.retired_.end() && !is_named(kid)) continue;
    ring.signing_.push_back(SigningKey::from_pem(kid, folder.read(pem_name(kid))));
  }
  for (const auto& turn : turns) {
    const auto at = std::ranges::find(ring.signing_, turn.kid, [](const auto& key) { return key->kid(); });
    if (at == ring.signing_.end())
      throw std::runtime_error(dir + "/signing/active names \"" + turn.kid +
                               "\", which is not there: run `tenantctl keys create`");
    ring.turns_.push_back({*at, turn.from, mark_of(turn.kid)});
  }
  if (ring.turns_.empty())
    throw std::runtime_error(dir + "/signing/active cannot be read: run `tenantctl keys create`");
  for (const auto& kid : folder.kids(kRsaEnding))
    ring.rsa_.push_back(RsaKey::from_pem(kid, folder.read(rsa_name(kid))));
  for (const auto& turn : rsa_turns(folder)) {
    const auto at = std::ranges::find(ring.rsa_, turn.kid, [](const auto& key) { return key->kid(); });
    if (at == ring.rsa_.end())
      throw std::runtime_error(dir + "/signing/active-rsa names \"" + turn.kid +
                               "\", which is not there: run `tenantctl keys create`");
    ring.rsa_turns_.push_back({*at, turn.from});
  }
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
  if (!has_active(folder, kActive, pem_name)) {
    made.push_back(pem_name(add_signing_key(folder, {}, {})));
    made.emplace_back(kActive);
  }
  if (!has_active(folder, kActiveRsa, rsa_name)) {
    made.push_back(rsa_name(add_rsa_key(folder, {}, {})));
    made.emplace_back(kActiveRsa);
  }
  for (const auto* name : {kSealKey, kRefreshKey}) {
    if (folder.has(name)) continue;
    folder.write(name, Secret{random_bytes(kSecretBytes)});
    made.emplace_back(name);
  }
  return made;
}

std::string KeyRing::rotate(const std::string& dir, TimePoint signs_from) {
  const KeyFolder folder{dir};
  folder.check();
  const KeyFolderLock lock{dir};
  return add_signing_key(folder, read_turns(folder), signs_from);
}

std::string KeyRing::rotate_rsa(const std::string& dir, TimePoint signs_from) {
  const KeyFolder folder{dir};
  folder.check();
  const KeyFolderLock lock{dir};
  return add_rsa_key(folder, rsa_turns(folder), signs_from);
}

void KeyRing::retire(const std::string& dir, const std::string& kid, TimePoint now, Seconds lifetime) {
  const KeyFolder folder{dir};
  folder.check();
  const KeyFolderLock lock{dir};
  const bool is_rsa = std::ranges::binary_search(folder.kids(kRsaEnding), kid);
  if (!is_rsa && !std::ranges::binary_search(folder.kids(), kid))
    throw std::runtime_error("No signing key is named \"" + kid + "\"");
  auto turns = is_rsa ? rsa_turns(folder) : read_turns(folder);
  judge_retirement(turns, kid, now, lifetime);
  std::erase_if(turns, [&](const auto& turn) { return turn.kid == kid; });
  if (!is_rsa) write_retired(folder, kid);
  // Its name before the key: "active" names no key that is not there. Writing it tells the workers.
  write_turns(folder, turns, is_rsa ? kActiveRsa : kActive);
  folder.remove(is_rsa ? rsa_name(kid) : pem_name(kid));
}

std::vector<KeyRing::Turn>::const_iterator KeyRing::due(TimePoint now) const {
  // Whatever the clock says, somebody signs.
  const auto next = std::ranges::find_if(turns_.begin() + 1, turns_.end(),
                                         [&](const auto& turn) { return turn.from > now; });
  return next - 1;
}

const SigningKey& KeyRing::active(TimePoint now) const {
  const auto last = due(now);
  const auto agreed = agreed_ == nullptr ? 0 : agreed_->load(std::memory_order_relaxed);
  if (agreed == 0) return *last->key;
  return *std::ranges::find(turns_.begin(), last, agreed, &Turn::mark)->key;
}

const std::string& KeyRing::due_kid(TimePoint now) const { return due(now)->key->kid(); }

const std::string& KeyRing::active_kid(TimePoint now) const { return active(now).kid(); }

const RsaKey* KeyRing::active_rsa(TimePoint now) const {
  const RsaKey* signs = nullptr;
  for (const auto& turn : rsa_turns_)
    if (signs == nullptr || turn.from <= now) signs = turn.key.get();
  return signs;
}

const RsaKey* KeyRing::find_rsa(std::string_view kid) const {
  const auto at =
      std::ranges::find(rsa_, kid, [](const auto& key) -> std::string_view { return key->kid(); });
  return at == rsa_.end() ? nullptr : at->get();
}

const SigningKey* KeyRing::find(std::string_view kid) const {
  const auto at =
      std::ranges::find(signing_, kid, [](const auto& key) -> std::string_view { return key->kid(); });
  return at == signing_.end() ? nullptr : at->get();
}

KeyRing::Fingerprints KeyRing::fingerprints() const {
  const auto print = [](const Secret& key, std::string_view what) {
    return base64url_encode(hmac_sha256(key.reveal(), what));
  };
  Fingerprints prints{print(seal_key_, "tenantd: fingerprint of the seal key, 1"),
                      print(refresh_key_, "tenantd: fingerprint of the refresh key, 1"),
                      {}};
  for (const auto& key : signing_) prints.signing.push_back(key->kid());
  return prints;
}

std::vector<std::string> KeyRing::turns() const {
  std::vector<std::string> kids;
  for (const auto& turn : turns_) kids.push_back(turn.key->kid());
  return kids;
}

std::uint64_t KeyRing::mark_of(std::string_view kid) {
  std::uint64_t mark = 0;
  const auto hash = sha256(kid);
  std::memcpy(&mark, hash.data(), sizeof mark);
  return mark | 1;
}

std::string KeyRing::jwks_json() const {
  json::Writer json;
  json.begin_object().key("keys").begin_array();
  for (const auto& key : signing_)
    json.begin_object()
        .field("kty", "OKP")
        .field("crv", "Ed25519")
        .field("use", "sig")
        .field("alg", "EdDSA")
        .field("kid", key->kid())
        .field("x", key->public_x())
        .end_object();
  for (const auto& key : rsa_)
    json.begin_object()
        .field("kty", "RSA")
        .field("use", "sig")
        .field("alg", "RS256")
        .field("kid", key->kid())
        .field("n", key->public_n())
        .field("e", key->public_e())
        .end_object();
  return json.end_array().end_object().text();
}

}  // namespace tenantd::crypto
