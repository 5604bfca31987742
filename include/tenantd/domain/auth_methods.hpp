// By which means somebody showed who it is (RFC 8176), and how much that counts for.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/time.hpp"

namespace tenantd {

// Stored as words with blanks between. `mail` is this service's own word: a code that was read in the mailbox
// is "otp" to everybody else.
enum class AuthMethod : std::uint8_t { pwd = 1, otp = 2, pop = 4, user = 8, mail = 16, mfa = 32 };

class AuthMethods {
 public:
  constexpr AuthMethods() = default;
  constexpr AuthMethods(std::initializer_list<AuthMethod> methods) {
    for (const auto method : methods) bits_ |= static_cast<std::uint8_t>(method);
  }
  static constexpr AuthMethods from_bits(std::uint8_t bits) {
    AuthMethods methods;
    methods.bits_ = bits;
    return methods;
  }
  // Words that are not known are left out: a newer release may have written them.
  static AuthMethods parse(std::string_view words);

  constexpr bool has(AuthMethod method) const { return (bits_ & static_cast<std::uint8_t>(method)) != 0; }
  constexpr AuthMethods operator|(AuthMethods other) const { return from_bits(bits_ | other.bits_); }
  constexpr bool operator==(const AuthMethods&) const = default;
  constexpr bool empty() const { return bits_ == 0; }
  constexpr std::uint8_t bits() const { return bits_; }

  std::string words() const;
  // The claim `amr`.
  std::vector<std::string_view> amr() const;
  // The claim `acr`: kOneFactor or kTwoFactors.
  std::string_view acr() const;

 private:
  std::uint8_t bits_ = 0;
};

// The two levels, after NIST's authenticator assurance levels.
inline constexpr std::string_view kOneFactor = "aal1";
inline constexpr std::string_view kTwoFactors = "aal2";

// A passkey counts as two: the device, and what unlocks it.
inline constexpr AuthMethods kByPasskey{AuthMethod::pop, AuthMethod::user, AuthMethod::mfa};

// How the person behind a session showed who it is.
struct Authentication {
  TimePoint at;               // when last: at the sign-in, or since
  bool proven_since = false;  // since
  AuthMethods methods;
};

// For how long a proof is good enough for what changes credentials, owners and keys.
inline constexpr Seconds kFreshProof{600};

// True if the proof is good enough at `now`.
inline bool is_fresh(const Authentication& shown, TimePoint now) { return shown.at + kFreshProof > now; }

}  // namespace tenantd
