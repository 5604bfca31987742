// Content-Disposition of a download (RFC 6266, RFC 8187): whatever a file is called, what a browser saves is
// a plain name in the folder that its user chose.
#pragma once

#include <string>
#include <string_view>

namespace tenantd::api {

// Returns the name without what leads elsewhere or deceives: separators of paths, control characters and
// those that turn the direction of writing become "_", a dot in front too; at most 200 bytes of UTF-8, the
// last extension kept.
std::string safe_file_name(std::string_view name);

// "attachment; filename="…"; filename*=UTF-8''…"
std::string attachment(std::string_view name);

}  // namespace tenantd::api
