#include "tenantd/identity/organizations.hpp"

#include "identity/organizations/all_organizations_store.hpp"
#include "identity/organizations/revision_store.hpp"
#include "identity/two_part_tag.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/way_in.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/encode.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::size_t kMaxSettings = 4096;  // bytes

Response list_every_organization(const Request& request, const Session& session, Txn& txn) {
  const Page page = page_of(request.query);
  return page_reply(
      page, store::list_organizations(txn, session.user(), page.from, page.limit + 1),
      [](JsonOut& json, const auto& row) { put_organization(json, row.organization, row.role); },
      [](const auto& row) {
        return store::Keyset{row.organization.created_at, row.organization.id.bytes()};
      },
      [&] { return store::count_organizations(txn, session.user()); });
}

// The one organization that a bound session is good for.
Response list_only(const Page& page, Txn& txn, const Session& session, OrgId org) {
  std::vector<store::Membership> rows;
  if (auto membership = store::find_membership(txn, session.user(), org); membership && !page.from)
    rows.push_back(*std::move(membership));
  const auto count = static_cast<std::int64_t>(rows.size());
  return page_reply(
      page, std::move(rows),
      [](JsonOut& json, const auto& row) { put_organization(json, row.organization, row.role); },
      [](const auto& row) {
        return store::Keyset{row.member_since, row.organization.id.bytes()};
      },
      [&] { return count; });
}

void put_whole_organization(JsonOut& json, Txn& txn, UserId user, OrgId org) {
  const auto membership = store::find_membership(txn, user, org);
  const auto detail = store::find_organization_detail(txn, user, org);
  if (!membership || !detail) throw ApiError(ErrorCode::not_found);
  put_organization(json, membership->organization, membership->role, detail);
}

// The tag of what `response` tells of the organization.
Response& tagged(Response& response, Txn& txn, UserId user, OrgId org) {
  const auto revision = store::organization_revision(txn, user, org).value_or(0);
  return response.header("ETag", two_part_tag(std::to_string(revision), response.body));
}

Response whole_organization(Txn& txn, UserId user, OrgId org) {
  JsonOut json;
  put_whole_organization(json, txn, user, org);
  auto response = reply(json);
  return tagged(response, txn, user, org);
}

// What a member of the body says of a value that may be unset by null.
std::optional<std::optional<std::int64_t>> number_or_null(const JsonValue& body, const char* name) {
  const auto value = maybe_integer(body, name);
  if (!value && !is_null(body, name)) return std::nullopt;
  return value;
}

service::OrganizationChange change_of(const JsonValue& body) {
  service::OrganizationChange change;
  change.name = maybe_text(body, "name");
  change.slug = maybe_text(body, "slug");
  if (member(body, "settings") != nullptr) {
    change.settings = json_text(body, "settings", "{}");
    if (change.settings->size() > kMaxSettings) refuse_field("/settings", "must not exceed 4096 bytes");
  }
  if (const auto* required = member(body, "require_mfa")) change.require_mfa = required->GetBool();
  if (const auto* required = member(body, "require_passkey")) change.require_passkey = required->GetBool();
  if (const auto* taken = member(body, "mail_code")) change.mail_code = taken->GetBool();
  if (const auto* allowed = member(body, "self_approval")) change.self_approval = allowed->GetBool();
  const auto sender = maybe_text(body, "mail_sender_name");
  if (sender || is_null(body, "mail_sender_name")) change.mail_sender_name = sender;
  change.session_idle_seconds = number_or_null(body, "session_idle_seconds");
  change.session_max_seconds = number_or_null(body, "session_max_seconds");
  change.invite_seconds = number_or_null(body, "invite_seconds");
  const auto alert = maybe_text(body, "login_alert");
  if (alert || is_null(body, "login_alert"))
    change.login_alert = alert ? parse_login_alert(*alert) : std::nullopt;
  return change;
}

Response list_my_organizations(const Request& request, const Session& session, Txn& txn) {
  const Page page = page_of(request.query);
  if (const auto only = session.principal().bound_org) return list_only(page, txn, session, *only);
  return page_reply(
      page, store::list_memberships(txn, session.user(), page.from, page.limit + 1),
      [](JsonOut& json, const auto& row) { put_organization(json, row.organization, row.role); },
      [](const auto& row) {
        return store::Keyset{row.member_since, row.organization.id.bytes()};
      },
      [&] { return store::count_memberships(txn, session.user()); });
}

Response register_organization(const Request& request, const Session& session, Txn& txn) {
  service::require_unbound(session.principal());
  service::require_may_found(txn, request.context, session.principal());
  const auto made =
      service::Founding::found(txn, request.context, session.user(),
                               {text(request.body, "name"), maybe_text(request.body, "slug"), false});
  JsonOut json;
  put_whole_organization(json, txn, session.user(), made.organization.id);
  auto response = created(json, "/api/v1/organizations/" + made.organization.id.str());
  return tagged(response, txn, session.user(), made.organization.id);
}

