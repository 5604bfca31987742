#include "identity/sso/single_sign_on.hpp"

#include "identity/factors/second_factor.hpp"
#include "identity/sso/active_providers.hpp"
#include "identity/sso/provider_conversation.hpp"
#include "identity/sso/repeating.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/accounts.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::service {
namespace {

constexpr Seconds kFresh{300};

// Who may ask for a link: the person, not a provider that has signed one in, nor somebody under that name;
// with an address that is known to be the person's, or a squatter's link would stay when the owner comes.
// And fresh from the sign-in: what is linked is a way in that stays when the session is over.
void judge_linking(db::Txn& txn, const Context& context, const FoundProvider& found, const Principal& who) {
  require_unbound(who);
  if (who.actor) throw ApiError(ErrorCode::impersonating);
  if (!who.user.email_verified_at) throw ApiError(ErrorCode::email_unverified);
  if (who.session_began_at + kFresh < context.now)
    throw ApiError(ErrorCode::reauthentication_required,
                   "An identity is linked within five minutes of signing in: sign in again");
  const auto member = store::find_member(txn, found.scope(), who.user.id);
  if (!member || member->status != Status::active)
    throw ApiError(ErrorCode::not_provisioned,
                   "Members alone link an identity by this organization's provider");
}

std::optional<std::string> plausible_name(const std::string& tenant) {
  const auto named = OrgId::parse(tenant) ? tenant : ascii_lower(tenant);
  if (!OrgId::parse(tenant) && !is_slug(named)) return std::nullopt;
  return named;
}

// An account that has a second factor is asked for it: whether the provider did is not to be seen.
TokenReply sign_on(db::Txn& txn, const Context& context, const Vouched& vouched) {
  auto signed_on = account_of(txn, context, vouched);
  if (!signed_on.user.mfa_enabled) {
    auto reply = signed_in(txn, context, signed_on.user, std::nullopt, std::move(signed_on.membership));
    txn.commit();
    return reply;
  }
  const Secret token =
      begin_second_step(txn, context, signed_on.user.id, signed_on.membership.organization.id);
  txn.commit();
  throw ApiError(ErrorCode::mfa_required, "Send the code and this mfa_token to /api/v1/auth/mfa/verify")
      .member("mfa_token", token.reveal());
}

}  // namespace

FoundProvider FoundProvider::find(db::Txn& txn, const std::string& way, const std::string& tenant) {
  const auto kind = store::parse_provider(way);
  const auto named = plausible_name(tenant);
  const auto org = !named ? std::nullopt
                   : kind ? store::find_sign_in_organization(txn, *named, *kind)
                          : store::find_sign_in_home(txn, *named);
  if (!org) throw ApiError(ErrorCode::not_found);
  const TenantScope scope{*org, UserId{}, PermissionSet{}};
  store::enter(txn, scope);
  auto provider = kind ? store::find_provider(txn, scope, *kind) : store::find_oidc_provider(txn, scope, way);
  if (!provider || !provider->enabled) throw ApiError(ErrorCode::not_found);
  return FoundProvider{scope, *std::move(provider)};
}

std::vector<store::ActiveProvider> FoundProvider::active(db::Txn& txn, const std::string& tenant) {
  const auto named = plausible_name(tenant);
  const auto org = named ? store::find_sign_in_home(txn, *named) : std::nullopt;
  if (!org) return {};
  const TenantScope scope{*org, UserId{}, PermissionSet{}};
  store::enter(txn, scope);
  return store::list_active_providers(txn, scope);
}

std::vector<store::ActiveProvider> active_providers(db::Txn& txn, const std::string& tenant) {
  return FoundProvider::active(txn, tenant);
}

BegunSignIn begin_sign_in(db::Txn& txn, const Context& context, const std::string& way,
                          const std::string& tenant, const Principal* linking) {
  const auto found = FoundProvider::find(txn, way, tenant);
  if (linking != nullptr) judge_linking(txn, context, found, *linking);
  return send_to_provider(
      txn, context, found, way, Purpose::sign_in,
      linking == nullptr ? std::nullopt : std::optional{Asker{linking->user.id, linking->session}});
}

TokenReply finish_sign_in(db::Txn& txn, const Context& context, const std::string& way,
                          const std::string& tenant, const ProviderAnswer& answer, const Cookies& cookie) {
  if (txn.open()) txn.rollback();
  const auto found = FoundProvider::find(txn, way, tenant);
  const auto vouched = Conversation{txn, context, found, Purpose::sign_in, answer, cookie}.ask();
  // Whoever's token came along, it is the identity that acts.
  Context own = context;
  own.caller = nullptr;
  return repeat_after_provider(txn, [&] { return sign_on(txn, own, vouched); });
}

}  // namespace tenantd::service
