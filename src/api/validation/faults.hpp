// What is wrong with a body or a query, and where: as many faults as a reply names, then no more are looked
// for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tenantd/base/json_place.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api {

using json::Place;

class Faults {
 public:
  static constexpr std::size_t kMost = 20;

  // Keeps it unless there are kMost already.
  void add(std::string pointer, std::string words);
  bool none() const { return error_.fields().empty(); }
  bool full() const { return error_.fields().size() >= kMost; }
  bool names(std::string_view pointer) const;
  // Throws ApiError(validation_failed) if there are any.
  void raise() const;

 private:
  ApiError error_{ErrorCode::validation_failed};
};

}  // namespace tenantd::api
