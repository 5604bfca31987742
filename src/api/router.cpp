#include "tenantd/api/router.hpp"

#include <algorithm>

#include "tenantd/base/text.hpp"

namespace tenantd::api {
namespace {

bool is_part(std::string_view segment) { return segment.starts_with('{'); }

bool fits(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& path) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (is_part(pattern[i]) ? path[i].empty() : pattern[i] != path[i]) return false;
  return true;
}

http::Pairs values_of(const std::vector<std::string_view>& pattern,
                      const std::vector<std::string_view>& path) {
  http::Pairs values;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (is_part(pattern[i])) values.emplace_back(pattern[i].substr(1, pattern[i].size() - 2), path[i]);
  return values;
}

}  // namespace

Router::Router(std::span<const Route> table) : table_(table) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].path.find('{') == std::string_view::npos) {
      literal_[table[i].path].push_back(i);
    } else {
      patterns_.push_back({split(table[i].path, '/'), i});
    }
  }
}

Router::Match Router::find(Method method, std::string_view path) const {
  const Method wanted = method == Method::HEAD ? Method::GET : method;
  Match match;
  std::vector<std::string_view> methods;
  const auto consider = [&](std::size_t index) {
    methods.push_back(http::method_name(table_[index].method));
    if (table_[index].method == Method::GET) methods.push_back(http::method_name(Method::HEAD));
    match.is_oauth = match.is_oauth || table_[index].also == AlsoTakes::oauth;
    if (table_[index].method != wanted) return false;
    match.is_oauth = table_[index].also == AlsoTakes::oauth;
    match.route = &table_[index];
    match.index = index;
    return true;
  };
  if (const auto found = literal_.find(path); found != literal_.end()) {
    for (const auto index : found->second)
      if (consider(index)) return match;
  } else {
    const auto segments = split(path, '/');
    for (const auto& pattern : patterns_) {
      if (!fits(pattern.segments, segments) || !consider(pattern.index)) continue;
      match.values = values_of(pattern.segments, segments);
      return match;
    }
  }
  std::sort(methods.begin(), methods.end());
  methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
  for (const auto name : methods) match.allow += (match.allow.empty() ? "" : ", ") + std::string{name};
  return match;
}

}  // namespace tenantd::api
