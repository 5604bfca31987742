#include "modules/statistics/statistics_store.hpp"

#include "tenantd/api/rows.hpp"

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

store::Counting counting(const Session& session) {
  return {session.user(), session.id(), session.principal().user.is_super};
}

Response organization_users(const Request& request, const Session& session, const TenantScope&, Txn& txn) {
  return counts_reply(
      store::count_by_organization(txn, counting(session), filter_of(request.query), request.context.now),
      false);
}

Response organization_role_users(const Request& request, const Session& session, const TenantScope&,
                                 Txn& txn) {
  return counts_reply(store::count_by_organization_and_role(txn, counting(session), filter_of(request.query),
                                                            request.context.now),
                      true);
}

Response role_wise_users(const Request& request, const Session& session, const TenantScope&, Txn& txn) {
  const auto counts = store::count_by_role(txn, counting(session), request.context.now);
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& row : counts)
    json.begin_object().field("role", row.role).field("users", row.members).end_object();
  json.end_array().end_object();
  return reply(json);
}

constexpr auto kStatisticsRows = section("Statistics", {
                                                           {.method = GET,
                                                            .path = "/role_wise_users",
                                                            .handler = role_wise_users,
                                                            .permission = stats_read,
                                                            .rate = Rate::read,
                                                            .reply = ok("role_counts"),
                                                            .refuses = nothing,
                                                            .summary = "Users per role"},
                                                           {.method = GET,
                                                            .path = "/stats/organization-users",
                                                            .handler = organization_users,
                                                            .permission = stats_read,
                                                            .rate = Rate::read,
                                                            .query = "stats_query",
                                                            .reply = ok("organization_counts"),
                                                            .refuses = nothing,
                                                            .summary = "Members per organization"},
                                                           {.method = GET,
                                                            .path = "/stats/organization-role-users",
                                                            .handler = organization_role_users,
                                                            .permission = stats_read,
                                                            .rate = Rate::read,
                                                            .query = "stats_query",
                                                            .reply = ok("organization_role_counts"),
                                                            .refuses = nothing,
                                                            .summary = "Members per organization and role"},
                                                       });

}  // namespace

std::span<const Route> statistics_rows() { return kStatisticsRows; }

}  // namespace tenantd::api::handlers
