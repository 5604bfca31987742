// What a change changed, for the audit row: of each value that differs, what it was and what it is.
#pragma once

#include "tenantd/effects/changes.hpp"

namespace tenantd::service {

class Differences {
 public:
  template <class T>
  Differences& note(std::string_view name, const T& was, const T& is) {
    if (was == is) return *this;
    before_.set(name, was);
    after_.set(name, is);
    return *this;
  }
  // JSON text on both sides.
  Differences& note_json(std::string_view name, const std::string& was, const std::string& is) {
    if (was == is) return *this;
    before_.raw(name, was);
    after_.raw(name, is);
    return *this;
  }
  const json::Object& before() const { return before_; }
  const json::Object& after() const { return after_; }

 private:
  json::Object before_;
  json::Object after_;
};

}  // namespace tenantd::service
