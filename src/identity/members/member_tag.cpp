#include "identity/members/member_tag.hpp"

#include "tenantd/domain/error.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::api::handlers {

std::string edited_of(const store::Member& member) {
  const auto ends = member.role.expires_at ? std::to_string(unix_seconds(*member.role.expires_at)) : "";
  return member.role.name + '\n' + ends + '\n' + std::string{status_name(member.status)} + '\n' +
         member.profile;
}

void require_expected(const Request& request, const TenantScope& scope, db::Txn& txn, UserId user) {
  if (!means_one(request.http)) return;
  service::stand_under_lock({txn, request.context, scope});
  const auto member = store::find_member(txn, scope, user);
  if (!member) throw ApiError(ErrorCode::not_found);
  if (!is_meant(request.http, edited_of(*member))) throw ApiError(ErrorCode::precondition_failed);
}

}  // namespace tenantd::api::handlers
