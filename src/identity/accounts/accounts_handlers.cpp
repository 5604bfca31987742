#include "identity/impersonation/impersonation_handlers.hpp"
#include "tenantd/identity/accounts.hpp"

#include "tenantd/api/email_in.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/encode.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::size_t kMaxProfile = 4096;

std::string profile_of(const JsonValue& body) {
  auto profile = json_text(body, "profile", "{}");
  if (profile.size() > kMaxProfile) refuse_field("/profile", "must not exceed 4096 bytes");
  return profile;
}

// A new account's reply: tokens, and the membership that came into being.
Response sign_up_reply(const service::TokenReply& reply) {
  const auto& membership = reply.membership.value();
  JsonOut json;
  json.begin_object();
  put_tokens(json, reply);
  json.key("member")
      .begin_object()
      .field("org_id", membership.organization.id)
      .field("user_id", reply.user.id)
      .field("role", membership.role.name)
      .field("status", status_name(membership.status))
      .field("created_at", membership.member_since)
      .end_object()
      .end_object();
  return token_response(json, 201).header("Location", "/api/v1/users/me");
}

Response accepted_reset() {
  return notice("If the address has an account, a link to choose a new password is on its way");
}

Response sign_up(const Request& request, Txn& txn) {
  service::NewOrganization organization;
  organization.name = text(request.body, "organization_name");
  organization.slug_pointer = "/organization/slug";
  if (const auto* details = member(request.body, "organization"))
    organization.slug = maybe_text(*details, "slug");
  return sign_up_reply(service::sign_up(txn, request.context,
                                        {email_in(request.body, "email"), text(request.body, "password"),
                                         profile_of(request.body), std::move(organization)}));
}

Response register_user(const Request& request, Txn& txn) {
  const auto email = email_in(request.body, "email");
  return sign_up_reply(service::sign_up(
      txn, request.context,
      {email, text(request.body, "password"), profile_of(request.body), {email.str(), std::nullopt, true}}));
}

Response sign_in(const Request& request, Txn& txn) {
  return token_reply(
      service::sign_in(txn, request.context, text(request.body, "email"), text(request.body, "password")));
}

Response refresh_token(const Request& request, Txn& txn) {
  return token_reply(service::refresh(txn, request.context, text(request.body, "refresh_token")));
}

Response token(const Request& request, Txn& txn) {
  if (maybe_text(request.body, "grant_type") == "refresh_token") return refresh_token(request, txn);
  return sign_in(request, txn);
}

Response log_out(const Request& request, const Session& session, Txn& txn) {
  if (session.principal().actor) return end_impersonation(request, session, txn);
  service::sign_out(txn, session);
  service::record_for_account(
      txn, request.context, session.user(),
      {"session.signed_out", "user", session.user().bytes(), json::Object{}.set("session_id", session.id()),
       json::Object{}.set("sessions_ended", true)});
  return no_content();
}

Response request_reset(const Request& request, Txn& txn) {
  service::request_password_reset(txn, request.context, email_in(request.body, "email"));
  return accepted_reset();
}

Response confirm_reset(const Request& request, Txn& txn) {
  service::reset_password(txn, request.context, text(request.body, "token"),
                          text(request.body, "new_password"));
  return no_content();
}

Response change_password(const Request& request, const Session& session, Txn& txn) {
  service::change_password(txn, request.context, session, text(request.body, "current_password"),
                           text(request.body, "new_password"));
  return no_content();
}

// One path, three requests: a link, its use, and the owner's own change. A new password for an address alone
// is a request for a link: nobody sets the password of an account by knowing its address.
Response reset_password(const Request& request, Txn& txn) {
  if (member(request.body, "token") != nullptr) return confirm_reset(request, txn);
  const auto email = email_in(request.body, "email");
  const bool own = request.session && request.session->principal().user.email == email.str();
  if (own && member(request.body, "current_password") != nullptr &&
      member(request.body, "new_password") != nullptr)
    return change_password(request, *request.session, txn);
  if (member(request.body, "new_password") == nullptr) return request_reset(request, txn);
  service::request_password_reset(txn, request.context, email);
  return notice(
      "No password was changed. If the address has an account, a link to choose a new password is on its "
      "way");
}

Response unlock(const Request& request, Txn& txn) {
  service::unlock_by_link(txn, request.context, text(request.body, "token"));
  return no_content();
}

Response verify_email(const Request& request, Txn& txn) {
  service::Verification form;
  form.token = text(request.body, "token");
  if (request.session) form.signed_in = request.session->user();
  form.password = maybe_text(request.body, "password");
  form.new_password = maybe_text(request.body, "new_password");
  if (form.password && form.new_password)
    refuse_field("/new_password", "takes the account from whoever made it: it goes without its password");
  service::verify_email(txn, request.context, form);
  return no_content();
}

Response who_am_i(const Request&, const Session& session, Txn&) {
  JsonOut json;
  put_me(json, session.principal());
  return reply(json);
}

