#include "identity/accounts/account_events_store.hpp"
#include "identity/accounts/email_change.hpp"
#include "identity/factors/proof_in.hpp"
#include "identity/factors/second_factor.hpp"
#include "identity/sso/identities_store.hpp"
#include "tenantd/api/email_in.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/impersonation.hpp"
#include "tenantd/identity/accounts.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/encode.hpp"

namespace tenantd::api::handlers {
namespace {

using store::AccountEvents;

Response codes_reply(const std::vector<std::string>& codes) {
  JsonOut json;
  json.begin_object().key("recovery_codes").begin_array();
  for (const auto& code : codes) json.value(code);
  json.end_array().end_object();
  return token_response(json);
}

void put_event(JsonOut& json, const store::AccountEvent& event) {
  json.begin_object()
      .field("id", event.id)
      .field("type", event.type)
      .field("session_id", event.session)
      .field("actor_id", event.actor)
      .field("api_key_id", event.api_key)
      .field("method", event.method)
      .field("address", event.address)
      .field("agent", event.agent)
      .field("created_at", event.created_at)
      .end_object();
}

Response list_events(const Request& request, const Session& session, Txn& txn, AccountEvents which) {
  service::require_whole_account(txn, session.principal());
  const auto page = page_of(request.query);
  const auto before = page.from ? std::optional{EventId{page.from->id}} : std::nullopt;
  return page_reply(
      page, store::list_account_events(txn, session.user(), which, before, page.limit + 1), put_event,
      [](const store::AccountEvent& e) {
        return store::Keyset{e.created_at, e.id.bytes()};
      },
      [&] { return total_up_to(store::count_account_events(txn, session.user(), which)); });
}

void put_identity(JsonOut& json, const store::Identity& identity) {
  json.begin_object()
      .field("id", identity.id())
      .field("issuer", identity.issuer)
      .field("email", identity.email)
      .field("created_at", identity.created_at)
      .field("last_used_at", identity.last_used_at)
      .end_object();
}

Response list_identities(const Request&, const Session& session, Txn& txn) {
  service::require_whole_account(txn, session.principal());
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& identity : store::identities_of(txn, session.user())) put_identity(json, identity);
  json.end_array().end_object();
  return reply(json);
}

Response unlink_identity(const Request& request, const Session& session, Txn& txn) {
  const auto id = IdentityId::parse(request.http.path_value("identity_id"));
  if (!id) throw ApiError(ErrorCode::not_found);
  service::unlink_identity(txn, request.context, session, *id);
  return no_content();
}

Response verify_second_factor(const Request& request, Txn& txn) {
  return token_reply(service::finish_second_step(txn, request.context, text(request.body, "mfa_token"),
                                                 text(request.body, "code")));
}

Response enroll_second_factor(const Request& request, const Session& session, Txn& txn) {
  const auto enrollment = service::enroll_totp(txn, request.context, session, proof_in(request.body));
  JsonOut json;
  json.begin_object()
      .field("secret", enrollment.secret)
      .field("otpauth_uri", enrollment.otpauth_uri)
      .end_object();
  return token_response(json);
}

Response confirm_second_factor(const Request& request, const Session& session, Txn& txn) {
  return codes_reply(service::confirm_totp(txn, request.context, session, proof_in(request.body)));
}

Response disable_second_factor(const Request& request, const Session& session, Txn& txn) {
  service::disable_totp(txn, request.context, session, proof_in(request.body));
  return no_content();
}

Response renew_recovery_codes(const Request& request, const Session& session, Txn& txn) {
  return codes_reply(service::renew_recovery_codes(txn, request.context, session, proof_in(request.body)));
}

Response change_email(const Request& request, const Session& session, Txn& txn) {
  const auto wanted = email_in(request.body, "new_email");
  service::request_email_change(txn, request.context, session, wanted, proof_in(request.body));
  return notice("If the address is free, a link to confirm it is on its way there");
}

Response resend_verification(const Request& request, const Session& session, Txn& txn) {
  service::resend_verification(txn, request.context, session);
  return notice("Unless the address is verified already, another link is on its way");
}

Response auth_status(const Request& request, const Session& session, Txn&) {
  const auto& principal = session.principal();
  const auto held = principal.organization ? held_by(principal, request.context.now) : PermissionSet{};
  JsonOut json;
  json.begin_object().key("user").begin_object();
  put_user(json, principal.user);
  json.end_object().key("organization");
  put_active_organization(json, principal);
  json.field("permissions", held)
      .field("session_id", principal.session)
      .field("session_expires_at", principal.session_ends_at)
      .field("access_token_expires_at", principal.token_expires_at);
  put_impersonator(json, principal);
  json.end_object();
  return reply(json);
}

Response sign_in_history(const Request& request, const Session& session, Txn& txn) {
  return list_events(request, session, txn, AccountEvents::sign_ins);
}

Response security_events(const Request& request, const Session& session, Txn& txn) {
  return list_events(request, session, txn, AccountEvents::others);
}

constexpr auto kSecurityRows =
    section("Sign-up, sign-in, tokens",
            {
                {.method = POST,
                 .path = "/api/v1/auth/verify-email/resend",
                 .handler = resend_verification,
                 .rate = Rate::write,
                 .reply = accepted("notice"),
                 .refuses = nothing,
                 .name = "resendEmailVerification",
                 .summary = "Mail another verification link"},
                {.method = POST,
                 .path = "/api/v1/auth/change-email",
                 .handler = change_email,
                 .step_up = true,
                 .rate = Rate::password,
                 .body = "change_email",
                 .reply = accepted("notice"),
                 .refuses = {reauthentication_required, session_bound},
                 .summary = "Move the account to another address"},
                {.method = GET,
                 .path = "/api/v1/auth/status",
                 .handler = auth_status,
                 .rate = Rate::read,
                 .reply = ok("auth_status"),
                 .refuses = nothing,
                 .name = "getAuthStatus",
                 .summary = "Who am I, with which permissions, until when"},
                {.method = GET,
                 .path = "/api/v1/auth/history",
                 .handler = sign_in_history,
                 .rate = Rate::read,
                 .query = "page_query",
                 .reply = ok("account_events"),
                 .refuses = {session_bound},
                 .name = "listSignIns",
                 .summary = "My sign-ins, newest first"},
                {.method = GET,
                 .path = "/api/v1/auth/identities",
                 .handler = list_identities,
                 .rate = Rate::read,
                 .reply = ok("identities"),
                 .refuses = {session_bound},
                 .summary = "Identities of providers that lead to my account"},
                {.method = DELETE_,
                 .path = "/api/v1/auth/identities/{identity_id}",
                 .handler = unlink_identity,
                 .step_up = true,
                 .rate = Rate::write,
                 .reply = done(),
                 .refuses = {not_found, session_bound},
                 .summary = "Unlink one of them"},
                {.method = GET,
                 .path = "/api/v1/auth/security-events",
                 .handler = security_events,
                 .rate = Rate::read,
                 .query = "page_query",
                 .reply = ok("account_events"),
                 .refuses = {session_bound},
                 .summary = "What happened to my account besides sign-ins, newest first"},
                {.method = POST,
                 .path = "/api/v1/auth/mfa/verify",
                 .handler = verify_second_factor,
                 .pair = Pair::answered,
                 .rate = Rate::write,
                 .body = "mfa_verify",
                 .reply = ok("token"),
                 .refuses = {mfa_invalid, sso_required},
                 .summary = "Finish a sign-in with a code"},
                {.method = POST,
                 .path = "/api/v1/auth/mfa/enroll",
                 .handler = enroll_second_factor,
                 .step_up = true,
                 .rate = Rate::password,
                 .body = "mfa_enroll",
                 .reply = ok("mfa_enrollment"),
                 .refuses = {reauthentication_required, email_unverified, mfa_enabled, session_bound},
                 .summary = "Get a secret for an authenticator app"},
                {.method = POST,
                 .path = "/api/v1/auth/mfa/confirm",
                 .handler = confirm_second_factor,
                 .step_up = true,
                 .rate = Rate::password,
                 .body = "mfa_code",
                 .reply = ok("recovery_codes"),
                 .refuses = {reauthentication_required, mfa_invalid, mfa_enabled, session_bound},
                 .summary = "Switch two-factor sign-in on"},
                {.method = POST,
                 .path = "/api/v1/auth/mfa/disable",
                 .handler = disable_second_factor,
                 .step_up = true,
                 .rate = Rate::password,
                 .body = "mfa_code",
                 .reply = done(),
                 .refuses = {reauthentication_required, mfa_not_enabled, session_bound},
                 .summary = "Switch two-factor sign-in off"},
                {.method = POST,
                 .path = "/api/v1/auth/mfa/recovery-codes",
                 .handler = renew_recovery_codes,
                 .step_up = true,
                 .rate = Rate::password,
                 .body = "mfa_code",
                 .reply = ok("recovery_codes"),
                 .refuses = {reauthentication_required, mfa_not_enabled, session_bound},
                 .name = "replaceRecoveryCodes",
                 .summary = "Replace the recovery codes"},
            });

}  // namespace

std::span<const Route> security_rows() { return kSecurityRows; }

}  // namespace tenantd::api::handlers
