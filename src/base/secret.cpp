#include "tenantd/base/secret.hpp"

#include <string.h>

namespace tenantd {

bool constant_time_equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference = static_cast<unsigned char>(difference | static_cast<unsigned char>(a[i] ^ b[i]));
  return difference == 0;
}

bool Secret::equals(std::string_view other) const { return constant_time_equal(value_, other); }

// Up to the capacity: a short text lives inside the string object itself and stays there when the string is
// moved from.
void Secret::wipe() {
  value_.resize(value_.capacity());
  ::explicit_bzero(value_.data(), value_.size());
  value_.clear();
}

}  // namespace tenantd
