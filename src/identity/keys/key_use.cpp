#include "tenantd/identity/key_use.hpp"

#include "identity/keys/service_accounts_store.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"

namespace tenantd::service {
namespace {

constexpr Seconds kBetweenRefusals{3600};

// By itself, since the request that is refused leaves nothing else behind.
void tell_of_refusal(db::Txn& txn, const Context& context, OrgId org, const AccountAccess& account,
                     ApiKeyId key) {
  txn.enter({org, std::nullopt, false});
  if (!store::claim_refusal(txn, org, account.id, context.now)) return;
  // So that what is remembered of the account's keys says it too.
  txn.touch_lazily(org);
  json::Object after;
  after.set("name", account.name).set("key_id", key).set("address", context.address);
  record_by_itself(txn, context, org,
                   {"service_account.refused", "service_account", account.id.bytes(), {}, std::move(after)});
}

}  // namespace

void require_network(const Context& context, const Principal& principal) {
  const auto& account = principal.account;
  if (!account || account->networks.hold(context.address)) return;
  const bool is_told = account->refused_at && *account->refused_at + kBetweenRefusals > context.now;
  if (!is_told && context.after_reply && principal.organization && principal.api_key)
    context.after_reply(
        [&context, org = principal.organization->id, access = *account,
         key = *principal.api_key](db::Txn& txn) { tell_of_refusal(txn, context, org, access, key); });
  throw ApiError(ErrorCode::network_refused);
}

void note_key_use(const Context& context, const Principal& principal) {
  if (!context.after_reply || !principal.organization || !principal.api_key) return;
  context.after_reply([&context, org = principal.organization->id, key = *principal.api_key](db::Txn& txn) {
    txn.enter({org, std::nullopt, false});
    store::note_key_use(txn, key, context.address, context.now);
  });
}

}  // namespace tenantd::service
