// Records as JSON, each in one place, so that an account or an organization looks alike in every reply and no
// secret can be among the fields.
#pragma once

#include <optional>
#include <string>

#include "tenantd/api/encode.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/sessions.hpp"

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
// What an organization has set for itself, inside an object.
void put_business(JsonOut& json, const BusinessSettings& business);
// Members "limits" and "usage", inside an object.
void put_limits(JsonOut& json, const TenantLimits& limits);
void put_usage(JsonOut& json, const TenantUsage& usage);
// The organization that the principal acts in, or null.
void put_active_organization(JsonOut& json, const Principal& principal);
void put_membership(JsonOut& json, const std::optional<store::Membership>& membership);
// The fields of a token reply, inside an object.
void put_tokens(JsonOut& json, const service::TokenReply& reply);
// 200 with tokens.
Response token_reply(const service::TokenReply& reply);

}  // namespace tenantd::api
