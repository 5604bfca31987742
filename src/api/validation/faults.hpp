// What is wrong with a body or a query, and where: as many faults as a reply names, then no more are looked
// for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tenantd/domain/error.hpp"

namespace tenantd::api {

// A way from a document's root to one value, kept on the stack: nothing is allocated until there is a fault
// to tell.
class Place {
 public:
  Place() = default;
  Place(const Place& outer, std::string_view name) : outer_(&outer), name_(name) {}
  Place(const Place& outer, std::size_t index) : outer_(&outer), index_(index), is_index_(true) {}

  bool is_root() const { return outer_ == nullptr; }
  // The member that the value is, or that is the list of which it is an item; "" at the root.
  std::string_view name() const;
  // As a JSON Pointer (RFC 6901): "" for the root, "/users/0/email".
  std::string pointer() const;

 private:
  const Place* outer_ = nullptr;
  std::string_view name_;
  std::size_t index_ = 0;
  bool is_index_ = false;
};

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
