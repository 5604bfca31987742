#include "tenantd/api/etag.hpp"

#include <algorithm>

#include "tenantd/base/text.hpp"

namespace tenantd::api {

std::string etag(std::int64_t revision) { return '"' + std::to_string(revision) + '"'; }

bool if_match_allows(std::string_view header, std::int64_t revision) {
  if (header.empty() || trim(header) == "*") return true;
  // Our tags hold no comma, so that a piece of a foreign one equals none of them.
  const auto tags = split(header, ',');
  return std::any_of(tags.begin(), tags.end(),
                     [&](std::string_view tag) { return trim(tag) == etag(revision); });
}

}  // namespace tenantd::api
