// Changes of a resource (RFC 7644 section 3.5.2), as providers send them: operations in any case, paths in
// any case, no path, lists that are not there yet, elements by a filter, and a list of what is to be removed.
#pragma once

#include <optional>
#include <vector>

#include "identity/scim/resource.hpp"

namespace tenantd::scim {

inline constexpr std::size_t kMostOperations = 1000;

enum class Change { add, replace, remove };

struct Operation {
  Change change = Change::add;
  PatchPath path;
  const json::Value* value = nullptr;  // of the body that was read; nullptr: none
};

// The operations of a body, in their order. One without a path becomes one for each member of its value that
// can be written; others are passed over. Throws Refusal: invalidSyntax, invalidPath, invalidFilter, noTarget
// (a removal without a path).
std::vector<Operation> read_patch(const json::Value& body, const ResourceType& type);

// Throws Refusal: mutability, noTarget, invalidValue. The resource is undefined then.
void apply_patch(json::Document& resource, const std::vector<Operation>& operations,
                 const ResourceType& type);

}  // namespace tenantd::scim
