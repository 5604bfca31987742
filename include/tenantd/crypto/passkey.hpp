// What a browser's authenticator signs (Web Authentication Level 2), verified by libfido2.
//
// Attestation statements `none` and `packed` are taken (sections 8.2 and 8.7); of `packed` the signature
// counts, not who made the device. Algorithms: EdDSA, ES256, RS256. User verification is required always.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tenantd::crypto {

// What was sent is no credential of this service, or no proof by one. what() says why, for the log: nothing
// in it is secret.
class PasskeyRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct RelyingParty {
  std::string id;      // the host of `origin`
  std::string origin;  // as browsers spell it
};
// What `url` makes: the relying party of its host. No id if browsers take none for it, since it is an address
// and no name, or since it is neither https nor localhost.
RelyingParty relying_party(std::string_view url);

// The challenge of a clientDataJSON (section 5.8.1), raw bytes. Throws PasskeyRefused unless it is of `type`
// ("webauthn.create", "webauthn.get") and of a page of the relying party that is in no other site's frame.
std::string challenge_in(std::string_view client_data, std::string_view type, const RelyingParty& party);

// COSE algorithm identifiers (RFC 8152, RFC 8812), those that are offered, in the order of preference.
inline constexpr int kPasskeyAlgorithms[] = {-8, -7, -257};

struct Passkey {
  std::string credential;  // its id, raw bytes
  int algorithm = 0;
  std::string public_key;  // as libfido2 keeps it
  std::string aaguid;      // 16 bytes: the kind of authenticator, zeros if it does not say
  std::int64_t sign_count = 0;
  bool backup_eligible = false;
  bool backed_up = false;
};
inline constexpr std::size_t kMaxCredentialBytes = 1023;  // section 4

// A new credential (section 7.1, steps 9 to 22). Throws PasskeyRefused.
Passkey verify_registration(std::string_view client_data, std::string_view attestation_object,
                            const RelyingParty& party);

struct Assertion {
  std::string client_data;
  std::string authenticator_data;
  std::string signature;
};
struct AssertionState {
  std::int64_t sign_count = 0;
  bool backup_eligible = false;
  bool backed_up = false;
};
// A proof by `passkey` (section 7.2, steps 15 to 20). Whether the counter has moved on is the caller's to
// judge. Throws PasskeyRefused.
AssertionState verify_assertion(const Assertion& assertion, const Passkey& passkey,
                                const RelyingParty& party);

}  // namespace tenantd::crypto
