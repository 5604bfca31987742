// The route table: joins the rows of the wings. `make lint` holds nginx/lanes.conf against it.
#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tenantd/api/route.hpp"

namespace tenantd::api {
namespace handlers {

std::span<const Route> health_rows();
std::span<const Route> detailed_health_rows();
std::span<const Route> documents_of_the_api_rows();
std::span<const Route> verify_rows();
std::span<const Route> accounts_rows();
std::span<const Route> security_rows();
std::span<const Route> users_rows();
std::span<const Route> organizations_rows();
std::span<const Route> invitations_rows();
std::span<const Route> bulk_users_rows();
std::span<const Route> user_sessions_rows();
std::span<const Route> members_rows();
std::span<const Route> api_keys_rows();
std::span<const Route> roles_rows();
std::span<const Route> impersonation_rows();
std::span<const Route> identity_providers_rows();
std::span<const Route> single_sign_on_rows();
std::span<const Route> tenants_rows();
std::span<const Route> tenant_stats_rows();
std::span<const Route> events_rows();
std::span<const Route> webhooks_rows();
std::span<const Route> audit_rows();
std::span<const Route> products_rows();
std::span<const Route> product_files_rows();
std::span<const Route> suppliers_rows();
std::span<const Route> warehouses_rows();
std::span<const Route> stock_rows();
std::span<const Route> movement_files_rows();
std::span<const Route> purchase_requests_rows();
std::span<const Route> projects_rows();
std::span<const Route> project_documents_rows();
std::span<const Route> project_views_rows();
std::span<const Route> files_rows();
std::span<const Route> statistics_rows();
std::span<const Route> mail_events_rows();
std::span<const Route> administration_rows();
std::span<const Route> problem_users_rows();

}  // namespace handlers

namespace {

using Rows = std::span<const Route> (*)();
namespace h = handlers;

constexpr std::array<Rows, 37> kRows = {h::health_rows,
                                        h::detailed_health_rows,
                                        h::documents_of_the_api_rows,
                                        h::verify_rows,
                                        h::accounts_rows,
                                        h::security_rows,
                                        h::users_rows,
                                        h::organizations_rows,
                                        h::invitations_rows,
                                        h::bulk_users_rows,
                                        h::user_sessions_rows,
                                        h::members_rows,
                                        h::api_keys_rows,
                                        h::roles_rows,
                                        h::impersonation_rows,
                                        h::identity_providers_rows,
                                        h::single_sign_on_rows,
                                        h::tenants_rows,
                                        h::tenant_stats_rows,
                                        h::events_rows,
                                        h::webhooks_rows,
                                        h::audit_rows,
                                        h::products_rows,
                                        h::product_files_rows,
                                        h::suppliers_rows,
                                        h::warehouses_rows,
                                        h::stock_rows,
                                        h::movement_files_rows,
                                        h::purchase_requests_rows,
                                        h::projects_rows,
                                        h::project_documents_rows,
                                        h::project_views_rows,
                                        h::files_rows,
                                        h::statistics_rows,
                                        h::mail_events_rows,
                                        h::administration_rows,
                                        h::problem_users_rows};

// The order of the headings in the documents.
constexpr std::array<std::string_view, 18> kSections = {"Health and discovery",
                                                        "Sign-up, sign-in, tokens",
                                                        "Users",
                                                        "Organizations, members, invites",
                                                        "API keys",
                                                        "Roles",
                                                        "Impersonation",
                                                        "Single sign-on",
                                                        "Tenants",
                                                        "Events and webhooks",
                                                        "Audit",
                                                        "Inventory",
                                                        "Purchasing",
                                                        "Projects and documents",
                                                        "Files of documents",
                                                        "Statistics",
                                                        "Mail",
                                                        "Administration"};

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

std::size_t place_of(const Route& row) {
  const auto* const found = std::find(kSections.begin(), kSections.end(), row.section);
  if (found == kSections.end())
    throw std::logic_error("no heading of the documents: " + std::string{row.section});
  return static_cast<std::size_t>(found - kSections.begin());
}

std::vector<Route> joined() {
  std::vector<Route> all;
  for (const auto& rows : kRows)
    for (const auto& row : rows()) append(all, row);
  require_different(all);
  std::stable_sort(all.begin(), all.end(),
                   [](const Route& a, const Route& b) { return place_of(a) < place_of(b); });
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

std::string nginx_lanes() {
  std::string out =
      "# Which requests go to workers of their own: those that hash passwords, and those that wait for "
      "others.\n"
      "# Made by `tenantctl routes --nginx`.\n"
      "map $uri $tenantd_lane {\n    default fast;\n";
  std::vector<std::pair<std::string_view, std::string_view>> paths;
  for (const auto& route : routes())
    if (lane_of(route) != "fast") paths.emplace_back(route.path, lane_of(route));
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
