// What the tests beside it share.
#pragma once

#include <criterion/criterion.h>

#include <algorithm>
#include <string>

#include "crypto/signing_key.hpp"
#include "support/key_folder.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jwt.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::test::tokens {
using namespace tenantd;
using namespace tenantd::test;
using crypto::AccessClaims;
using crypto::KeyRing;

inline const TimePoint kNow = from_unix(1'800'000'000);
inline const crypto::TokenPolicy kPolicy{"https://id.example.org", "tenantd"};
inline const std::string kUser = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
inline const std::string kSession = "017f22e2-79b0-7cc3-98c4-dc0c0c073990";
inline const std::string kOrg = "017f22e2-79b0-7cc3-98c4-dc0c0c073991";

inline const AccessClaims kClaims{
    *UserId::parse(kUser), *SessionId::parse(kSession), OrgId::parse(kOrg), std::nullopt, kNow,
    kNow + Seconds{900}};

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  cr_assert(at != std::string::npos, "%s is not in %s", from.c_str(), text.c_str());
  return text.replace(at, from.size(), to);
}

struct World {
  TempFolder folder;
  KeyRing keys = fresh_keys(folder);

  std::string kid() const { return keys.active(kNow).kid(); }
  std::string header() const { return R"({"alg":"EdDSA","typ":"at+jwt","kid":")" + kid() + "\"}"; }
  std::string payload() const {
    return R"({"iss":"https://id.example.org","sub":")" + kUser +
           R"(","aud":"tenantd","exp":1800000900,"iat":1800000000,"nbf":1800000000,"sid":")" + kSession +
           R"(","jti":"AAAAAAAAAAAAAAAAAAAAAA"})";
  }

  // Signs whatever stands in the two texts, as the holder of the key could.
  std::string forge(const std::string& header, const std::string& payload) const {
    const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
    return input + "." + base64url_encode(keys.active(kNow).sign(input));
  }
  std::optional<AccessClaims> verify(std::string_view token, TimePoint at = kNow) const {
    return crypto::verify_access_token(keys, kPolicy, token, at);
  }
  bool accepts_payload(const std::string& payload) const {
    return verify(forge(header(), payload)).has_value();
  }
  bool accepts_header(const std::string& header) const {
    return verify(forge(header, payload())).has_value();
  }
  bool accepts_with(const std::string& from, const std::string& to) const {
    return accepts_payload(replaced(payload(), from, to));
  }
  std::string token() const { return crypto::sign_access_token(keys, kPolicy, kClaims); }
};

}  // namespace tenantd::test::tokens
