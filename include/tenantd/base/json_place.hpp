// A way from a JSON document's root to one value, kept on the stack: nothing is allocated until it is told.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenantd::json {

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

}  // namespace tenantd::json
