#include "identity/members/members.hpp"

#include "identity/members/member_tag.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

void put_member(JsonOut& json, const TenantScope& scope, const store::Member& m) {
  json.begin_object()
      .field("org_id", scope.org())
      .field("user_id", m.user)
      .field("email", m.email)
      .key("profile")
      .raw(m.profile)
      .field("role", m.role.name)
      .field("role_expires_at", m.role.expires_at)
      .field("status", status_name(m.status))
      .field("created_at", m.created_at)
      .field("updated_at", m.updated_at)
      .end_object();
}

// The seed paths name the member in the body, the canonical ones in the path.
UserId member_of(const Request& request) {
  for (const auto& [name, value] : request.http.path_values) {
    if (name != "user_id") continue;
    const auto user = UserId::parse(value);
    if (!user) throw ApiError(ErrorCode::not_found);
    return *user;
  }
  return id<UserId>(request.body, "user_id");
}

Response list_members(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  store::MemberFilter filter;
  if (const auto status = maybe_text(request.query, "status")) filter.status = parse_status(*status);
  filter.role = maybe_text(request.query, "role");
  return page_reply(
      page, store::list_members(txn, scope, filter, page.from, page.limit + 1),
      [&](JsonOut& json, const store::Member& m) { put_member(json, scope, m); },
      [](const store::Member& m) {
        return store::Keyset{m.created_at, m.user.bytes()};
      },
      [&] { return store::count_members(txn, scope, filter); });
}

Response delete_member(const Request& request, const TenantScope& scope, Txn& txn) {
  service::remove_member({txn, request.context, scope}, member_of(request));
  return no_content();
}

// Takes no permission, and no second factor that the organization asks for: nobody is kept.
Response leave_organization(const Request& request, const Session& session, Txn& txn) {
  const auto scope = session.without_rights();
  if (!scope) throw ApiError(ErrorCode::not_found);
  service::leave({txn, request.context, *scope});
  return no_content();
}

Response update_member_role(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto user = member_of(request);
  if (request.http.method == http::Method::PUT) require_expected(request, scope, txn, user);
  const auto changed =
      service::change_role({txn, request.context, scope}, user, text(request.body, "new_role_name"),
                           maybe_time(request.body, "expires_at"));
  JsonOut json;
  put_member(json, scope, changed);
  auto response = reply(json);
  return tagged(response, changed);
}

constexpr auto kMembersRows = section(
    "Organizations, members, invites",
    {
        {.method = GET,
         .path = "/organization/list_users",
         .also_at = {"/api/v1/members"},
         .handler = list_members,
         .permission = users_read,
         .rate = Rate::read,
         .query = "members_query",
         .reply = ok("members"),
         .refuses = nothing,
         .summary = "Members"},
        {.method = DELETE_,
         .path = "/delete",
         .handler = delete_member,
         .permission = users_delete,
         .rate = Rate::write,
         .body = "delete_member",
         .reply = done(),
         .refuses = {role_outranks, not_found, last_owner},
         .name = "removeMember",
         .summary = "End a membership"},
        {.method = DELETE_,
         .path = "/api/v1/organizations/{org_id}/members/me",
         .handler = leave_organization,
         .rate = Rate::write,
         .reply = done(),
         .refuses = {forbidden, last_owner},
         .name = "leaveOrganization",
         .summary = "Leave an organization"},
        {.method = POST,
         .path = "/update_member_role",
         .handler = update_member_role,
         .permission = roles_assign,
         .rate = Rate::write,
         .body = "update_member_role",
         .reply = ok("member"),
         .refuses = {role_outranks, not_found, last_owner, account_unverified, reauthentication_required},
         .summary = "Give a member another role"},
        {.method = PUT,
         .path = "/api/v1/members/{user_id}/role",
         .handler = update_member_role,
         .permission = roles_assign,
         .rate = Rate::write,
         .body = "member_role",
         .reply = ok("member"),
         .refuses = {role_outranks, not_found, last_owner, account_unverified, reauthentication_required},
         .summary = "Give a member another role; If-Match takes the ETag of GET /api/v1/users/{user_id}"},
    });

}  // namespace

std::span<const Route> members_rows() { return kMembersRows; }

}  // namespace tenantd::api::handlers
