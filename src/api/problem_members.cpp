#include "problem_members.hpp"

#include <algorithm>
#include <vector>

namespace tenantd::api {
namespace {

// Several checks may stumble over one value: the first says what is wrong with it. An object or a list may
// have several faults of its own.
std::vector<FieldError> one_for_each_fault(const std::vector<FieldError>& faults, const Json& body) {
  std::vector<FieldError> told;
  for (const auto& fault : faults) {
    const auto* value = json::at(body, fault.pointer);  // none for a parameter of the query
    const bool is_leaf = value != nullptr && !value->IsObject() && !value->IsArray();
    const auto says_it = [&](const FieldError& one) {
      return one.pointer == fault.pointer && (is_leaf || one.detail == fault.detail);
    };
    if (std::none_of(told.begin(), told.end(), says_it)) told.push_back(fault);
  }
  return told;
}

}  // namespace

void add_problem_members(http::Response& response, const ApiError& error, const Json& body) {
  JsonOut json;
  json.begin_object();
  if (!error.fields().empty()) {
    json.key("errors").begin_array();
    for (const auto& field : one_for_each_fault(error.fields(), body))
      json.begin_object().field("pointer", field.pointer).field("detail", field.detail).end_object();
    json.end_array();
  }
  for (const auto& [name, value] : error.members()) json.field(name, value);
  json.end_object();
  response.body.back() = ',';
  response.body += json.text().substr(1);
}

}  // namespace tenantd::api
