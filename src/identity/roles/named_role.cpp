#include "identity/roles/named_role.hpp"

#include <algorithm>
#include <vector>

#include "tenantd/domain/error.hpp"
#include "tenantd/domain/guarded.hpp"
#include "tenantd/domain/way_in.hpp"
#include "tenantd/identity/roles_store.hpp"

namespace tenantd::service {
namespace {

constexpr std::size_t kMostNamed = 30;

}  // namespace

void require_proof_to_give(const Context& context, const PermissionSet& permissions) {
  if (context.caller != nullptr && (permissions & kGuarded) != PermissionSet{})
    require_fresh_proof(*context.caller, context.now);
}

std::string no_such_role(db::Txn& txn, const TenantScope& scope) {
  std::vector<std::string> names;
  for (const auto& role : store::list_roles(txn, scope, kMostNamed + 1)) names.push_back(role.name);
  const bool more = names.size() > kMostNamed;
  if (more) names.resize(kMostNamed);
  std::sort(names.begin(), names.end());
  std::string words = "there is no such role; the roles are: ";
  for (const auto& name : names) words += (&name == names.data() ? "" : ", ") + name;
  return more ? words + ", and more" : words;
}

RoleRecord named_role(db::Txn& txn, const TenantScope& scope, const std::string& name,
                      const std::string& pointer) {
  if (auto role = store::find_role(txn, scope, name)) return *std::move(role);
  const auto words = no_such_role(txn, scope);
  throw ApiError(ErrorCode::validation_failed, words).field(pointer, words);
}

}  // namespace tenantd::service
