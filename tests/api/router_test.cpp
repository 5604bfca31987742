// The router on a table of its own, then what holds for every row of the real one.
#include <criterion/criterion.h>

#include <array>
#include <set>
#include <string>

#include "support/check.hpp"
#include "tenantd/api/router.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

using api::Method;
using api::Rate;
using api::Route;

api::Response nothing(const api::Request&, db::Txn&) { return {}; }

Route row(Method method, std::string_view path) {
  return {.method = method,
          .path = path,
          .handler = nothing,
          .rate = Rate::none,
          .reply = {200, ""},
          .summary = "x"};
}

const std::array kTable = {
    row(Method::GET, "/things"),
    row(Method::POST, "/things"),
    row(Method::GET, "/things/{thing_id}"),
    row(Method::DELETE_, "/things/{thing_id}"),
    row(Method::GET, "/things/mine"),
    row(Method::PUT, "/things/{thing_id}/parts/{part_id}"),
    row(Method::GET, "/{any}/parts"),
    row(Method::POST, "/only-post"),
};

api::Router::Match find(Method method, std::string_view path) {
  static const api::Router router{kTable};
  return router.find(method, path);
}

std::string path_of(const api::Router::Match& match) {
  return match.route == nullptr ? "" : std::string{match.route->path};
}

bool is_read(Method method) { return method == Method::GET || method == Method::HEAD; }

// "/a/{b}/c" → "/a/x1/c"
std::string example_of(std::string_view path) {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    if (c == '{') out += "x1";
    inside = c == '{' || (inside && c != '}');
    if (!inside && c != '}') out += c;
  }
  return out;
}

}  // namespace

Test(router, a_path_and_its_method_find_their_row) {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    const auto match = find(kTable[i].method, example_of(kTable[i].path));
    require(match.route == &kTable[i] && match.index == i && match.allow.empty(),
            std::string{kTable[i].path});
  }
}

Test(router, head_is_answered_by_the_row_of_get) {
  require_equal(path_of(find(Method::HEAD, "/things")), "/things");
  require(find(Method::HEAD, "/things").route->method == Method::GET, "GET's row");
  require_equal(path_of(find(Method::HEAD, "/things/7")), "/things/{thing_id}");
  require(find(Method::HEAD, "/only-post").route == nullptr, "there is none");
}

Test(router, a_known_path_with_another_method_tells_which_it_takes) {
  require_equal(find(Method::DELETE_, "/things").allow, "GET, HEAD, POST");
  require_equal(find(Method::PATCH, "/things/7").allow, "DELETE, GET, HEAD");
  require_equal(find(Method::HEAD, "/only-post").allow, "POST");
  for (const auto method : {Method::other, Method::OPTIONS, Method::PATCH}) {
    const auto match = find(method, "/things");
    require(match.route == nullptr && match.allow == "GET, HEAD, POST", match.allow);
  }
}

Test(router, an_unknown_path_allows_nothing) {
  for (const char* path :
       {"", "/", "thing", "/nothing", "/Things", "/THINGS", "/things ", "/things\n", "/things?x=1",
        "/things/7/parts", "/things/7/parts/8/9", "//things", "/./things", "/things%2f7"}) {
    const auto match = find(Method::GET, path);
    require(match.route == nullptr && match.allow.empty(), path);
  }
}

Test(router, a_trailing_slash_is_another_path) {
  for (const char* path : {"/things/", "/things/7/", "/things/mine/", "/things/7/parts/8/"}) {
    const auto match = find(Method::PUT, path);
    require(match.route == nullptr && match.allow.empty(), path);
  }
}

Test(router, an_empty_part_matches_nothing) {
  for (const char* path : {"/things//parts/8", "/things/7/parts/", "//parts"}) {
    const auto match = find(Method::PUT, path);
    require(match.route == nullptr && match.allow.empty(), path);
  }
}

Test(router, a_literal_path_goes_before_a_pattern) {
  const auto match = find(Method::GET, "/things/mine");
  require_equal(path_of(match), "/things/mine");
  require(match.values.empty(), "no values");
  // The pattern's methods do not leak to the literal path.
  require_equal(find(Method::DELETE_, "/things/mine").allow, "GET, HEAD");
}

Test(router, the_parts_of_a_path_are_handed_on_as_they_stand) {
  const auto match = find(Method::PUT, "/things/0190b5a0/parts/..%41\xC3\xA4 {x}");
  require(match.values == http::Pairs{{"thing_id", "0190b5a0"}, {"part_id", "..%41\xC3\xA4 {x}"}},
          "both, in order");
}

