#include "tenantd/api/etag.hpp"

#include <algorithm>

#include "tenantd/base/text.hpp"

namespace tenantd::api {

std::string etag(std::int64_t revision) { return '"' + std::to_string(revision) + '"'; }

namespace {

std::string_view opaque(std::string_view tag) {
  tag = trim(tag);
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  return tag;
}

// Our tags hold no comma, so that a piece of a foreign one equals none of them.
bool lists(std::string_view header, std::string_view tag) {
  const auto tags = split(header, ',');
  return std::any_of(tags.begin(), tags.end(), [&](std::string_view one) { return opaque(one) == tag; });
}

}  // namespace

bool if_match_allows(std::string_view header, std::int64_t revision) {
  return header.empty() || trim(header) == "*" || lists(header, etag(revision));
}

bool if_none_match_names(std::string_view header, std::string_view tag) {
  return trim(header) == "*" || lists(header, opaque(tag));
}

}  // namespace tenantd::api
