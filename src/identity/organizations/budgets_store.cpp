#include "tenantd/identity/budgets_store.hpp"

#include <stdexcept>
#include <string_view>

#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::store {
namespace {

constexpr db::Sql kRequire{"budget.require_place", "CALL require_place(?, ?)"};

std::string_view name_of(Budgeted kind) {
  switch (kind) {
    case Budgeted::api_keys: return "api_keys";
    case Budgeted::roles: return "roles";
    case Budgeted::oauth_clients: return "oauth_clients";
    case Budgeted::streams: return "streams";
    case Budgeted::service_accounts: return "service_accounts";
    case Budgeted::webhooks: return "webhooks";
    case Budgeted::pending_invites: return "invites";
  }
  throw std::logic_error("no such budget");
}

}  // namespace

void require_place(db::Txn& txn, const TenantScope& scope, Budgeted kind, std::int64_t most) {
  if (most <= 0) return;
  enter(txn, scope);
  txn.execute(kRequire, name_of(kind), most);
}

}  // namespace tenantd::store
