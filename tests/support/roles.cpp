#include "support/roles.hpp"

namespace tenantd::test {

std::string role_body(const std::string& name, const std::string& permissions) {
  return object({{"name", name}, {"permissions", Field::raw(permissions)}});
}

Response make_role(const Account& maker, const std::string& name, const std::string& permissions) {
  return maker.client().post("/api/v1/roles", role_body(name, permissions));
}

std::string path_of(const Response& role) { return "/api/v1/roles/" + role.text("/id"); }

Response give(const Account& giver, const Account& member, const std::string& role) {
  return giver.client().post("/update_member_role",
                             object({{"user_id", member.user_id}, {"new_role_name", role}}));
}

}  // namespace tenantd::test
