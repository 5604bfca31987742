// Secret text: wiped when it goes, compared in constant time, never streamed.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace tenantd {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  ~Secret() { wipe(); }
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      value_ = other.value_;
    }
    return *this;
  }
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      value_ = std::move(other.value_);
      other.wipe();
    }
    return *this;
  }

  // The one way to the text; a grep for it finds every use.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

  // Constant in time for equal lengths.
  bool equals(std::string_view other) const;

 private:
  void wipe();
  std::string value_;
};

// Compares without leaving at the first difference; false at once only if the lengths differ.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace tenantd
