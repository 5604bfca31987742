#include <map>

#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/member_counts.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/tenants_store.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::int64_t kLargest = 10;

void put_counts(JsonOut& json, const store::StatusCounts& counts) {
  json.begin_object()
      .field("total", counts.active + counts.inactive)
      .field("active", counts.active)
      .field("inactive", counts.inactive)
      .end_object();
}

void add(store::StatusCounts& counts, const store::RoleStatusCount& row) {
  (row.status == Status::active ? counts.active : counts.inactive) += row.members;
}

void put_members(JsonOut& json, const std::vector<store::RoleStatusCount>& rows) {
  store::StatusCounts all;
  std::map<std::string, store::StatusCounts> by_role;
  for (const auto& row : rows) {
    add(all, row);
    add(by_role[row.role], row);
  }
  json.key("members");
  put_counts(json, all);
  json.key("by_role").begin_array();
  for (const auto& [role, counts] : by_role)
    json.begin_object()
        .field("role", role)
        .field("active", counts.active)
        .field("inactive", counts.inactive)
        .end_object();
  json.end_array();
}

Response tenants_stats(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto range = range_of(request.query, request.context.now);
  JsonOut json;
  json.begin_object().key("tenants");
  put_counts(json, store::count_tenants_by_status(txn, admin));
  json.key("members");
  put_counts(json, store::count_all_members(txn, admin));
  json.key("by_day").begin_array();
  for (const auto& count : store::count_tenants_by_day(txn, admin, range.from, range.to))
    json.begin_object().field("day", date_of(count.day)).field("tenants", count.tenants).end_object();
  json.end_array().key("largest").begin_array();
  for (const auto& tenant : store::largest_tenants(txn, admin, kLargest))
    json.begin_object()
        .field("id", tenant.id)
        .field("name", tenant.name)
        .field("slug", tenant.slug)
        .field("members", tenant.active_members)
        .end_object();
  json.end_array().end_object();
  return reply(json);
}

Response tenant_stats(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto id = OrgId::parse(request.http.path_value("tenant_id"));
  if (!id) throw ApiError(ErrorCode::not_found);
  const auto range = range_of(request.query, request.context.now);
  const auto scope = admin.in(*id);
  store::enter(txn, scope);
  if (!store::find_organization(txn, scope)) throw ApiError(ErrorCode::not_found);
  JsonOut json;
  json.begin_object().field("id", *id);
  put_members(json, store::count_members_by_role(txn, scope));
  json.key("by_day").begin_array();
  for (const auto& count : store::count_members_by_day(txn, scope, range.from, range.to))
    json.begin_object().field("day", date_of(count.day)).field("members", count.members).end_object();
  const auto activity = store::find_tenant_activity(txn, scope, request.context.now);
  json.end_array()
      .field("pending_invites", activity.pending_invites)
      .field("api_keys", activity.api_keys)
      .field("live_sessions", activity.live_sessions)
      .field("last_activity_at", activity.last_activity_at)
      .end_object();
  return reply(json);
}

constexpr auto kTenantStatsRows = section("Tenants", {
                                                         {.method = GET,
                                                          .path = "/api/v1/tenants/stats",
                                                          .handler = tenants_stats,
                                                          .rate = Rate::read,
                                                          .query = "user_stats_query",
                                                          .reply = ok("tenants_stats"),
                                                          .refuses = nothing,
                                                          .name = "getAllTenantsStats",
                                                          .summary = "All organizations in numbers"},
                                                         {.method = GET,
                                                          .path = "/api/v1/tenants/{tenant_id}/stats",
                                                          .handler = tenant_stats,
                                                          .rate = Rate::read,
                                                          .query = "user_stats_query",
                                                          .reply = ok("tenant_stats"),
                                                          .refuses = nothing,
                                                          .summary = "An organization in numbers"},
                                                     });

}  // namespace

std::span<const Route> tenant_stats_rows() { return kTenantStatsRows; }

}  // namespace tenantd::api::handlers