constexpr auto kAccountsRows = join(
    section("Sign-up, sign-in, tokens",
            {
                {.method = POST,
                 .path = "/signup",
                 .handler = sign_up,
                 .pair = Pair::answered,
                 .rate = Rate::password,
                 .body = "signup",
                 .reply = made("sign_up"),
                 .refuses = {email_taken, password_refused, signup_closed},
                 .name = "signUp",
                 .summary = "Create an account and its organization"},
                {.method = POST,
                 .path = "/users/register",
                 .handler = register_user,
                 .pair = Pair::answered,
                 .rate = Rate::password,
                 .body = "register",
                 .reply = made("sign_up"),
                 .refuses = {email_taken, password_refused, signup_closed},
                 .name = "registerUser",
                 .summary = "Create an account with a personal organization"},
                {.method = POST,
                 .path = "/signin",
                 .also_at = {"/login", "/api/v1/auth/login"},
                 .handler = sign_in,
                 .pair = Pair::answered,
                 .rate = Rate::password,
                 .body = "signin",
                 .reply = ok("token"),
                 .refuses = {invalid_credentials, mfa_required, sso_required},
                 .summary = "Sign in"},
                {.method = POST,
                 .path = "/api/v1/auth/token",
                 .handler = token,
                 .pair = Pair::answered,
                 .rate = Rate::password,
                 .body = "token_request",
                 .also = AlsoTakes::form,
                 .reply = ok("token"),
                 .refuses = {invalid_credentials, mfa_required, invalid_token, refresh_reused, sso_required},
                 .name = "exchangeToken",
                 .summary = "Sign in or refresh, as OAuth 2 clients do"},
                {.method = POST,
                 .path = "/refresh_token",
                 .also_at = {"/api/v1/auth/refresh"},
                 .handler = refresh_token,
                 .pair = Pair::exchanged,
                 .rate = Rate::write,
                 .body = "refresh",
                 .reply = ok("token"),
                 .refuses = {invalid_token, refresh_reused, sso_required},
                 .name = "refreshSession",
                 .summary = "Exchange a refresh token"},
                {.method = POST,
                 .path = "/logout",
                 .also_at = {"/api/v1/auth/logout"},
                 .handler = log_out,
                 .ends_impersonation = true,
                 .pair = Pair::ended,
                 .rate = Rate::write,
                 .reply = done(),
                 .refuses = nothing,
                 .summary = "End the session"},
                {.method = POST,
                 .path = "/reset_password",
                 .handler = reset_password,
                 .rate = Rate::password,
                 .body = "reset_password",
                 .reply = accepted("notice", 204),
                 .refuses = {token_invalid, reauthentication_required, password_refused, session_bound,
                             sso_required},
                 .summary = "Ask for a reset link, use it, or change one's own password"},
                {.method = POST,
                 .path = "/api/v1/auth/password-reset/request",
                 .handler = request_reset,
                 .rate = Rate::password,
                 .body = "reset_request",
                 .reply = accepted("notice"),
                 .refuses = nothing,
                 .summary = "Ask for a reset link"},
                {.method = POST,
                 .path = "/api/v1/auth/password-reset/confirm",
                 .handler = confirm_reset,
                 .rate = Rate::password,
                 .body = "reset_confirm",
                 .reply = done(),
                 .refuses = {token_invalid, password_refused, sso_required},
                 .summary = "Choose a new password"},
                {.method = POST,
                 .path = "/api/v1/auth/unlock",
                 .handler = unlock,
                 .rate = Rate::write,
                 .body = "unlock",
                 .reply = done(),
                 .refuses = {token_invalid},
                 .name = "unlockAccount",
                 .summary = "Lift the lock that wrong passwords have put on an account"},
                {.method = POST,
                 .path = "/api/v1/auth/change-password",
                 .handler = change_password,
                 .step_up = true,
                 .rate = Rate::password,
                 .body = "change_password",
                 .reply = done(),
                 .refuses = {reauthentication_required, password_refused, session_bound},
                 .summary = "Change one's own password"},
                {.method = POST,
                 .path = "/api/v1/auth/verify-email",
                 .handler = verify_email,
                 .rate = Rate::password,
                 .body = "verify_email",
                 .reply = done(),
                 .refuses = {token_invalid, email_taken, reauthentication_required, password_refused,
                             sso_required, wrong_account},
                 .summary = "Verify an address, or confirm a new one: by the mailed token, with the "
                            "account's session or password"},
            }),
    section("Users", {
                         {.method = GET,
                          .path = "/users/me",
                          .also_at = {"/api/v1/users/me"},
                          .handler = who_am_i,
                          .rate = Rate::read,
                          .reply = ok("me"),
                          .refuses = nothing,
                          .name = "getMe",
                          .summary = "Who am I"},
                     }));

}  // namespace

std::span<const Route> accounts_rows() { return kAccountsRows; }

}  // namespace tenantd::api::handlers
