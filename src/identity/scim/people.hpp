// People as the organization's directory provisions them.
//
// Nobody's account is taken over: an address that has an account comes in only if the organization has proven
// its domain and the account's owner has proven the address; else its owner is invited, and joins by that.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/scim/resource.hpp"
#include "identity/scim/scim_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// A refusal of SCIM as one of this service: 400, with scimType.
[[noreturn]] void refuse_scim(std::string_view type, const std::string& words);
// 409 uniqueness.
[[noreturn]] void refuse_duplicate(const std::string& words);
// "2026-01-02T03:04:05Z"
std::string scim_time(TimePoint time);
std::string scim_location(const Context& context, const scim::ResourceType& type, const std::string& id);

// The whole resource, in the schema's spelling. `groups`: those that the person is in.
json::Document person_resource(const Context& context, const store::Person& person,
                               const std::vector<store::Group>& groups);
// What is to be changed of it: without what is read-only.
json::Document person_to_change(const store::Person& person);
// Changes with each change of what can be changed.
std::string person_tag(const store::Person& person);

// Changes of people in one request: any number in one transaction. Holds the organization's lock from the
// start.
class Provisioner {
 public:
  // Throws ApiError(not_found) if there is no such organization any more.
  explicit Provisioner(const Work& work);

  // Throws ApiError: bad_request with scimType, conflict with scimType uniqueness, rate_limited,
  // limit_reached, role_outranks (provisioning_authority() covers the person's role not, or the new one).
  store::Person make(const json::Document& wanted);
  // `if_match`: a header, or empty. Throws ApiError: not_found, precondition_failed, last_owner, and as
  // make().
  // `change` makes the new resource of the old one.
  template <class Change>
  store::Person change(DirectoryId id, const std::string& if_match, Change&& change) {
    const auto before = person_under_lock(id, if_match);
    auto wanted = person_to_change(before);
    change(wanted);
    return save(before, wanted);
  }
  void remove(DirectoryId id, const std::string& if_match);

 private:
  struct Wanted;
  store::Person person_under_lock(DirectoryId id, const std::string& if_match);
  store::Person save(const store::Person& before, const json::Document& resource);
  Wanted read(const json::Document& resource) const;
  void write(const store::Person& person);
  RoleRecord newcomers_role();
  UserId make_account(const Wanted& wanted, bool proven, const RoleRecord& role);
  void join(const RoleRecord& role, const store::ProvenAccount& account);
  void invite(const Email& email, const RoleRecord& role);
  void revoke_invitation(const Email& email);
  void require_authority(const store::Member& member) const;
  void require_to_describe(const store::Member& member) const;
  void require_to_give(const RoleRecord& role) const;
  void require_to_readdress(DirectoryId id, const Email& to) const;
  void set_active(const store::Member& member, bool active);
  void move_address(store::Person& person, const Email& wanted);
  void require_free(const Wanted& wanted, const std::optional<DirectoryId>& of);
  bool is_of_proven_domain(const Email& email);
  void take_from_budget();

  Work work_;
  std::optional<store::Member> maker_;  // of the key, if that is an active member for good
  PermissionSet authority_;
  std::map<std::string, bool> proven_;  // domains
  std::optional<RoleRecord> role_;
};

}  // namespace tenantd::service
