// A schema as Valijson judges it: types, members that must be there, alternatives, numbers. Valijson collects
// every fault that there is, so it is given one item of a list at a time: a body of a thousand wrong items
// costs as much as one of twenty.
#pragma once

#include <memory>
#include <vector>

#include "api/validation/fault_words.hpp"
#include "api/validation/faults.hpp"
#include "tenantd/api/json.hpp"

namespace tenantd::api {

class SchemaPart {
 public:
  // Throws std::exception if it is no schema. `whole`: lists are not taken apart, whatever that costs.
  enum class Lists { apart, whole };
  SchemaPart(const JsonValue& schema, Lists lists);
  ~SchemaPart();

  // Adds the faults of `value`, until there are enough.
  void check(const JsonValue& value, const Place& place, Faults& faults) const;

 private:
  struct Compiled;
  struct List {
    Steps steps;  // from this part's value to the list
    std::unique_ptr<SchemaPart> item;
  };
  void take_lists_apart(JsonValue& schema, const Steps& steps);
  void check_list(const List& list, const JsonValue& value, const Place& place, Faults& faults) const;

  Json document_;
  std::vector<List> lists_;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace tenantd::api