Response select_organization(const Request& request, const Session& session, Txn& txn) {
  JsonOut json;
  json.begin_object();
  put_tokens(json,
             service::select_organization(txn, request.context, session, id<OrgId>(request.body, "org_id")));
  json.end_object();
  return token_response(json);
}

Response list_organizations(const Request& request, const Session& session, Txn& txn) {
  if (session.principal().user.is_super) return list_every_organization(request, session, txn);
  return list_my_organizations(request, session, txn);
}

// Any member may see it, as long as the membership grants anything at all.
Response show_organization(const Request& request, const Session& session, Txn& txn) {
  const auto& principal = session.principal();
  if (!principal.organization) throw ApiError(ErrorCode::not_found);
  require_way_in(principal);
  if (principal.role.expires_at && *principal.role.expires_at <= request.context.now)
    throw ApiError(ErrorCode::forbidden);
  return whole_organization(txn, session.user(), principal.organization->id);
}

Response change_organization(const Request& request, const TenantScope& scope, Txn& txn) {
  const service::Work work{txn, request.context, scope};
  const auto change = change_of(request.body);
  if (means_one(request.http)) {
    service::stand_for_good(work);
    const auto revision = store::organization_revision(txn, scope.user(), scope.org()).value_or(0);
    if (!is_meant(request.http, std::to_string(revision))) throw ApiError(ErrorCode::precondition_failed);
  }
  service::change_organization(work, change);
  return whole_organization(txn, scope.user(), scope.org());
}

Response delete_organization(const Request& request, const TenantScope& scope, Txn& txn) {
  service::delete_organization({txn, request.context, scope}, text(request.body, "name"));
  return no_content();
}

// A person hands it over, not a key.
Response transfer_ownership(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  service::transfer_ownership({txn, request.context, scope}, id<UserId>(request.body, "user_id"),
                              {maybe_text(request.body, "password"), maybe_text(request.body, "code")});
  return whole_organization(txn, scope.user(), scope.org());
}

constexpr auto kOrganizationsRows = join(
    section("Users",
            {
                {.method = GET,
                 .path = "/users/list_orgs",
                 .handler = list_my_organizations,
                 .rate = Rate::read,
                 .query = "page_query",
                 .reply = ok("organizations"),
                 .refuses = nothing,
                 .name = "listMyOrganizations",
                 .summary = "My organizations"},
            }),
    section("Organizations, members, invites",
            {
                {.method = POST,
                 .path = "/organization/register",
                 .also_at = {"/api/v1/organizations"},
                 .handler = register_organization,
                 .rate = Rate::write,
                 .body = "organization",
                 .reply = made("organization_detail"),
                 .refuses = {session_bound, limit_reached, email_unverified, signup_closed},
                 .summary = "Create an organization"},
                {.method = GET,
                 .path = "/api/v1/organizations",
                 .handler = list_organizations,
                 .rate = Rate::read,
                 .query = "page_query",
                 .reply = ok("organizations"),
                 .summary = "My organizations; for a super-admin all"},
                {.method = GET,
                 .path = "/api/v1/organizations/{org_id}",
                 .handler = show_organization,
                 .rate = Rate::read,
                 .reply = ok("organization_detail"),
                 .summary = "An organization of mine"},
                {.method = PUT,
                 .path = "/api/v1/organizations/{org_id}",
                 .handler = change_organization,
                 .permission = tenant_manage,
                 .rate = Rate::write,
                 .body = "change_organization",
                 .reply = ok("organization_detail"),
                 .refuses = {mfa_not_enabled, reauthentication_required},
                 .summary =
                     "Change name, slug, settings, and how the organization is run; If-Match takes its ETag"},
                {.method = DELETE_,
                 .path = "/api/v1/organizations/{org_id}",
                 .handler = delete_organization,
                 .permission = tenant_delete,
                 .rate = Rate::write,
                 .body = "delete_organization",
                 .reply = done(),
                 .refuses = {confirmation_mismatch},
                 .summary = "End an organization with everything in it"},
                {.method = POST,
                 .path = "/api/v1/organizations/{org_id}/transfer-ownership",
                 .handler = transfer_ownership,
                 .permission = tenant_transfer,
                 .rate = Rate::password,
                 .body = "transfer_ownership",
                 .reply = ok("organization_detail"),
                 .summary = "Make another member the owner"},
                {.method = POST,
                 .path = "/organization/select",
                 .handler = select_organization,
                 .pair = Pair::answered,
                 .rate = Rate::write,
                 .body = "select_organization",
                 .reply = ok("token"),
                 .refuses = {not_found, session_bound},
                 .summary = "Make an organization the active one"},
            }));

}  // namespace

std::span<const Route> organizations_rows() { return kOrganizationsRows; }

}  // namespace tenantd::api::handlers