Test(router, a_very_long_path_is_no_match) {
  std::string path;
  for (int i = 0; i < 100'000; ++i) path += "/things";
  require(find(Method::GET, path).route == nullptr, "unknown");
}

Test(routes, every_row_is_found_by_its_own_method_and_path) {
  const api::Router router{api::routes()};
  for (std::size_t i = 0; i < api::routes().size(); ++i) {
    const auto& route = api::routes()[i];
    const auto match = router.find(route.method, example_of(route.path));
    require(match.route == &route && match.index == i, std::string{route.path});
  }
}

Test(routes, paths_are_plain_and_their_parts_well_formed) {
  // RFC 7644 writes its paths with capitals.
  const std::string plain = "abcdefghijklmnopqrstuvwxyz0123456789_-.";
  for (const auto& route : api::routes()) {
    const std::string path{route.path};
    const auto known = path.starts_with("/scim/") ? plain + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" : plain;
    require(path.size() > 1 && path.front() == '/' && path.back() != '/', path);
    std::set<std::string_view> parts;
    for (const auto segment : split(std::string_view{route.path}.substr(1), '/')) {
      require(!segment.empty() && segment != "..", path);
      const bool part = segment.starts_with('{');
      require(part == segment.ends_with('}'), path);
      const auto name = part ? segment.substr(1, segment.size() - 2) : segment;
      require(name.find_first_not_of(known) == std::string_view::npos, path);
      if (part) require(!name.empty() && parts.insert(name).second, path);
    }
  }
}

Test(routes, no_two_rows_answer_one_request) {
  std::set<std::string> seen;
  for (const auto& route : api::routes()) {
    const auto key = std::string{http::method_name(route.method)} + ' ' + example_of(route.path);
    require(seen.insert(key).second, key);
    require(route.method != Method::other && route.method != Method::HEAD, key);
  }
}

Test(routes, a_permission_goes_with_the_tenants_rows_and_only_with_them) {
  for (const auto& route : api::routes())
    require(needs_permission(route.handler.access) == route.permission.has_value(), std::string{route.path});
}

Test(routes, a_read_takes_no_body_and_every_row_says_what_it_is_for) {
  for (const auto& route : api::routes()) {
    if (is_read(route.method)) require(route.body.empty(), std::string{route.path});
    require(!route.summary.empty() && !route.summary.ends_with('.'), std::string{route.path});
    // OAuth's and SCIM's own rows are marked whether they take a body or not.
    using tenantd::api::AlsoTakes;
    if (route.also != AlsoTakes::nothing && route.also != AlsoTakes::oauth && route.also != AlsoTakes::scim)
      require(route.method == Method::POST && !route.body.empty(), std::string{route.path});
  }
}

Test(routes, only_health_and_metrics_go_without_a_limit) {
  for (const auto& route : api::routes()) {
    if (route.rate != Rate::none) continue;
    const bool watching =
        route.path.starts_with("/health") || route.path == "/ready" || route.path == "/metrics";
    require(watching && route.handler.access == api::Access::anyone, std::string{route.path});
  }
}

Test(routes, a_change_is_never_counted_as_a_read) {
  // What is posted and changes nothing: a search, and what OAuth's standards have posted since it is a
  // secret.
  const std::set<std::string_view> reads = {
      "/api/v1/projects/search", "/api/v1/oauth/requests", "/api/v1/oauth/logouts", "/oauth2/introspect",
      "/oauth2/userinfo",        "/oauth2/logout",         "/oauth2/authorize"};
  for (const auto& route : api::routes())
    if (!is_read(route.method) && !reads.contains(route.path))
      require(route.rate != Rate::none && route.rate != Rate::read, std::string{route.path});
}

// nginx compares $uri with the text of the map, or matches it if that is a pattern: as a path with parts must
// be.
static std::string in_nginx(std::string_view path) {
  std::string text{path};
  if (text.find('{') == std::string::npos) return text;
  for (auto at = text.find('{'); at != std::string::npos; at = text.find('{'))
    text.replace(at, text.find('}') - at + 1, "[^/]+");
  return "~^" + text + "/?$";
}

Test(routes, the_map_for_nginx_names_each_path_that_hashes_passwords_once_and_no_other) {
  const std::string map = api::nginx_lanes();
  for (const auto& route : api::routes()) {
    const auto line = "\n    " + in_nginx(route.path) + " hash;\n";
    bool hashes = false;
    for (const auto& other : api::routes())
      hashes = hashes || (other.path == route.path && other.lane == api::LaneKind::hash);
    require_equal(map.find(line) != std::string::npos, hashes, std::string{route.path});
    require(!hashes || map.find(line) == map.rfind(line), std::string{route.path});
    // A trailing slash leads to the same lane.
    const bool is_pattern = route.path.find('{') != std::string_view::npos;
    const auto slashed = "\n    " + std::string{route.path} + "/ hash;\n";
    require(is_pattern || (map.find(slashed) != std::string::npos) == hashes, std::string{route.path});
  }
}

Test(routes, a_row_that_names_no_lane_goes_to_the_one_of_its_limit) {
  constexpr Route usual{.method = Method::GET,
                        .path = "/a",
                        .handler = nothing,
                        .rate = Rate::password,
                        .reply = {200, ""},
                        .summary = "A"};
  constexpr Route other{.method = Method::GET,
                        .path = "/a",
                        .handler = nothing,
                        .rate = Rate::password,
                        .lane = api::LaneKind::fast,
                        .reply = {200, ""},
                        .summary = "A"};
  require_equal(std::string{api::lane_name(usual.lane)}, std::string{"hash"});
  require_equal(std::string{api::lane_name(other.lane)}, std::string{"fast"});
}
