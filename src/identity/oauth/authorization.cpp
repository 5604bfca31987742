#include "identity/oauth/authorization.hpp"

#include <algorithm>

#include "identity/oauth/redirect_uri.hpp"
#include "identity/oauth/resources.hpp"
#include "identity/passkeys/passkeys_store.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/way_in.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/live_sessions.hpp"

namespace tenantd::service {
namespace {

constexpr Seconds kCodeLives{60};
constexpr std::int64_t kMostConsents = 100;
constexpr std::int64_t kMostCodes = 30;  // of an account in a minute

// True if the person has to show again who it is: the proof is older than the client wants, and was there
// before it asked.
bool is_stale(const AuthorizationRequest& request, const Principal& principal, TimePoint now) {
  const auto shown = principal.authentication.at;
  if (shown >= request.asked_at) return false;
  return request.login || (request.max_age && shown + Seconds{*request.max_age} < now);
}

bool lacks_a_factor(const AuthorizationRequest& request, const Principal& principal) {
  return request.two_factors && !principal.authentication.methods.has(AuthMethod::mfa);
}

bool can_show_two_factors(db::Txn& txn, const Principal& principal) {
  return principal.user.mfa_enabled || !store::passkeys_of(txn, principal.user.id).empty();
}

// Where the client's tokens will be good: an organization's client in its organization alone, the service's
// own where the person is active.
struct Place {
  std::optional<store::Membership> membership;
  bool is_refused = false;  // the client is another organization's
};

bool is_active(const std::optional<store::Membership>& membership) {
  return membership && membership->status == Status::active &&
         membership->organization.status == Status::active;
}

Place place_of(db::Txn& txn, const Principal& principal, const store::FoundClient& client) {
  std::optional<OrgId> org;
  if (!client.is_for_all())
    org = client.org;
  else if (principal.organization)
    org = principal.organization->id;
  if (!org) return {};
  const bool bound_elsewhere = principal.bound_org && *principal.bound_org != *org;
  auto membership = bound_elsewhere ? std::nullopt
                                    : store::find_membership(txn, principal.user.id, *org, principal.session);
  if (!is_active(membership)) return {std::nullopt, !client.is_for_all()};
  return {std::move(membership), false};
}

// Why the organization does not let the session in.
std::optional<ApiError> fault_in(const Place& place, const Principal& principal) {
  return place.membership ? fault_of_way_in(place.membership->asks, shown_by(principal)) : std::nullopt;
}

// What there is to give of what is asked for.
Scopes givable(const Scopes& asked, const std::optional<store::Membership>& membership, TimePoint now) {
  Scopes given = asked;
  given.permissions =
      given.permissions & (membership ? membership->role.permissions_at(now) : PermissionSet{});
  return given;
}

bool is_wanted(const std::optional<std::string>& hint, const std::optional<store::Membership>& membership) {
  if (!hint) return true;
  return membership && (membership->organization.id.str() == ascii_lower(*hint) ||
                        membership->organization.slug == ascii_lower(*hint));
}

// Of a session that is good for one organization it counts there alone. What is widened is what is there, and
// whoever counts has counted those before: one after the other, under the account's lock.
void remember_consent(db::Txn& txn, const Context& context, const Session& session,
                      const store::FoundClient& client, const Scopes& scopes,
                      const std::optional<OrgId>& org) {
  if (consented(txn, session.user(), client.client.id, org).covers(scopes)) return;
  store::lock_profile(txn, session.user());
  const auto& bound_org = session.principal().bound_org;
  const auto there = store::consents_to(txn, session.user(), client.client.id);
  const auto before =
      std::find_if(there.begin(), there.end(), [&](const auto& each) { return each.bound_org == bound_org; });
  if (before == there.end() && store::count_consents(txn, session.user()) >= kMostConsents)
    throw ApiError(ErrorCode::limit_reached,
                   "So many clients are let in: take back what one of them may before another is let in");
  const auto all = before == there.end() ? scopes : before->scopes | scopes;
  store::save_consent(txn, session.user(), client, bound_org, all, context.now);
  record_account_change(txn, context, session.user(),
                        {"oauth_consent.granted",
                         session.id(),
                         {},
                         json::Object{}
                             .set("client_id", client.client.id)
                             .set("client", client.client.name)
                             .set("scopes", format_scopes(all))});
}

// What a code and an approved device stand for alike.
store::AuthorizationCode granted(const Session& session, const store::FoundClient& client,
                                 const Scopes& scopes, std::optional<OrgId> org) {
  const auto& shown = session.principal().authentication;
  store::AuthorizationCode given;
  given.client_org = client.org;
  given.client = client.client.id;
  given.user = session.user();
  given.session = session.id();
  given.org = org;
  given.scopes = scopes;
  given.signed_in_at = shown.at;
  given.methods = shown.methods.words();
  return given;
}

std::string give_code(db::Txn& txn, const Context& context, const Session& session,
                      const OpenedRequest& opened, const Scopes& scopes,
                      const std::optional<store::Membership>& membership) {
  const auto& request = opened.request;
  store::lock_profile(txn, session.user());  // one after the other, so that each counts those before it
  if (store::count_codes(txn, session.user(), context.now - Seconds{60}) >= kMostCodes)
    throw ApiError(ErrorCode::rate_limited).header("Retry-After", "60");
  const auto text = crypto::new_token();
  auto code = granted(session, opened.client, scopes,
                      membership ? std::optional{membership->organization.id} : std::nullopt);
  code.hash = crypto::sha256(text.reveal());
  code.redirect_uri = request.redirect_uri;
  code.resource = request.resource;
  code.nonce = request.nonce;
  code.challenge = request.challenge;
  code.created_at = context.now;
  code.expires_at = context.now + kCodeLives;
  store::insert_code(txn, code);
  http::Pairs parameters{{"code", text.reveal()}};
  if (request.state) parameters.emplace_back("state", *request.state);
  parameters.emplace_back("iss", context.settings.public_url);
  return with_parameters(request.redirect_uri, parameters);
}

std::string_view error_of(Question question) {
  switch (question) {
    case Question::login: return "login_required";
    case Question::consent: return "consent_required";
    case Question::organization:
    case Question::membership: return "interaction_required";
  }
  return "interaction_required";
}

}  // namespace

std::string_view question_name(Question question) {
  constexpr std::array<std::string_view, 4> names{"login", "consent", "organization", "membership"};
  return names.at(static_cast<std::size_t>(question));
}

std::variant<std::string, Asked> decide(db::Txn& txn, const Context& context, const Session& session,
                                        const OpenedRequest& opened, Decision decision) {
  const auto& request = opened.request;
  const auto& principal = session.principal();
  if (decision == Decision::deny) return error_location(context, request, "access_denied");
  const auto place = place_of(txn, principal, opened.client);
  const auto way_in = fault_in(place, principal);
  if (way_in && request.none) return error_location(context, request, "interaction_required");
  if (way_in) throw *way_in;
  const auto scopes = givable(request.scopes, place.membership, context.now);
  const auto ask = [&](Question question) -> std::variant<std::string, Asked> {
    if (request.none) return error_location(context, request, error_of(question));
    std::optional<OrganizationRecord> organization;
    if (place.membership) organization = place.membership->organization;
    return Asked{question, scopes, std::move(organization)};
  };
  if (is_stale(request, principal, context.now)) return ask(Question::login);
  if (lacks_a_factor(request, principal)) {
    if (!can_show_two_factors(txn, principal))
      return error_location(context, request, "unmet_authentication_requirements");
    return ask(Question::login);
  }
  if (place.is_refused) return ask(Question::membership);
  if (request.resource) {
    const auto org = place.membership ? place.membership->organization.id : OrgId{};
    if (!may_use(txn, opened.client, *request.resource, org)) return ask(Question::membership);
  }
  if (!is_wanted(request.organization, place.membership)) return ask(Question::organization);
  if (scopes.empty()) return error_location(context, request, "invalid_scope");
  const auto org = place.membership ? std::optional{place.membership->organization.id} : std::nullopt;
  const bool known =
      opened.client.is_own() || consented(txn, principal.user.id, request.client, org).covers(scopes);
  const bool wants_answer = !known || request.consent || request.select_account || request.create;
  if (wants_answer && decision != Decision::allow) return ask(Question::consent);
  if (!opened.client.is_own()) remember_consent(txn, context, session, opened.client, scopes, org);
  return give_code(txn, context, session, opened, scopes, place.membership);
}

Asked asked_of(db::Txn& txn, const Context& context, const Session& session, const store::FoundClient& client,
               const Scopes& scopes, const std::optional<std::string>& resource) {
  const auto place = place_of(txn, session.principal(), client);
  if (const auto way_in = fault_in(place, session.principal())) throw *way_in;
  std::optional<OrganizationRecord> organization;
  if (place.membership) organization = place.membership->organization;
  const bool is_foreign =
      resource && !may_use(txn, client, *resource, organization ? organization->id : OrgId{});
  return {place.is_refused || is_foreign ? Question::membership : Question::consent,
          givable(scopes, place.membership, context.now), std::move(organization)};
}

store::AuthorizationCode grant_of(db::Txn& txn, const Context& context, const Session& session,
                                  const store::FoundClient& client, const Asked& asked) {
  const auto org = asked.organization ? std::optional{asked.organization->id} : std::nullopt;
  if (!client.is_own()) remember_consent(txn, context, session, client, asked.scopes, org);
  return granted(session, client, asked.scopes, org);
}

Scopes consented(db::Txn& txn, UserId user, ClientId client, const std::optional<OrgId>& org) {
  Scopes all;
  for (const auto& each : store::consents_to(txn, user, client))
    if (!each.bound_org || each.bound_org == org) all = all | each.scopes;
  return all;
}

void revoke_consent(db::Txn& txn, const Context& context, const Session& session, ClientId client) {
  // A client that exchanges a code meanwhile has its session by now, which ends here, or finds no consent.
  store::lock_profile(txn, session.user());
  const auto consents = store::consents_to(txn, session.user(), client);
  if (consents.empty() || !store::delete_consents_to(txn, session.user(), client))
    throw ApiError(ErrorCode::not_found);
  Scopes all;
  for (const auto& each : consents) all = all | each.scopes;
  store::end_client_sessions(txn, session.user(), client);
  record_account_change(txn, context, session.user(),
                        {"oauth_consent.revoked", session.id(),
                         json::Object{}
                             .set("client_id", client)
                             .set("client", consents.front().client_name)
                             .set("scopes", format_scopes(all))});
}

}  // namespace tenantd::service
