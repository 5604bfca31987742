// Files that the build embeds (src/build/embed.sh): request and reply schemas, mail templates, common
// passwords, and what the Postman collection knows of single rows.
#pragma once

#include <span>
#include <string_view>

namespace tenantd::embedded {

struct File {
  std::string_view name;  // without folder: "invite.json"
  std::string_view text;
};

// Sorted by name.
std::span<const File> schemas();
std::span<const File> templates();
std::span<const File> common_passwords();
std::span<const File> postman();

}  // namespace tenantd::embedded
