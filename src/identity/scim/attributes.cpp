#include "identity/scim/attributes.hpp"

#include "tenantd/base/text.hpp"

namespace tenantd::scim {
namespace {

constexpr Attribute kMetaParts[] = {
    {.name = "resourceType", .case_exact = true, .mutability = Mutability::read_only},
    {.name = "created", .type = Type::time, .mutability = Mutability::read_only},
    {.name = "lastModified", .type = Type::time, .mutability = Mutability::read_only},
    {.name = "location", .type = Type::reference, .case_exact = true, .mutability = Mutability::read_only},
    {.name = "version", .case_exact = true, .mutability = Mutability::read_only}};

constexpr Attribute kCommon[] = {
    {.name = "schemas",
     .type = Type::reference,
     .many = true,
     .case_exact = true,
     .mutability = Mutability::read_only},
    {.name = "id", .case_exact = true, .mutability = Mutability::read_only},
    {.name = "externalId", .case_exact = true},
    {.name = "meta", .type = Type::complex, .mutability = Mutability::read_only, .parts = kMetaParts}};

constexpr Attribute kNameParts[] = {
    {.name = "formatted"},  {.name = "familyName"},      {.name = "givenName"},
    {.name = "middleName"}, {.name = "honorificPrefix"}, {.name = "honorificSuffix"},
};

constexpr Attribute kPlural[] = {
    {.name = "value"}, {.name = "display"}, {.name = "type"}, {.name = "primary", .type = Type::flag}};

constexpr Attribute kPhotoParts[] = {{.name = "value", .type = Type::reference, .case_exact = true},
                                     {.name = "display"},
                                     {.name = "type"},
                                     {.name = "primary", .type = Type::flag}};

constexpr Attribute kAddressParts[] = {{.name = "formatted"},  {.name = "streetAddress"},
                                       {.name = "locality"},   {.name = "region"},
                                       {.name = "postalCode"}, {.name = "country"},
                                       {.name = "type"},       {.name = "primary", .type = Type::flag}};

constexpr Attribute kCertificateParts[] = {{.name = "value", .type = Type::binary, .case_exact = true},
                                           {.name = "display"},
                                           {.name = "type"},
                                           {.name = "primary", .type = Type::flag}};

constexpr Attribute kGroupsOfUser[] = {
    {.name = "value", .case_exact = true, .mutability = Mutability::read_only},
    {.name = "$ref", .type = Type::reference, .case_exact = true, .mutability = Mutability::read_only},
    {.name = "display", .mutability = Mutability::read_only},
    {.name = "type", .mutability = Mutability::read_only}};

constexpr Attribute kManagerParts[] = {{.name = "value", .case_exact = true},
                                       {.name = "$ref", .type = Type::reference, .case_exact = true},
                                       {.name = "displayName"}};

constexpr Attribute kUserAttributes[] = {
    {.name = "userName", .required = true, .description = "Unique in the organization, without case"},
    {.name = "name", .type = Type::complex, .parts = kNameParts},
    {.name = "displayName"},
    {.name = "nickName"},
    {.name = "profileUrl", .type = Type::reference, .case_exact = true},
    {.name = "title"},
    {.name = "userType"},
    {.name = "preferredLanguage"},
    {.name = "locale"},
    {.name = "timezone"},
    {.name = "active",
     .type = Type::flag,
     .description = "false shuts the person out of the organization at once"},
    {.name = "password",
     .case_exact = true,
     .mutability = Mutability::write_only,
     .description = "Taken and not kept: people choose their passwords themselves"},
    {.name = "emails",
     .type = Type::complex,
     .many = true,
     .parts = kPlural,
     .description = "The account's address is the primary one, the one of work, or the first"},
    {.name = "phoneNumbers", .type = Type::complex, .many = true, .parts = kPlural},
    {.name = "ims", .type = Type::complex, .many = true, .parts = kPlural},
    {.name = "photos", .type = Type::complex, .many = true, .parts = kPhotoParts},
    {.name = "addresses", .type = Type::complex, .many = true, .parts = kAddressParts},
    {.name = "groups",
     .type = Type::complex,
     .many = true,
     .mutability = Mutability::read_only,
     .parts = kGroupsOfUser},
    {.name = "entitlements", .type = Type::complex, .many = true, .parts = kPlural},
    {.name = "roles",
     .type = Type::complex,
     .many = true,
     .parts = kPlural,
     .description = "Kept, and without effect: groups give roles"},
    {.name = "x509Certificates", .type = Type::complex, .many = true, .parts = kCertificateParts}};

constexpr Attribute kEnterpriseAttributes[] = {
    {.name = "employeeNumber"}, {.name = "costCenter"},
    {.name = "organization"},   {.name = "division"},
    {.name = "department"},     {.name = "manager", .type = Type::complex, .parts = kManagerParts}};

constexpr Attribute kMemberParts[] = {{.name = "value", .case_exact = true},
                                      {.name = "$ref", .type = Type::reference, .case_exact = true},
                                      {.name = "display", .mutability = Mutability::read_only},
                                      {.name = "type"}};

constexpr Attribute kGroupAttributes[] = {
    {.name = "displayName", .required = true, .description = "Unique in the organization, without case"},
    {.name = "members", .type = Type::complex, .many = true, .parts = kMemberParts}};

}  // namespace

const ResourceType kUser{"User",          "/Users",          kUserSchema,          "A person",
                         kUserAttributes, kEnterpriseSchema, kEnterpriseAttributes};
const ResourceType kGroup{"Group", "/Groups", kGroupSchema, "A group that may give its members a role",
                          kGroupAttributes};

std::span<const Attribute> common_attributes() { return kCommon; }

bool same_name(std::string_view one, std::string_view other) {
  return one.size() == other.size() && ascii_lower(one) == ascii_lower(other);
}

const Attribute* find_attribute(std::span<const Attribute> among, std::string_view name) {
  for (const auto& each : among)
    if (same_name(each.name, name)) return &each;
  return nullptr;
}

}  // namespace tenantd::scim
