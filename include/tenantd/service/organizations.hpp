// Founding organizations.
#pragma once

#include <optional>
#include <string>

#include "tenantd/service/context.hpp"
#include "tenantd/store/global/sessions.hpp"

namespace tenantd::service {

struct NewOrganization {
  std::string name;
  std::optional<std::string> slug;  // else derived from the name and made unique
  bool personal = false;
};

// Makes the organization, its system roles, and `user` its owner. Throws ApiError(conflict) if the slug asked
// for is taken, ApiError(validation_failed) if it is no host name label.
class Founding {
 public:
  static store::Membership found(db::Txn& txn, const Context& context, UserId user,
                                 const NewOrganization& form);
};

// Returns a host name label (RFC 1123) made of `name`: lower-case ASCII letters, digits and hyphens, at
// most 50.
std::string slug_of(const std::string& name);
bool is_slug(const std::string& text);

}  // namespace tenantd::service
