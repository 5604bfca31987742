// Refusals by words of OAuth that are no codes of this service.
#pragma once

#include <string>

#include "tenantd/domain/error.hpp"

namespace tenantd::service {

// `word`: the member "error" of the reply (RFC 6749 section 5.2), in place of the code's own name.
inline ApiError oauth_refusal(ErrorCode code, std::string word, std::string text) {
  return ApiError(code, std::move(text)).member("error", std::move(word));
}

}  // namespace tenantd::service
