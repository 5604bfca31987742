// Reading resources into the one spelling that is kept (names as the schema has them, nothing that it does
// not know), and telling as much of one as was asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/scim/filter.hpp"

namespace tenantd::scim {

inline constexpr std::size_t kMostElements = 100;      // of a list of a user's
inline constexpr std::size_t kMostTextBytes = 16'384;  // a certificate is the longest

using Allocator = json::Document::AllocatorType;

// What `body` says of a resource, in the schema's spelling: without what is read-only or never told, what is
// unknown, and what is unassigned (null, an empty list). Throws Refusal: invalidSyntax, invalidValue.
json::Document read_resource(const json::Value& body, const ResourceType& type);

// One value of an attribute, or for a list the list: "True" is true (Entra), a text is the value of a complex
// element. Null if it is unassigned.
json::Value read_value(const json::Value& typed, const Attribute& attribute, Allocator& memory,
                       bool element = false);

// Which element of a list that is not empty stands for it: the primary one, the one of work, or the first.
rapidjson::SizeType main_element(const json::Value& list);

// What a reply tells, of `attributes` and `excludedAttributes`.
class Projection {
 public:
  // Either may be empty; names that the type has not are passed over. Throws Refusal("invalidValue") if both
  // are named.
  Projection(std::string_view attributes, std::string_view excluded, const ResourceType& type);

  // Takes out of the resource what is not told. What is always told stays: schemas, id.
  void apply(json::Document& resource) const;
  // False if this attribute is not told whatever it holds: it need not be read then.
  bool tells(std::string_view attribute) const;

 private:
  bool tells_whole(const Attribute& attribute, bool extended) const;
  std::vector<const Attribute*> parts_named(const Attribute& attribute, bool extended) const;
  void apply_to(json::Value& object, std::span<const Attribute> among, bool extended) const;

  const ResourceType& type_;
  bool includes_ = false;  // names what is told, else what is not
  std::vector<AttributePath> named_;
};

}  // namespace tenantd::scim
