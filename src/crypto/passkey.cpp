#include "tenantd/crypto/passkey.hpp"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include <memory>

#include "crypto/passkey_cbor.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::crypto {
namespace {

struct FreeCredential {
  void operator()(fido_cred_t* p) const { fido_cred_free(&p); }
};
struct FreeAssertion {
  void operator()(fido_assert_t* p) const { fido_assert_free(&p); }
};
using Credential = std::unique_ptr<fido_cred_t, FreeCredential>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string text(const unsigned char* data, std::size_t size) {
  return data == nullptr ? std::string{} : std::string{reinterpret_cast<const char*>(data), size};
}

void succeed(int result, const char* what) {
  if (result != FIDO_OK) throw PasskeyRefused(std::string{what} + ": " + fido_strerr(result));
}

// The library says nothing to the terminal.
void prepare() {
  static const bool done = (fido_init(0), true);
  static_cast<void>(done);
}

// The library wants to know the algorithm before it reads which one it is.
Credential read_credential(const AttestationObject& object) {
  int failed = FIDO_ERR_INVALID_ARGUMENT;
  for (const int algorithm : kPasskeyAlgorithms) {
    Credential credential{fido_cred_new()};
    need(credential != nullptr, "no memory");
    succeed(fido_cred_set_type(credential.get(), algorithm), "algorithm");
    failed = fido_cred_set_authdata_raw(credential.get(), bytes(object.authenticator_data),
                                        object.authenticator_data.size());
    if (failed == FIDO_OK) return credential;
  }
  throw PasskeyRefused(std::string{"the authenticator data cannot be read: "} + fido_strerr(failed));
}

void verify_backup(unsigned flags) {
  need((flags & kBackupEligible) != 0 || (flags & kBackedUp) == 0, "it is backed up, and cannot be");
}

void verify_flags(const AttestationObject& object, unsigned flags, const RelyingParty& party) {
  need(is_whole(object.authenticator_data), "there is more in the authenticator data than its flags say");
  // The authenticator data begins with the hash of the relying party's id.
  need(std::string_view{object.authenticator_data}.substr(0, 32) == sha256(party.id),
       "it is of another relying party");
  need((flags & kUserPresent) != 0, "nobody was present");
  need((flags & kUserVerified) != 0, "nobody was verified");
  need((flags & kAttested) != 0, "there is no credential in it");
}

void verify_statement(fido_cred_t* credential, const AttestationObject& object) {
  constexpr std::string_view kEmptyMap{"\xa0"};
  if (object.format == "none") return need(object.statement == kEmptyMap, "format none with a statement");
  need(object.format == "packed", "its attestation is neither none nor packed");
  succeed(fido_cred_set_fmt(credential, object.format.c_str()), "format");
  succeed(fido_cred_set_attstmt(credential, bytes(object.statement), object.statement.size()),
          "the attestation statement cannot be read");
  constexpr const char* kNot = "the attestation does not hold";
  if (object.has_certificates) {
    // The library takes an empty list for no list.
    need(fido_cred_x5c_ptr(credential) != nullptr, "there is no certificate in the list of them");
    return succeed(fido_cred_verify(credential), kNot);
  }
  need(object.algorithm == fido_cred_type(credential),
       "the attestation is of another algorithm than the key");
  succeed(fido_cred_verify_self(credential), kNot);
}

using Key = std::unique_ptr<void, void (*)(void*)>;

Key read_key(const Passkey& passkey) {
  const auto& raw = passkey.public_key;
  const auto made = [&](auto* key, auto read, void (*release)(void*)) {
    Key owned{key, release};
    need(key != nullptr && read(key, raw.data(), raw.size()) == FIDO_OK, "the stored key cannot be read");
    return owned;
  };
  switch (passkey.algorithm) {
    case COSE_ES256:
      return made(es256_pk_new(), es256_pk_from_ptr, [](void* p) {
        auto* key = static_cast<es256_pk_t*>(p);
        es256_pk_free(&key);
      });
    case COSE_RS256:
      return made(rs256_pk_new(), rs256_pk_from_ptr, [](void* p) {
        auto* key = static_cast<rs256_pk_t*>(p);
        rs256_pk_free(&key);
      });
    case COSE_EDDSA:
      return made(eddsa_pk_new(), eddsa_pk_from_ptr, [](void* p) {
        auto* key = static_cast<eddsa_pk_t*>(p);
        eddsa_pk_free(&key);
      });
    default: throw PasskeyRefused("the stored key is of an unknown algorithm");
  }
}

bool is_name(std::string_view host) {
  // An IPv6 address is in brackets; of an IPv4 address the last label is a number.
  if (host.empty() || host.front() == '[') return false;
  const auto last = host.substr(host.rfind('.') == std::string_view::npos ? 0 : host.rfind('.') + 1);
  return !last.empty() && last.find_first_not_of("0123456789") != std::string_view::npos;
}

}  // namespace

