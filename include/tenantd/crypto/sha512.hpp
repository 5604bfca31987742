// SHA-512, for what standards bind to Ed25519.
#pragma once

#include <string>
#include <string_view>

namespace tenantd::crypto {

// 64 bytes.
std::string sha512(std::string_view bytes);

}  // namespace tenantd::crypto
