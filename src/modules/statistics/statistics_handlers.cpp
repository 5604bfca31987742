#include "modules/statistics/statistics_store.hpp"

#include "tenantd/api/encode.hpp"
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

store::CountPage page_in(const JsonValue& query) {
  store::CountPage page;
  const auto typed = page_of(query);
  if (member(query, "limit") != nullptr) page.organizations = typed.limit;
  if (typed.from) page.after = OrgId{typed.from->id};
  return page;
}

void put_rows(JsonOut& json, const std::vector<store::OrganizationCount>& rows, bool by_role) {
  for (const auto& row : rows) {
    json.begin_object().field("org_id", row.org).field("organization_name", row.name);
    if (by_role) json.field("role", row.role);
    json.field("users", row.members).end_object();
  }
}

// The same with each organization once: its roles are the members of one object.
void put_organizations(JsonOut& json, const std::vector<store::OrganizationCount>& rows) {
  for (std::size_t i = 0; i < rows.size();) {
    const auto& org = rows[i].org;
    json.begin_object().field("org_id", org).field("organization_name", rows[i].name);
    json.key("roles").begin_object();
    for (; i < rows.size() && rows[i].org == org; ++i) json.field(rows[i].role, rows[i].members);
    json.end_object().end_object();
  }
}

template <class Put>
Response counts_reply(const store::Counts& counts, Put&& put) {
  JsonOut json;
  json.begin_object().key("items").begin_array();
  put(json);
  json.end_array().key("next_cursor");
  json.value(counts.last ? std::optional{make_cursor(store::Keyset{{}, counts.last->bytes()})}
                         : std::nullopt);
  json.end_object();
  return reply(json);
}

store::Counting counting(const Session& session) {
  return {session.user(), session.id(), session.principal().user.is_super};
}

Response organization_users(const Request& request, const Session& session, const TenantScope&, Txn& txn) {
  const auto& query = request.query;
  const auto counts = store::count_by_organization(txn, counting(session), filter_of(query), page_in(query),
                                                   request.context.now);
  return counts_reply(counts, [&](JsonOut& json) { put_rows(json, counts.rows, false); });
}

Response organization_role_users(const Request& request, const Session& session, const TenantScope&,
                                 Txn& txn) {
  const auto& query = request.query;
  const auto counts = store::count_by_organization_and_role(txn, counting(session), filter_of(query),
                                                            page_in(query), request.context.now);
  const bool grouped = maybe_text(query, "group") == "organization";
  return counts_reply(counts, [&](JsonOut& json) {
    grouped ? put_organizations(json, counts.rows) : put_rows(json, counts.rows, true);
  });
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
                                                            .name = "listRoleCounts",
                                                            .summary = "Users per role"},
                                                           {.method = GET,
                                                            .path = "/stats/organization-users",
                                                            .handler = organization_users,
                                                            .permission = stats_read,
                                                            .rate = Rate::read,
                                                            .query = "stats_query",
                                                            .reply = ok("organization_counts"),
                                                            .refuses = nothing,
                                                            .name = "listOrganizationCounts",
                                                            .summary = "Members per organization"},
                                                           {.method = GET,
                                                            .path = "/stats/organization-role-users",
                                                            .handler = organization_role_users,
                                                            .permission = stats_read,
                                                            .rate = Rate::read,
                                                            .query = "role_stats_query",
                                                            .reply = ok("organization_role_counts"),
                                                            .refuses = nothing,
                                                            .name = "listOrganizationRoleCounts",
                                                            .summary = "Members per organization and role"},
                                                       });

}  // namespace

std::span<const Route> statistics_rows() { return kStatisticsRows; }

}  // namespace tenantd::api::handlers
