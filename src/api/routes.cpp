// The route table: joins the rows of the wings. `make lint` holds nginx/lanes.conf against it.
#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tenantd/api/route.hpp"

namespace tenantd::api {

// Files of handlers; each defines NAME_rows(). Their order is that of the rows under one heading.
// clang-format off
#define TENANTD_FILES_OF_ROWS(X) \
  X(health) X(detailed_health) X(reference) X(verify) X(accounts) X(security) X(passkeys) X(codes) X(step_up) X(preferences) X(privacy) X(users) \
  X(organizations) X(invitations) X(bulk_users) X(user_sessions) X(members) X(api_keys) X(service_accounts) X(roles) \
  X(impersonation) X(identity_providers) X(oidc_providers) X(social) X(single_sign_on) X(sign_in_tests) X(domains) X(scim) X(scim_service) X(scim_roles) X(oauth_clients) X(oauth_sign_in) X(oauth_tokens) \
  X(oauth_discovery) X(oauth_logout) X(oauth_devices) X(oauth_registration) X(oauth_guard) X(tenants) X(tenant_stats) X(events) \
  X(webhooks) X(streams) X(dead_deliveries) X(audit) X(described) X(products) X(stock) \
  X(movement_files) X(purchase_requests) X(projects) X(project_documents) X(project_views) X(files) \
  X(statistics) X(mail_events) X(outbox) X(administration) X(retention) X(all_users) X(problem_users) X(config) X(setup)
// clang-format on

namespace handlers {

#define TENANTD_DECLARE(name) std::span<const Route> name##_rows();
TENANTD_FILES_OF_ROWS(TENANTD_DECLARE)
#undef TENANTD_DECLARE

}  // namespace handlers

namespace {

using Rows = std::span<const Route> (*)();

#define TENANTD_LIST(name) handlers::name##_rows,
constexpr Rows kRows[] = {TENANTD_FILES_OF_ROWS(TENANTD_LIST)};
#undef TENANTD_LIST

// The order of the headings in the documents; a heading that is not among them comes last.
constexpr auto kSections = std::to_array<std::string_view>({"Health and discovery",
                                                            "Sign-up, sign-in, tokens",
                                                            "Users",
                                                            "Organizations, members, invites",
                                                            "API keys",
                                                            "Roles",
                                                            "Impersonation",
                                                            "Single sign-on",
                                                            "Domains",
                                                            "SCIM",
                                                            "OAuth clients",
                                                            "OAuth and OpenID Connect",
                                                            "Tenants",
                                                            "Events and webhooks",
                                                            "Streams",
                                                            "Audit",
                                                            "Inventory",
                                                            "Purchasing",
                                                            "Projects and documents",
                                                            "Files of documents",
                                                            "Statistics",
                                                            "Mail",
                                                            "Administration"});

// A row and its other spellings.
void append(std::vector<Route>& all, Route row) {
  const auto spellings = std::exchange(row.also_at, {});
  all.push_back(row);
  for (const auto& path : spellings) {
    if (path.empty()) continue;
    row.path = path;
    all.push_back(row);
  }
}

void require_different(const std::vector<Route>& all) {
  std::set<std::pair<Method, std::string_view>> seen;
  for (const auto& row : all)
    if (!seen.emplace(row.method, row.path).second)
      throw std::logic_error("two rows have one method and path: " + std::string{row.path});
}

std::size_t rank_of(const Route& row) {
  const auto* const found = std::find(kSections.begin(), kSections.end(), row.section);
  return static_cast<std::size_t>(found - kSections.begin());
}

std::vector<Route> joined() {
  std::vector<Route> all;
  for (const auto& rows : kRows)
    for (const auto& row : rows()) append(all, row);
  require_different(all);
  std::stable_sort(all.begin(), all.end(),
                   [](const Route& a, const Route& b) { return rank_of(a) < rank_of(b); });
  return all;
}

// A path with parts as a regular expression of nginx.
std::string nginx_pattern(std::string_view path) {
  if (path.find('{') == std::string_view::npos) return std::string{path};
  std::string pattern = "~^";
  bool part = false;
  for (const char c : path) {
    if (c == '{') pattern += "[^/]+";
    part = c == '{' || (part && c != '}' && c != '/');
    if (!part && c != '}') pattern += c;
  }
  return pattern + "/?$";
}

}  // namespace

std::span<const Route> routes() {
  static const std::vector<Route> kAll = joined();
  return kAll;
}

std::string_view lane_name(LaneKind lane) {
  constexpr std::array<std::string_view, 3> kNames{"fast", "hash", "outbound"};
  return kNames.at(static_cast<std::size_t>(lane));
}

std::string nginx_lanes() {
  std::string out =
      "# Which requests go to workers of their own: those that hash passwords, and those that wait for "
      "others.\n"
      "# Made by `tenantctl routes --nginx`.\n"
      "map $uri $tenantd_lane {\n    default fast;\n";
  std::vector<std::pair<std::string_view, std::string_view>> paths;
  for (const auto& route : routes())
    if (route.lane != LaneKind::fast) paths.emplace_back(route.path, lane_name(route.lane));
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  // A trailing slash is the same path.
  for (const auto& [path, lane] : paths) {
    const auto pattern = nginx_pattern(path);
    out += "    " + pattern + ' ' + std::string{lane} + ";\n";
    if (pattern == path) out += "    " + pattern + "/ " + std::string{lane} + ";\n";
  }
  return out + "}\n";
}

}  // namespace tenantd::api