RelyingParty relying_party(std::string_view url) {
  const auto origin = origin_of(url);
  const auto scheme = origin.find("://");
  if (scheme == std::string::npos) return {};
  auto host = origin.substr(scheme + 3);
  if (const auto port = host.rfind(':');
      port != std::string::npos && host.find(']', port) == std::string::npos)
    host.resize(port);
  if (!is_name(host) || (!is_https(origin) && host != "localhost")) return {"", origin};
  return {host, origin};
}

std::string challenge_in(std::string_view client_data, std::string_view type, const RelyingParty& party) {
  const auto read = json::read(client_data);
  need(read && read->IsObject(), "clientDataJSON is no JSON object");
  // Or another reader would find another origin in it.
  need(!json::names_twice(*read), "clientDataJSON names a member twice");
  const auto member = [&](const char* name) -> std::string {
    const auto found = read->FindMember(name);
    if (found == read->MemberEnd() || !found->value.IsString()) return {};
    return {found->value.GetString(), found->value.GetStringLength()};
  };
  need(member("type") == type, "clientDataJSON is of another type");
  need(!party.id.empty() && member("origin") == party.origin, "it is of another origin");
  const auto framed = read->FindMember("crossOrigin");
  need((framed == read->MemberEnd() || framed->value.IsFalse()) && !read->HasMember("topOrigin"),
       "it was asked for in another site's frame");
  auto challenge = base64url_decode(member("challenge"));
  need(challenge.has_value(), "the challenge is no base64url");
  return *std::move(challenge);
}

Passkey verify_registration(std::string_view client_data, std::string_view attestation_object,
                            const RelyingParty& party) {
  prepare();
  const auto object = read_attestation_object(attestation_object);
  const auto credential = read_credential(object);
  auto* const raw = credential.get();
  succeed(fido_cred_set_rp(raw, party.id.c_str(), nullptr), "relying party");
  succeed(fido_cred_set_uv(raw, FIDO_OPT_TRUE), "user verification");
  succeed(fido_cred_set_clientdata(raw, bytes(client_data), client_data.size()), "client data");
  const unsigned flags = fido_cred_flags(raw);
  verify_flags(object, flags, party);
  verify_statement(raw, object);
  Passkey made;
  made.credential = text(fido_cred_id_ptr(raw), fido_cred_id_len(raw));
  need(!made.credential.empty() && made.credential.size() <= kMaxCredentialBytes,
       "the credential's id is too long");
  made.algorithm = fido_cred_type(raw);
  made.public_key = text(fido_cred_pubkey_ptr(raw), fido_cred_pubkey_len(raw));
  made.aaguid = text(fido_cred_aaguid_ptr(raw), fido_cred_aaguid_len(raw));
  made.sign_count = fido_cred_sigcount(raw);
  made.backup_eligible = (flags & kBackupEligible) != 0;
  made.backed_up = (flags & kBackedUp) != 0;
  verify_backup(flags);
  // A point that is none would be found at the first sign-in, when it is too late.
  read_key(made);
  return made;
}

AssertionState verify_assertion(const Assertion& assertion, const Passkey& passkey,
                                const RelyingParty& party) {
  prepare();
  const std::unique_ptr<fido_assert_t, FreeAssertion> owned{fido_assert_new()};
  auto* const raw = owned.get();
  need(raw != nullptr, "no memory");
  succeed(fido_assert_set_rp(raw, party.id.c_str()), "relying party");
  succeed(fido_assert_set_up(raw, FIDO_OPT_TRUE), "user presence");
  succeed(fido_assert_set_uv(raw, FIDO_OPT_TRUE), "user verification");
  succeed(fido_assert_set_clientdata(raw, bytes(assertion.client_data), assertion.client_data.size()),
          "client data");
  succeed(fido_assert_set_count(raw, 1), "count");
  succeed(fido_assert_set_authdata_raw(raw, 0, bytes(assertion.authenticator_data),
                                       assertion.authenticator_data.size()),
          "the authenticator data cannot be read");
  need(is_whole(assertion.authenticator_data), "there is more in the authenticator data than its flags say");
  succeed(fido_assert_set_sig(raw, 0, bytes(assertion.signature), assertion.signature.size()), "signature");
  const auto key = read_key(passkey);
  succeed(fido_assert_verify(raw, 0, passkey.algorithm, key.get()), "the proof does not hold");
  const unsigned flags = fido_assert_flags(raw, 0);
  verify_backup(flags);
  return {fido_assert_sigcount(raw, 0), (flags & kBackupEligible) != 0, (flags & kBackedUp) != 0};
}

}  // namespace tenantd::crypto
