#include "tenantd/service/invitations.hpp"

#include "tenantd/api/encode.hpp"
#include "tenantd/api/handlers/handlers.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

service::InviteForm invite_form(const JsonValue& object, const std::string& at) {
  service::InviteForm form;
  if (const auto typed = maybe_text(object, "email")) {
    form.email = Email::parse(*typed);
    if (!form.email) refuse_field(at + "/email", "must be a plain e-mail address");
  } else {
    form.user = id<UserId>(object, "user_id");
  }
  if (auto role = maybe_text(object, "role")) form.role = *std::move(role);
  return form;
}

// An account that was named by its id does not give its address away here.
void put_invite(JsonOut& json, const TenantScope& scope, const service::InviteForm& form,
                const service::SentInvite& sent) {
  json.field("id", sent.invite.id).field("org_id", scope.org());
  if (form.email) {
    json.field("email", sent.invite.email);
  } else {
    json.field("user_id", sent.invite.user);
  }
  json.field("role", sent.role.name)
      .field("status", invite_status_name(sent.invite.status))
      .field("invited_by", sent.invite.invited_by)
      .field("created_at", sent.invite.created_at)
      .field("expires_at", sent.invite.expires_at);
}

Response accepted_reply(const service::Accepted& accepted) {
  JsonOut json;
  json.begin_object();
  if (accepted.signed_in) {
    put_tokens(json, *accepted.signed_in);
  } else {
    json.key("user").begin_object();
    put_user(json, accepted.user);
    json.end_object().key("organization");
    put_membership(json, accepted.membership);
  }
  json.key("member")
      .begin_object()
      .field("org_id", accepted.membership.organization.id)
      .field("user_id", accepted.user.id)
      .field("role", accepted.membership.role.name)
      .field("status", status_name(accepted.membership.status))
      .field("created_at", accepted.membership.member_since)
      .end_object()
      .end_object();
  return token_response(json);
}

std::optional<std::string> caller(const Request& request) {
  return request.session ? std::optional{request.session->principal().user.email} : std::nullopt;
}

}  // namespace

Response invite(const Request& request, const Session& session, const TenantScope& scope, Txn& txn) {
  const auto form = invite_form(request.body, "");
  const auto sent = service::invite(txn, request.context, session, scope, form);
  JsonOut json;
  json.begin_object();
  put_invite(json, scope, form, sent);
  json.end_object();
  return created(json, "/api/v1/invites/" + sent.invite.id.str());
}

// A row that is refused does not undo the others; each says what became of it.
Response add_users(const Request& request, const Session& session, const TenantScope& scope, Txn& txn) {
  JsonOut json;
  json.begin_object().key("items").begin_array();
  const auto& users = (*member(request.body, "users")).GetArray();
  for (rapidjson::SizeType i = 0; i < users.Size(); ++i) {
    const auto form = invite_form(users[i], "/users/" + std::to_string(i));
    json.begin_object();
    try {
      const auto sent =
          txn.attempt([&] { return service::invite(txn, request.context, session, scope, form); });
      json.field("result", "invited");
      put_invite(json, scope, form, sent);
    } catch (const ApiError& e) {
      if (http_status(e.code()) >= 500) throw;
      json.field("result", "refused")
          .field("code", error_name(e.code()))
          .field("detail", error_title(e.code()));
      if (form.email) json.field("email", form.email->str());
      if (form.user) json.field("user_id", *form.user);
    }
    json.end_object();
  }
  json.end_array().end_object();
  return reply(json);
}

Response accept_invite(const Request& request, Txn& txn) {
  service::AcceptForm form;
  form.token = text(request.body, "token");
  form.password = maybe_text(request.body, "password");
  form.profile = json_text(request.body, "profile", "{}");
  if (form.profile.size() > 4096) refuse_field("/profile", "must not exceed 4096 bytes");
  return accepted_reply(service::accept_invite(txn, request.context, form, caller(request)));
}

// A browser, or a scanner that acts like one, gets the page with the button, and the token moves to the
// fragment; an API client accepts for an existing account. HEAD changes nothing (RFC 9110 section 9.2.1).
Response accept_invite_link(const Request& request, Txn& txn) {
  const auto token = text(request.query, "token");
  const bool is_head = request.http.method == http::Method::HEAD;
  if (is_head || request.http.accept.find("text/html") != std::string::npos) {
    const auto is_token_character = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
    };
    if (!std::all_of(token.begin(), token.end(), is_token_character)) throw ApiError(ErrorCode::invite_gone);
    auto response = no_content();
    response.status = 303;
    response.header("Location", "/invite#token=" + token).header("Cache-Control", "no-store");
    return response;
  }
  service::AcceptForm form;
  form.token = token;
  return accepted_reply(service::accept_invite(txn, request.context, form, caller(request)));
}

}  // namespace tenantd::api::handlers
