// The release, as --version and the documents say it.
#pragma once

namespace tenantd {
inline constexpr const char* kVersion = "0.1.0";
}
