#include "tenantd/store/global/statistics.hpp"

#include "tenantd/api/handlers/handlers.hpp"

namespace tenantd::api::handlers {
namespace {

store::CountFilter filter_of(const JsonValue& query) {
  store::CountFilter filter;
  if (const auto* from = member(query, "from_time")) filter.from = from_unix(from->GetInt64());
  if (const auto* to = member(query, "to_time")) filter.to = from_unix(to->GetInt64());
  if (const auto status = maybe_text(query, "status")) filter.status = parse_status(*status);
  if (filter.from && filter.to && *filter.from > *filter.to)
    refuse_field("?from_time", "must not be after to_time");
  return filter;
}

Response counts_reply(const std::vector<store::OrganizationCount>& counts, bool by_role) {
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& row : counts) {
    json.begin_object().field("org_id", row.org).field("organization_name", row.name);
    if (by_role) json.field("role", row.role);
    json.field("users", row.members).end_object();
  }
  json.end_array().end_object();
  return reply(json);
}

bool counts_everything(const Session& session) { return session.principal().user.is_super; }

// A session that is good for one organization counts there alone.
std::vector<store::OrganizationCount> within_reach(const Session& session,
                                                   std::vector<store::OrganizationCount> counts) {
  if (const auto only = session.principal().bound_org)
    std::erase_if(counts, [&](const auto& row) { return row.org != *only; });
  return counts;
}

// Users per role of the one organization.
std::vector<store::RoleCount> by_role(const std::vector<store::OrganizationCount>& counts) {
  std::vector<store::RoleCount> roles;
  for (const auto& row : counts) roles.push_back({row.role, row.members});
  return roles;
}

}  // namespace

Response organization_users(const Request& request, const Session& session, const TenantScope&, Txn& txn) {
  return counts_reply(
      within_reach(session, store::count_by_organization(txn, session.user(), counts_everything(session),
                                                         filter_of(request.query), request.context.now)),
      false);
}

Response organization_role_users(const Request& request, const Session& session, const TenantScope&,
                                 Txn& txn) {
  return counts_reply(within_reach(session, store::count_by_organization_and_role(
                                                txn, session.user(), counts_everything(session),
                                                filter_of(request.query), request.context.now)),
                      true);
}

Response role_wise_users(const Request& request, const Session& session, const TenantScope&, Txn& txn) {
  const auto now = request.context.now;
  const bool everywhere = counts_everything(session);
  const auto counts = session.principal().bound_org
                          ? by_role(within_reach(session, store::count_by_organization_and_role(
                                                              txn, session.user(), everywhere, {}, now)))
                          : store::count_by_role(txn, session.user(), everywhere, now);
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& row : counts)
    json.begin_object().field("role", row.role).field("users", row.members).end_object();
  json.end_array().end_object();
  return reply(json);
}

}  // namespace tenantd::api::handlers
