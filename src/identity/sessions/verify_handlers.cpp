// Who calls, as headers, for nginx's auth_request in front of other applications.
#include "identity/header_text.hpp"

#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/impersonation.hpp"
#include "tenantd/domain/permission.hpp"

namespace tenantd::api::handlers {
namespace {

std::string separated_by_blanks(PermissionSet set) {
  std::string names = format_permissions(set);
  for (char& c : names)
    if (c == ',') c = ' ';
  return names;
}

Response verify_caller(const Request& request, const Caller& caller, Txn&) {
  const auto& p = caller.principal();
  const auto held = p.organization ? held_by(p, request.context.now) : PermissionSet{};
  if (const auto name = maybe_text(request.query, "permission")) {
    const auto wanted = parse_permission(*name);
    if (!wanted) refuse_field("?permission", "is no permission");
    if (!held.has(*wanted)) throw ApiError(ErrorCode::forbidden);
  }
  // A key may less than its maker's role says, and an assignment that has expired says nothing: an
  // application that goes by the role's name must not take either for it.
  const bool has_role = p.organization && !p.api_key && held != PermissionSet{};
  // A key of the organization stands for nobody: its role is the key itself, or that of a service account.
  const bool is_nobody = p.account || (p.api_key && p.role.id.bytes() == p.api_key->bytes());
  auto response = no_content();
  response.header("X-User-Id", is_nobody ? "" : p.user.id.str())
      .header("X-Org-Id", p.organization ? p.organization->id.str() : "")
      .header("X-Role", has_role ? header_text(p.role.name) : "")
      .header("X-Permissions", separated_by_blanks(held))
      .header("X-Actor-Id", p.actor ? p.actor->id.str() : "");
  return response;
}

constexpr auto kVerifyRows =
    section("Health and discovery",
            {
                {.method = GET,
                 .path = "/auth/verify",
                 .handler = verify_caller,
                 .rate = Rate::read,
                 .query = "verify_query",
                 .reply = done(),
                 .refuses = {forbidden},
                 .name = "verifyCaller",
                 .summary = "Who calls, for nginx's auth_request in front of other applications"},
            });

}  // namespace

std::span<const Route> verify_rows() { return kVerifyRows; }

}  // namespace tenantd::api::handlers
