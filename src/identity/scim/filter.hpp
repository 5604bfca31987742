// Filters (RFC 7644 section 3.4.2.2) and the paths of PATCH (section 3.5.2): read once, judged against a
// resource any number of times. A filter has at most 4,096 bytes, 16 levels and 64 comparisons.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "identity/scim/attributes.hpp"
#include "tenantd/base/json_read.hpp"

namespace tenantd::scim {

inline constexpr std::size_t kMostFilterBytes = 4096;
inline constexpr int kMostFilterDepth = 16;
inline constexpr int kMostComparisons = 64;

// "name.familyName", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value".
struct AttributePath {
  bool extended = false;                 // an attribute of the type's extension
  const Attribute* attribute = nullptr;  // nullptr: the whole extension
  const Attribute* part = nullptr;
};

enum class Operator { eq, ne, co, sw, ew, gt, ge, lt, le, pr };
enum class Shape { both, either, negated, compare, elements };

using Literal = std::variant<std::nullptr_t, bool, double, std::string>;

struct Filter {
  Shape shape = Shape::compare;
  AttributePath path = {};                        // of compare and elements
  Operator op = Operator::pr;                     // of compare
  Literal literal = nullptr;                      // of compare
  std::unique_ptr<Filter> left = {}, right = {};  // of both and either; of negated and elements the left
};

// Throws Refusal("invalidFilter").
std::unique_ptr<Filter> read_filter(std::string_view text, const ResourceType& type);

// A path of PATCH: an attribute, a part of it, and which of its elements.
struct PatchPath {
  AttributePath path;
  std::unique_ptr<Filter> elements = {};
};
// Throws Refusal: invalidPath, invalidFilter.
PatchPath read_patch_path(std::string_view text, const ResourceType& type);

// Reads a name as attributes, excludedAttributes and sortBy have it. nullopt if the type has no such
// attribute.
std::optional<AttributePath> read_attribute_path(std::string_view text, const ResourceType& type);

// True if the resource, whose members have their schema's spelling, fits.
bool fits(const Filter& filter, const json::Value& resource, const ResourceType& type);
// The same of one element of a list.
bool fits_element(const Filter& filter, const json::Value& element);

// What a path leads to in a resource: nullptr if nothing.
const json::Value* value_at(const AttributePath& path, const json::Value& resource, const ResourceType& type);

// As filters compare: <0, 0, >0; without case unless `case_exact`.
int compare_texts(std::string_view one, std::string_view other, bool case_exact);

}  // namespace tenantd::scim
