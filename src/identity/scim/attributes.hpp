// What SCIM's resources consist of (RFC 7643): one table of attributes, by which bodies are read, filters and
// paths understood, and the schemas of /scim/v2/Schemas written.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tenantd::scim {

inline constexpr std::string_view kUserSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
inline constexpr std::string_view kGroupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";
inline constexpr std::string_view kEnterpriseSchema =
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

enum class Type { text, flag, time, binary, reference, complex };
// As section 7 names them: what is read_only in a body is passed over; write_only is never answered.
enum class Mutability { read_write, read_only, write_only };

struct Attribute {
  std::string_view name;
  Type type = Type::text;
  bool many = false;
  bool case_exact = false;
  bool required = false;
  Mutability mutability = Mutability::read_write;
  std::span<const Attribute> parts = {};  // of a complex one
  std::string_view description = {};
};

struct ResourceType {
  std::string_view name;      // "User"
  std::string_view endpoint;  // "/Users"
  std::string_view schema;
  std::string_view description;
  std::span<const Attribute> attributes;
  std::string_view extension = {};
  std::span<const Attribute> extended = {};
};

extern const ResourceType kUser;
extern const ResourceType kGroup;

// id, externalId, schemas, meta: of every resource.
std::span<const Attribute> common_attributes();

// Names are compared without case (RFC 7643 section 2.1). nullptr if there is none.
const Attribute* find_attribute(std::span<const Attribute> among, std::string_view name);
bool same_name(std::string_view one, std::string_view other);

// A refusal with its keyword of RFC 7644 section 3.12: "invalidFilter", "noTarget" …
class Refusal : public std::runtime_error {
 public:
  Refusal(std::string_view type, const std::string& words) : std::runtime_error(words), type_(type) {}
  std::string_view type() const { return type_; }

 private:
  std::string_view type_;
};

}  // namespace tenantd::scim
