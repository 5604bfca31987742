#include "tenantd/base/json_place.hpp"

namespace tenantd::json {
namespace {

// RFC 6901: "~" and "/" in a member's name are escaped.
void append_escaped(std::string& out, std::string_view name) {
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string_view Place::name() const {
  if (is_root()) return {};
  return is_index_ ? outer_->name() : name_;
}

std::string Place::pointer() const {
  if (is_root()) return {};
  std::string out = outer_->pointer() + '/';
  if (is_index_) return out + std::to_string(index_);
  append_escaped(out, name_);
  return out;
}

}  // namespace tenantd::json
