// What SCIM's handlers have in common.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "identity/scim/filter.hpp"
#include "identity/scim/resource.hpp"
#include "tenantd/api/request.hpp"
#include "tenantd/api/route.hpp"

namespace tenantd::api::handlers {

// Runs `work`; what it refuses as a scim::Refusal becomes 400 with its scimType.
Response scim_answer(const std::function<Response()>& work);

Response scim_reply(const JsonValue& resource, int status = 200);

constexpr Reply scim_ok(std::string_view schema, int other = 0) {
  return {200, schema, other, "application/scim+json"};
}
constexpr Reply scim_made(std::string_view schema) { return {201, schema, 0, "application/scim+json"}; }

// Of attributes and excludedAttributes.
scim::Projection projection_of(const Request& request, const scim::ResourceType& type);

// startIndex, count, sortBy and sortOrder. Out of bounds is what RFC 7644 section 3.4.2.4 makes of it.
struct ScimPage {
  std::int64_t start = 1;  // from 1
  std::int64_t count = 100;
  std::optional<scim::AttributePath> sort_by = {};
  bool descending = false;
};
inline constexpr std::int64_t kMostTold = 200;            // in one reply
inline constexpr std::int64_t kFarthest = 1'000'000'000;  // a startIndex beyond is as one there
inline constexpr std::int64_t kMostCompared = 2000;       // by a filter or an order that no index serves
ScimPage scim_page(const Request& request, const scim::ResourceType& type);
std::optional<std::string> query_text(const Request& request, const char* name);

void sort_resources(std::vector<Json>& resources, const ScimPage& page, const scim::ResourceType& type);
// A page of what was found, all of it being in `found`.
Response scim_list(std::vector<Json>& found, const ScimPage& page, const scim::Projection& told);
// A page that was read as such.
Response scim_list_reply(std::vector<Json>& page, std::int64_t total, std::int64_t start,
                         const scim::Projection& told);

// What `and` joins in the filter.
std::vector<const scim::Filter*> joined_by_and(const scim::Filter& filter);
// The text that the attribute must equal, if that is what this part of a filter says.
std::optional<std::string> wanted_text(const scim::Filter& part, std::string_view attribute,
                                       std::string_view inner = {});

}  // namespace tenantd::api::handlers
