// Entity tags of rows that several people edit (RFC 9110 section 8.8.3): strong, made of the row's revision.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenantd::api {

// "3", with its quotes.
std::string etag(std::int64_t revision);

// True if an If-Match header lets a change of this revision happen (RFC 9110 section 13.1.1): it is absent
// (empty), "*", or lists the tag. This service sends strong tags alone, so that a weak one (W/"3") is a tag
// that a compressing proxy weakened on its way: it names the same revision and counts as that.
bool if_match_allows(std::string_view header, std::int64_t revision);

// True if an If-None-Match header names this tag, by weak comparison (RFC 9110 section 13.1.2).
bool if_none_match_names(std::string_view header, std::string_view tag);

}  // namespace tenantd::api
