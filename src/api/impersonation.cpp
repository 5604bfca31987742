#include "tenantd/api/impersonation.hpp"

#include "tenantd/api/handlers/handlers.hpp"
#include "tenantd/domain/impersonation.hpp"

namespace tenantd::api {
namespace {

bool ends_it(const Handler& handler) {
  return handler.access == Access::user &&
         (handler.user_ == handlers::end_impersonation || handler.user_ == handlers::log_out);
}

}  // namespace

bool open_to_impersonation(const Route& route) {
  if (ends_it(route.handler)) return true;
  if (route.rate == Rate::password) return false;
  const bool reads = route.method == Method::GET;
  switch (route.handler.access) {
    // A GET in the lane that waits begins something with others: a sign-in at an identity provider.
    case Access::anyone:
    case Access::user:
    case Access::caller: return reads && route.rate != Rate::outbound;
    case Access::subject: return reads;
    case Access::tenant: return reads || kImpersonable.has(route.permission.value());
    case Access::super: return false;
  }
  return false;
}

}  // namespace tenantd::api
