// What an authenticator writes in CBOR (RFC 8949), as far as the library behind passkey.cpp leaves it to its
// caller: an attestation object, and where authenticator data ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenantd::crypto {

// Throws PasskeyRefused, which says `what`, unless it holds.
void need(bool holds, const char* what);

// Section 6.1.
inline constexpr unsigned kUserPresent = 0x01, kUserVerified = 0x04, kBackupEligible = 0x08, kBackedUp = 0x10,
                          kAttested = 0x40, kExtended = 0x80;

// Section 6.5.4: a map of exactly these three.
struct AttestationObject {
  std::string format;
  std::string statement;                  // CBOR
  std::optional<std::int64_t> algorithm;  // that the statement names
  bool has_certificates = false;          // true also for a list of none
  std::string authenticator_data;
};
// Throws PasskeyRefused.
AttestationObject read_attestation_object(std::string_view cbor);

// True if the authenticator data (section 6.1) ends where its flags say: a signature over more would be one
// over bytes that nobody has read.
bool is_whole(std::string_view authenticator_data);

}  // namespace tenantd::crypto
