// A principal and its token's claims as bytes, for the cache that workers share. An API key has claims of its
// own making: whose it is, and where.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tenantd/crypto/jwt.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::api {

struct CachedToken {
  crypto::AccessClaims claims;
  Principal principal;
};

std::string encode_token(const CachedToken& token);
// Returns nullopt if the bytes are not what encode_token made.
std::optional<CachedToken> decode_token(std::string_view bytes);

}  // namespace tenantd::api
