// Unicode forms of secret text, made in buffers that are wiped.
#pragma once

#include <optional>
#include <string_view>

#include "tenantd/base/secret.hpp"

namespace tenantd::crypto {

// Returns the NFKC form (Unicode 15 annex 15) of well-formed UTF-8; nullopt if it has thousands of code
// points.
std::optional<Secret> to_nfkc(std::string_view utf8);

// Returns the NFC form, which composes and changes nothing else.
std::optional<Secret> to_nfc(std::string_view utf8);

// The NFKC form with full case folding: equal for texts that differ only in case.
std::optional<Secret> fold_case(std::string_view utf8);

}  // namespace tenantd::crypto
