// Entity tags of replies that tell more than what is edited: an organization's usage, an account's address. A
// tag has two parts: If-Match goes by what is edited, a 304 stands for the whole reply.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/http/message.hpp"

namespace tenantd::api::handlers {

// Sixteen hexadecimal digits that stand for a text.
inline std::string short_hash(const std::string& text) { return to_hex(crypto::sha256(text)).substr(0, 16); }

inline std::string two_part_tag(const std::string& edited, const std::string& body) {
  return '"' + short_hash(edited) + '-' + short_hash(body) + '"';
}

// True if If-Match lets a change of this happen: it is absent (empty), "*", or lists a tag of it, weakened or
// not.
inline bool if_match_names(std::string_view header, const std::string& edited) {
  if (header.empty() || trim(header) == "*") return true;
  const auto start = '"' + short_hash(edited) + '-';
  const auto tags = split(header, ',');
  return std::any_of(tags.begin(), tags.end(), [&](std::string_view tag) {
    tag = trim(tag);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag.starts_with(start) && tag.ends_with('"') && tag.size() > start.size() + 1;
  });
}

// True if a change of this is what the caller means, by If-Match and If-None-Match.
inline bool is_meant(const http::Request& request, const std::string& edited) {
  return if_match_names(request.if_match, edited) &&
         (request.if_none_match.empty() || !if_match_names(request.if_none_match, edited));
}
// False if any state is meant, and nothing has to be looked at.
inline bool means_one(const http::Request& request) {
  return !request.if_match.empty() || !request.if_none_match.empty();
}

}  // namespace tenantd::api::handlers
