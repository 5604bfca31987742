// What a caller, an account and an organization may ask for in a minute, and have under way at once.
#include "dispatch_call.hpp"
#include "tenantd/domain/network.hpp"

namespace tenantd::api {
namespace {

// Who acts, or the key that does; of a service account all its keys together.
std::string account_of(const Principal& principal) {
  if (principal.account) return 'a' + std::string{principal.account->id.raw()};
  const UserId person = principal.actor ? principal.actor->id : principal.user.id;
  return 'a' + std::string{principal.api_key ? principal.api_key->raw() : person.raw()};
}

}  // namespace

void Dispatch::limit(const Call& call) {
  const auto [name, most] = [&]() -> std::pair<char, std::int64_t> {
    switch (call.match.route->rate) {
      case Rate::none: return {'n', 0};
      case Rate::read: return {'r', settings_.limit_read};
      case Rate::write: return {'w', settings_.limit_write};
      case Rate::password: return {'p', settings_.limit_password};
      case Rate::outbound: return {'o', settings_.limit_outbound};
    }
    return {'n', 0};
  }();
  take(name + network_of(call.http.remote_address), most);
}

// From however many addresses an account's requests come. Once a request, however often its transaction runs.
void Dispatch::limit_account(Call& call) {
  if (call.account_counted) return;
  call.account_counted = true;
  take(account_of(*call.principal), settings_.limit_account);
  limit_organization(call);
}

// What is done as a super-admin is no organization's share here either.
void Dispatch::admit(Call& call) {
  if (call.held) return;
  const auto& principal = *call.principal;
  const bool shares = principal.organization && call.match.route->handler.access != Access::super;
  call.held =
      shares_->admit(account_of(principal), shares ? std::optional{principal.organization->id} : std::nullopt,
                     weight_of(*call.match.route, call.http, call.body));
}

// Of all its members and keys together. What a super-admin does as such is nobody's share: or the limit could
// not be lifted by one who stands behind it.
void Dispatch::limit_organization(const Call& call) {
  const auto& principal = *call.principal;
  if (!principal.organization || call.match.route->handler.access == Access::super) return;
  take('t' + std::string{principal.organization->id.raw()}, principal.organization_requests.value_or(0));
}

// Counts one request of `caller` in its minute. Throws ApiError(rate_limited).
void Dispatch::take(const std::string& caller, std::int64_t most) {
  const auto decision = shared_.limiter->take(caller, most, 60, monotonic_microseconds());
  if (decision.allowed) return;
  shared_.metrics->rate_limited.fetch_add(1, std::memory_order_relaxed);
  service::require({false, decision.limit, decision.retry_after}, "");
}

}  // namespace tenantd::api
