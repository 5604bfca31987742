#include "tenantd/effects/rows.hpp"

namespace tenantd::store {

RoleRecord read_role(const db::Rows& rows, unsigned at) {
  RoleRecord role{rows.id<RoleId>(at), rows.text(at + 1), {}, {}};
  if (const auto custom = rows.maybe_text(at + 2)) {
    role.permissions = parse_permissions(*custom);
  } else if (const auto* system = find_system_role(role.name)) {
    role.permissions = system->permissions;
  }
  return role;
}

OrganizationRecord read_organization(const db::Rows& rows, unsigned at) {
  OrganizationRecord o;
  o.id = rows.id<OrgId>(at);
  o.name = rows.text(at + 1);
  o.slug = rows.text(at + 2);
  o.status = static_cast<Status>(rows.integer(at + 3));
  o.personal = rows.flag(at + 4);
  o.require_mfa = rows.flag(at + 5);
  o.created_at = rows.time(at + 6);
  o.updated_at = rows.time(at + 7);
  return o;
}

std::optional<LoginAlert> maybe_login_alert(const db::Rows& rows, unsigned at) {
  const auto number = rows.maybe_integer(at);
  return number ? std::optional{static_cast<LoginAlert>(*number)} : std::nullopt;
}

std::optional<TimePoint> maybe_time(const db::Rows& rows, unsigned at) {
  const auto seconds = rows.maybe_integer(at);
  return seconds ? std::optional{from_unix(*seconds)} : std::nullopt;
}

}  // namespace tenantd::store
