// Groups of the organization's directory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/scim/patch.hpp"
#include "identity/scim/scim_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

inline constexpr std::int64_t kMostGroups = 1000;
inline constexpr std::int64_t kMostGroupsOfPerson = 200;
inline constexpr std::int64_t kMostMembersChanged = 5000;  // by one request
inline constexpr std::int64_t kMostMembersTold = 20'000;   // in one reply

// How many members the operations of one request look at, each as often as it is looked at: of a bulk request
// all together.
struct MemberBudget {
  std::int64_t left = 200'000;
  // Throws ApiError: bad_request with scimType tooMany.
  void spend(std::size_t members);
};

// The whole resource; `members` only if they are to be told.
json::Document group_resource(const Context& context, const store::Group& group,
                              const std::vector<store::GroupMember>* members);

// Throws ApiError: bad_request with scimType, conflict with scimType uniqueness, limit_reached,
// role_outranks.
store::Group make_group(const Work& work, const json::Document& wanted, MemberBudget& budget);
// `if_match`: a header, or empty. Throws ApiError: not_found, precondition_failed, and as make_group().
store::Group replace_group(const Work& work, GroupId id, const std::string& if_match, const json::Value& body,
                           MemberBudget& budget);
store::Group change_group(const Work& work, GroupId id, const std::string& if_match, const json::Value& body,
                          MemberBudget& budget);
void delete_group(const Work& work, GroupId id, const std::string& if_match, MemberBudget& budget);

}  // namespace tenantd::service
