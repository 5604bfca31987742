#include "tenantd/api/email_in.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/handlers/handlers.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/impersonation.hpp"
#include "tenantd/service/accounts.hpp"
#include "tenantd/service/bound.hpp"
#include "tenantd/service/email_change.hpp"
#include "tenantd/service/second_factor.hpp"
#include "tenantd/store/global/account_events.hpp"
#include "tenantd/store/global/identities.hpp"

namespace tenantd::api::handlers {
namespace {

using store::AccountEvents;

// Absent is not invalid: whoever does not prove who they are is told to (403), as is whoever fails to.
service::Proof proof_of(const JsonValue& body) {
  return {maybe_text(body, "password"), maybe_text(body, "code")};
}

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
      [&] { return store::count_account_events(txn, session.user(), which); });
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

}  // namespace

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
  const auto enrollment = service::enroll_totp(txn, request.context, session, proof_of(request.body));
  JsonOut json;
  json.begin_object()
      .field("secret", enrollment.secret)
      .field("otpauth_uri", enrollment.otpauth_uri)
      .end_object();
  return token_response(json);
}

Response confirm_second_factor(const Request& request, const Session& session, Txn& txn) {
  return codes_reply(service::confirm_totp(txn, request.context, session, proof_of(request.body)));
}

Response disable_second_factor(const Request& request, const Session& session, Txn& txn) {
  service::disable_totp(txn, request.context, session, proof_of(request.body));
  return no_content();
}

Response renew_recovery_codes(const Request& request, const Session& session, Txn& txn) {
  return codes_reply(service::renew_recovery_codes(txn, request.context, session, proof_of(request.body)));
}

Response change_email(const Request& request, const Session& session, Txn& txn) {
  const auto wanted = email_in(request.body, "new_email");
  service::request_email_change(txn, request.context, session, wanted, proof_of(request.body));
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
  json.key("permissions").begin_array();
  for (const auto name : permission_names(held)) json.value(name);
  json.end_array()
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

}  // namespace tenantd::api::handlers
