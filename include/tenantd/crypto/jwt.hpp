// Access tokens: JWT (RFC 7519) signed with EdDSA (RFC 8037), profile at+jwt (RFC 9068).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/crypto/keys.hpp"

namespace tenantd::crypto {

struct AccessClaims {
  UserId user;                  // sub
  SessionId session;            // sid
  std::optional<OrgId> org;     // org
  std::optional<UserId> actor;  // act.sub: the real person when impersonating
  TimePoint issued_at;          // iat, nbf
  TimePoint expires_at;         // exp
  // Of an OAuth client's token (RFC 9068): who was given it, and for what. For who somebody is alone, its
  // audience is not the API's.
  std::optional<ClientId> client = {};  // client_id
  std::string scope = {};               // names with blanks between
  bool for_api = true;                  // aud: the API, or userinfo alone
  // How the person signed in (RFC 9068 section 2.2.1). Told to others: here the session is asked.
  std::optional<TimePoint> authenticated_at = {};  // auth_time
  std::string_view acr = {};
  std::vector<std::string_view> amr = {};
};

struct TokenPolicy {
  std::string issuer;
  std::string audience;
};
// The audience of tokens that only ask who somebody is.
std::string identity_audience(const TokenPolicy& policy);

// Returns the compact form: header {"alg":"EdDSA","typ":"at+jwt","kid":…}, claims with a random jti.
std::string sign_access_token(const KeyRing& keys, const TokenPolicy& policy, const AccessClaims& claims);

// Returns the claims, or nullopt unless the token has exactly three segments of strict base64url, a header of
// exactly alg EdDSA, typ at+jwt and a known kid (jku, jwk, x5u, x5c, crit or any other member refuses it), a
// signature by that key, the exact iss and aud, nbf <= now < exp, no duplicate members, and well-formed ids;
// a token over 4,096 bytes is refused unread, members of the payload that are not ours are ignored. Never
// fetches anything.
std::optional<AccessClaims> verify_access_token(const KeyRing& keys, const TokenPolicy& policy,
                                                std::string_view token, TimePoint now);

// Refresh tokens are derived, not stored: base64url(session id, counter, HMAC-SHA256(refresh key, both)); 75
// characters.
struct RefreshClaims {
  SessionId session;
  std::uint64_t counter;
};
std::string make_refresh_token(const KeyRing& keys, const RefreshClaims& claims);
// Returns nullopt unless the MAC is ours.
std::optional<RefreshClaims> open_refresh_token(const KeyRing& keys, std::string_view token);

}  // namespace tenantd::crypto
