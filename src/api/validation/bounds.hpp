// What a schema says of sizes and of the look of texts, compiled: how long a text may be, how many items and
// members there may be, that items differ, and patterns.
//
// Sizes are judged first and in one pass that is linear in the body, so that nothing that costs more is ever
// given more than the schema allows. Patterns run in RE2, whose time is linear in the text whatever both are.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "api/validation/faults.hpp"
#include "tenantd/api/json.hpp"

namespace re2 {
class RE2;
}

namespace tenantd::api {

class Bounds {
 public:
  // Of a schema whose references are expanded. Throws std::runtime_error for a pattern that RE2 does not
  // take, for items that must differ and are no texts, and for any of it within alternatives (oneOf, anyOf,
  // …), where it would not be judged.
  explicit Bounds(const JsonValue& schema);
  ~Bounds();
  Bounds(Bounds&&) noexcept;

  // Adds a fault for each value that is larger than it may be, and for items that are equal. A number is
  // judged here if it is beyond 64 bits.
  void check_sizes(const JsonValue& value, const Place& place, Faults& faults) const;
  // Adds a fault for each text that is too short or does not look as it must, unless its place has one
  // already.
  void check_patterns(const JsonValue& value, const Place& place, Faults& faults) const;

 private:
  void check_text(const JsonValue& value, const Place& place, Faults& faults) const;
  void check_number(const JsonValue& value, const Place& place, Faults& faults) const;
  std::string fault_of(const JsonValue& text, const Place& place) const;
  void check_items(const JsonValue& value, const Place& place, Faults& faults) const;
  void check_members(const JsonValue& value, const Place& place, Faults& faults) const;
  template <class Visit>
  void descend(const JsonValue& value, const Place& place, Faults& faults, Visit visit) const;

  std::optional<std::uint64_t> min_length_, max_length_, max_items_, max_properties_;
  std::optional<std::int64_t> least_, most_;  // of whole numbers
  bool is_uuid_ = false;
  bool unique_items_ = false;
  bool closed_ = false;  // knows the names of all its members
  bool has_patterns_ = false;
  std::unique_ptr<re2::RE2> pattern_;
  std::string pattern_says_;
  std::map<std::string, Bounds, std::less<>> properties_;
  std::unique_ptr<Bounds> items_;
};

// Takes out of a schema what Bounds has judged.
void drop_bounds(JsonValue& schema);

}  // namespace tenantd::api
