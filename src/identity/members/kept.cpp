#include "identity/members/kept.hpp"

#include "identity/members/kept_store.hpp"
#include "tenantd/modules/streams/keeping.hpp"
#include "tenantd/modules/webhooks/keeping.hpp"

namespace tenantd::service {
namespace {

// `list` gives what is kept.
template <class List>
Suspended suspend_without(const Work& work, const PermissionSet& held, List list) {
  const bool webhooks_stay = held.has(Permission::webhooks_manage);
  const bool streams_stay = held.has(Permission::streams_manage);
  Suspended suspended;
  if (webhooks_stay && streams_stay) return suspended;
  const store::Kept kept = list();
  if (!webhooks_stay) suspended.webhooks = suspend_webhooks(work, kept.webhooks);
  if (!streams_stay) suspended.streams = suspend_streams(work, kept.streams);
  return suspended;
}

}  // namespace

Suspended suspend_kept(const Work& work, const std::vector<UserId>& keepers, const PermissionSet& held) {
  return suspend_without(work, held, [&] { return store::list_active_kept(work.txn, work.scope, keepers); });
}

Suspended suspend_kept(const Work& work, RoleId role, const PermissionSet& held) {
  return suspend_without(work, held, [&] { return store::list_active_kept(work.txn, work.scope, role); });
}

}  // namespace tenantd::service
