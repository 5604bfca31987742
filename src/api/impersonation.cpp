#include "impersonation.hpp"

#include "tenantd/domain/impersonation.hpp"

namespace tenantd::api {
bool open_to_impersonation(const Route& route) {
  if (route.ends_impersonation) return true;
  if (route.rate == Rate::password) return false;
  const bool reads = route.method == Method::GET;
  switch (route.handler.access) {
    // A GET in the lane that waits begins something with others: a sign-in at an identity provider.
    case Access::anyone:
    case Access::user:
    case Access::caller: return reads && route.lane != LaneKind::outbound;
    case Access::subject: return reads;
    case Access::tenant: return reads || kImpersonable.has(route.permission.value());
    case Access::super: return false;
  }
  return false;
}

}  // namespace tenantd::api
