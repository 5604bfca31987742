// What a person keeps instead of a key.
#pragma once

#include <string_view>

#include "tenantd/base/secret.hpp"

namespace tenantd::crypto {

// Returns the key of 32 bytes that a passphrase stands for: scrypt, which takes 64 MiB and a fraction of a
// second, so that nobody guesses many. `salt`: 16 bytes at least.
Secret key_of_passphrase(const Secret& passphrase, std::string_view salt);

}  // namespace tenantd::crypto
