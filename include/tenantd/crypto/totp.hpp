// Time-based one-time passwords (RFC 6238: SHA-1, 30 seconds, six digits, as authenticator apps expect) and
// the recovery codes that replace a lost device.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenantd/base/secret.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/crypto/keys.hpp"

namespace tenantd::crypto {

inline constexpr int kTotpDigits = 6;
inline constexpr Seconds kTotpStep{30};

// Returns 20 random bytes, as long as SHA-1's output (RFC 4226 section 4, R6).
Secret new_totp_secret();

// Base32 (RFC 4648 section 6), as one types it into an app.
std::string base32(const Secret& secret);

// Returns the code of `secret` at `time`.
std::string totp_code(const Secret& secret, TimePoint time, int digits = kTotpDigits);

// Returns a code as its digits and small letters alone, whichever way it was typed or pasted: "123 456",
// "123-456", in full width or in the digits of another script. Empty if it is no text.
std::string plain_code(std::string_view typed);

// Returns the step (time / 30 s) that the code belongs to: the one of `now`, or one before or after it, for
// clocks that differ (RFC 6238 section 5.2). nullopt if it belongs to none. Takes the same time either way.
std::optional<std::int64_t> totp_step(const Secret& secret, std::string_view typed, TimePoint now);

// otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…, what a QR code holds.
std::string totp_uri(const Secret& secret, const std::string& issuer, const std::string& account);

inline constexpr std::size_t kRecoveryCodes = 10;
// Returns codes of 50 random bits as "abcde-fghjk".
std::array<Secret, kRecoveryCodes> new_recovery_codes();
// Returns what is stored for a code, however it was typed: an HMAC under a key that the database does not
// know, since 50 bits could be searched.
std::string recovery_code_hash(const KeyRing& keys, std::string_view typed);

}  // namespace tenantd::crypto
