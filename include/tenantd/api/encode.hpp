// Records as JSON, each in one place, so that an account or an organization looks alike in every reply and no
// secret can be among the fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/api/json.hpp"
#include "tenantd/api/request.hpp"
#include "tenantd/service/sessions.hpp"
#include "tenantd/store/tenant/members.hpp"

namespace tenantd::api {

// Fields of an account, inside an object that the caller has begun.
void put_user(JsonOut& json, const UserRecord& user);
// A whole object: a member as an account of the organization. `status` is the membership's.
void put_member_user(JsonOut& json, const store::Member& member);
// A whole object: who is signed in, and the active organization.
void put_me(JsonOut& json, const Principal& principal);
// A whole object: somebody by id and address.
void put_person(JsonOut& json, UserId id, const std::string& email);
// The member `impersonated_by`: who acts in truth, or null.
void put_impersonator(JsonOut& json, const Principal& principal);
// A whole object: the organization with the caller's role there, null if there is none, and with its
// settings, limits and usage if they are given.
void put_organization(JsonOut& json, const OrganizationRecord& organization,
                      const std::optional<RoleRecord>& role,
                      const std::optional<store::OrganizationDetail>& detail = std::nullopt);
// Members "limits" and "usage", inside an object.
void put_limits(JsonOut& json, const TenantLimits& limits);
void put_usage(JsonOut& json, const TenantUsage& usage);
// The organization that the principal acts in, or null.
void put_active_organization(JsonOut& json, const Principal& principal);
void put_membership(JsonOut& json, const std::optional<store::Membership>& membership);
// The fields of a token reply, inside an object.
void put_tokens(JsonOut& json, const service::TokenReply& reply);

// A page of a list: `limit` + 1 rows were read to see whether more follow.
struct Page {
  std::int64_t limit = 50;
  std::optional<store::Keyset> from;
  bool include_total = false;
};
// Throws ApiError(validation_failed) for a cursor that is none of ours.
Page page_of(const JsonValue& query);
std::string make_cursor(TimePoint time, const UuidBytes& id);

// The reply to a list. `rows`: up to page.limit + 1 of them; `put(json, row)` writes one; `key(row)` is where
// the list goes on after it; `count()` the total, asked for only if the caller did.
template <class Row, class Put, class Key, class Count>
Response page_reply(const Page& page, std::vector<Row> rows, Put&& put, Key&& key, Count&& count) {
  const bool more = static_cast<std::int64_t>(rows.size()) > page.limit;
  if (more) rows.pop_back();
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& row : rows) put(json, row);
  json.end_array().key("next_cursor");
  if (more) {
    const store::Keyset next = key(rows.back());
    json.value(make_cursor(next.time, next.id));
  } else {
    json.value(nullptr);
  }
  if (page.include_total) json.field("total", static_cast<std::int64_t>(count()));
  json.end_object();
  return reply(json);
}

// 200 with tokens.
Response token_reply(const service::TokenReply& reply);
// 202 with a sentence that says what happens next.
Response notice(std::string_view detail);

}  // namespace tenantd::api
