// From method and path to a row of the route table.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tenantd/api/route.hpp"

namespace tenantd::api {

class Router {
 public:
  explicit Router(std::span<const Route> table);

  struct Match {
    const Route* route = nullptr;  // nullptr: no such path, or not with this method
    std::size_t index = 0;         // in the table
    http::Pairs values;            // of the path's {parts}
    std::string allow;             // methods of the path, when the method is the only fault
    bool is_oauth = false;         // OAuth's own: the row, or where there is none, one of the path's
  };
  // HEAD is answered by GET's row.
  Match find(Method method, std::string_view path) const;

 private:
  struct Pattern {
    std::vector<std::string_view> segments;
    std::size_t index;
  };
  std::span<const Route> table_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> literal_;
  std::vector<Pattern> patterns_;
};

}  // namespace tenantd::api
