// Records as JSON, each in one place, so that an account or an organization looks alike in every reply and no
// secret can be among the fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tenantd/api/json.hpp"
#include "tenantd/service/sessions.hpp"
#include "tenantd/store/tenant/members.hpp"

namespace tenantd::api {

// Fields of an account, inside an object that the caller has begun.
void put_user(JsonOut& json, const UserRecord& user);
// A whole object: the organization with the role there; null if there is none.
void put_organization(JsonOut& json, const OrganizationRecord& organization, std::string_view role);
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

}  // namespace tenantd::api
