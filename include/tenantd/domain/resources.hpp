// What an organization keeps, named once. The plain lists among it are described by a record: from a row here
// follow four permissions, three types of events, the view and the grants of the table, the schemas and the
// rows of the route table (tenantd/record/resource.hpp).
#pragma once

#include <array>
#include <string_view>

namespace tenantd {

// F(X, one, many): the table and the audit's resource are `one`, the permissions "many:create" and so on.
#define TENANTD_RESOURCES(F, X) \
  F(X, product, products)       \
  F(X, supplier, suppliers)     \
  F(X, warehouse, warehouses)

// Those whose rows of the route table are written by hand: a record describes the rest of them.
#define TENANTD_RECORDS(F, X)                     \
  F(X, project, projects)                         \
  F(X, document, documents)                       \
  F(X, role, roles)                               \
  F(X, oauth_client, oauth_clients)               \
  F(X, domain, domains)                           \
  F(X, stream, streams)                           \
  F(X, service_account, service_accounts)         \
  F(X, service_account_key, service_account_keys) \
  F(X, webhook, webhooks)

// "supplier": each one's name, which is its table's.
constexpr auto resource_names() {
#define TENANTD_NAME(X, one, many) std::string_view{#one},
  return std::array{TENANTD_RESOURCES(TENANTD_NAME, )};
#undef TENANTD_NAME
}

// True for the part of a permission's name before its colon if it is one of these.
constexpr bool is_resource(std::string_view name) {
#define TENANTD_IS_RESOURCE(X, one, many) || name == #many
  return false TENANTD_RESOURCES(TENANTD_IS_RESOURCE, );
#undef TENANTD_IS_RESOURCE
}

// The same for all business data: what an organization works on, as opposed to who may do so.
constexpr bool is_business(std::string_view name) {
  for (const std::string_view known : {"projects", "documents", "stock", "purchase_requests"})
    if (name == known) return true;
  return is_resource(name);
}

}  // namespace tenantd
