#include "identity/invitations/invitations.hpp"

#include "tenantd/api/email_in.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/encode.hpp"

namespace tenantd::api::handlers {
namespace {

service::InviteForm invite_form(const JsonValue& object, const std::string& at) {
  service::InviteForm form;
  if (maybe_text(object, "email")) {
    form.email = email_in(object, "email", at);
  } else {
    form.user = id<UserId>(object, "user_id");
  }
  if (auto role = maybe_text(object, "role")) form.role = *std::move(role);
  if (const auto seconds = maybe_integer(object, "expires_in")) form.expires_in = Seconds{*seconds};
  return form;
}

const char* name_of(store::InviteDelivery::State state) {
  switch (state) {
    case store::InviteDelivery::State::queued: return "queued";
    case store::InviteDelivery::State::sent: return "sent";
    case store::InviteDelivery::State::bounced: return "bounced";
    case store::InviteDelivery::State::suppressed: return "suppressed";
    case store::InviteDelivery::State::failed: return "failed";
    case store::InviteDelivery::State::unknown: return "unknown";
  }
  return "unknown";
}

// An account that was named by its id does not give its address away here, nor an address whether there is an
// account.
void put_invite(JsonOut& json, const TenantScope& scope, const store::InviteDetail& detail, TimePoint now) {
  const auto& invite = detail.invite;
  json.field("id", invite.id).field("org_id", scope.org());
  if (invite.by_user) {
    json.field("user_id", invite.user);
  } else {
    json.field("email", invite.email);
  }
  json.field("role", detail.role)
      .field("status", invite_status_name(detail.status_at(now)))
      .field("invited_by", invite.invited_by)
      .field("created_at", invite.created_at)
      .field("expires_at", invite.expires_at)
      .key("delivery")
      .begin_object()
      .field("state", name_of(detail.delivery.state))
      .field("attempts", detail.delivery.attempts)
      .field("sent_at", detail.delivery.sent_at)
      .end_object();
}

Response invite_reply(const Request& request, const TenantScope& scope, const store::InviteDetail& detail,
                      int status = 200) {
  JsonOut json;
  json.begin_object();
  put_invite(json, scope, detail, request.context.now);
  json.end_object();
  return status == 201 ? created(json, "/api/v1/invites/" + detail.invite.id.str()) : reply(json, status);
}

std::optional<InviteId> invite_of(const Request& request) {
  return InviteId::parse(request.http.path_value("invite_id"));
}

// For a caller who may know which invitations there are.
InviteId known_invite_of(const Request& request) {
  const auto id = invite_of(request);
  if (!id) throw ApiError(ErrorCode::not_found);
  return *id;
}

std::optional<InviteStatus> status_of(const JsonValue& query) {
  const auto wanted = maybe_text(query, "status");
  for (const auto status : {InviteStatus::pending, InviteStatus::accepted, InviteStatus::revoked,
                            InviteStatus::declined, InviteStatus::expired})
    if (wanted &&
        (*wanted == invite_status_name(status) || *wanted == std::to_string(static_cast<int>(status))))
      return status;
  return std::nullopt;
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
  if (request.session) service::require_unbound(request.session->principal());
  return request.session ? std::optional{request.session->principal().user.email} : std::nullopt;
}

Response invite(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto sent = service::invite({txn, request.context, scope}, invite_form(request.body, ""));
  return invite_reply(request, scope, sent, 201);
}

Response list_invites(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  const auto status = status_of(request.query);
  const auto now = request.context.now;
  const auto from = page.from ? std::optional{InviteId{page.from->id}} : std::nullopt;
  return page_reply(
      page, store::list_invites(txn, scope, status, from, page.limit + 1, now),
      [&](JsonOut& json, const auto& row) {
        json.begin_object();
        put_invite(json, scope, row, now);
        json.end_object();
      },
      [](const auto& row) {
        return store::Keyset{row.invite.created_at, row.invite.id.bytes()};
      },
      [&] { return store::count_invites(txn, scope, status, now); });
}

Response show_invite(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto found = store::find_invite_detail(txn, scope, known_invite_of(request));
  if (!found) throw ApiError(ErrorCode::not_found);
  return invite_reply(request, scope, *found);
}

Response resend_invite(const Request& request, const TenantScope& scope, Txn& txn) {
  std::optional<Seconds> expires_in;
  if (const auto seconds = maybe_integer(request.body, "expires_in")) expires_in = Seconds{*seconds};
  return invite_reply(
      request, scope,
      service::resend_invite({txn, request.context, scope}, known_invite_of(request), expires_in));
}

Response revoke_invite(const Request& request, const TenantScope& scope, Txn& txn) {
  service::revoke_invite({txn, request.context, scope}, known_invite_of(request));
  return no_content();
}

Response decline_invite(const Request& request, Txn& txn) {
  const auto id = invite_of(request);
  if (!id) throw ApiError(ErrorCode::invite_gone);
  service::decline_invite(txn, request.context, *id, text(request.body, "token"));
  return no_content();
}

Response look_up_invite(const Request& request, Txn& txn) {
  const auto found = service::look_up_invite(txn, request.context, text(request.body, "token"));
  JsonOut json;
  json.begin_object()
      .key("organization")
      .begin_object()
      .field("name", found.organization.name)
      .field("slug", found.organization.slug)
      .end_object()
      .key("inviter")
      .begin_object()
      .field("name", found.inviter)
      .end_object()
      .field("email", found.invite.email)
      .field("role", found.role)
      .field("expires_at", found.invite.expires_at)
      .field("state", found.expired ? "expired" : "pending")
      .field("needs_password", found.needs_password)
      .end_object();
  return reply(json);
}

Response ask_again(const Request& request, Txn& txn) {
  service::ask_again(txn, request.context, text(request.body, "token"));
  return notice("If there is somebody to ask, a mail asks for a new invitation; once a day");
}

// A row that is refused does not undo the others; each says what became of it.
Response add_users(const Request& request, const TenantScope& scope, Txn& txn) {
  JsonOut json;
  json.begin_object().key("items").begin_array();
  const auto& users = (*member(request.body, "users")).GetArray();
  for (rapidjson::SizeType i = 0; i < users.Size(); ++i) {
    const auto named = maybe_id<UserId>(users[i], "user_id");
    json.begin_object();
    try {
      const auto form = invite_form(users[i], "/users/" + std::to_string(i));
      const auto sent = txn.savepoint([&] { return service::invite({txn, request.context, scope}, form); });
      json.field("result", "invited");
      put_invite(json, scope, sent, request.context.now);
    } catch (const ApiError& e) {
      if (http_status(e.code()) >= 500) throw;
      json.field("result", "refused")
          .field("code", error_name(e.code()))
          .field("detail", e.public_text().empty() ? error_title(e.code()) : e.public_text());
      if (const auto typed = maybe_text(users[i], "email")) json.field("email", *typed);
      if (named) json.field("user_id", *named);
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
  auto accepted = service::accept_invite(txn, request.context, form, caller(request));
  // A page goes on where the invitation has led: in the session that it shows, which gets the organization.
  if (request.in_cookie && request.session && !accepted.signed_in && !accepted.user.mfa_enabled) {
    accepted.signed_in = service::select_organization(txn, request.context, *request.session,
                                                      accepted.membership.organization.id);
    accepted.signed_in->user = accepted.user;
  }
  return accepted_reply(accepted);
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

constexpr auto kInvitationsRows =
    join(section("Users",
                 {
                     {.method = POST,
                      .path = "/api/v1/users/invite",
                      .handler = invite,
                      .permission = users_invite,
                      .rate = Rate::write,
                      .body = "invite",
                      .reply = made("invite"),
                      .refuses = {role_outranks, not_found, already_member, invite_pending, limit_reached,
                                  reauthentication_required},
                      .name = "createInvite",
                      .summary = "Invite a person"},
                 }),
         section("Organizations, members, invites",
                 {
                     {.method = POST,
                      .path = "/organization/add_users",
                      .handler = add_users,
                      .permission = users_invite,
                      .rate = Rate::write,
                      .body = "add_users",
                      .reply = ok("add_users"),
                      .refuses = nothing,
                      .name = "inviteUsers",
                      .summary = "Invite several people"},
                     {.method = POST,
                      .path = "/invite_member",
                      .also_at = {"/api/v1/invites"},
                      .handler = invite,
                      .permission = users_invite,
                      .rate = Rate::write,
                      .body = "invite",
                      .reply = made("invite"),
                      .refuses = {role_outranks, not_found, already_member, invite_pending, limit_reached,
                                  reauthentication_required},
                      .summary = "Invite a person"},
                     {.method = GET,
                      .path = "/api/v1/invites",
                      .handler = list_invites,
                      .permission = users_invite,
                      .rate = Rate::read,
                      .query = "invites_query",
                      .reply = ok("invites"),
                      .summary = "Invitations, with what became of their mails"},
                     {.method = GET,
                      .path = "/api/v1/invites/{invite_id}",
                      .handler = show_invite,
                      .permission = users_invite,
                      .rate = Rate::read,
                      .reply = ok("invite"),
                      .summary = "An invitation"},
                     {.method = POST,
                      .path = "/api/v1/invites/{invite_id}/resend",
                      .handler = resend_invite,
                      .permission = users_invite,
                      .rate = Rate::write,
                      .body = "resend_invite",
                      .reply = ok("invite"),
                      .summary = "Mail a new link; the old one dies"},
                     {.method = DELETE_,
                      .path = "/api/v1/invites/{invite_id}",
                      .handler = revoke_invite,
                      .permission = users_invite,
                      .rate = Rate::write,
                      .reply = done(),
                      .summary = "Revoke an invitation"},
                     {.method = POST,
                      .path = "/api/v1/invites/{invite_id}/decline",
                      .handler = decline_invite,
                      .rate = Rate::write,
                      .body = "decline_invite",
                      .reply = done(),
                      .summary = "Decline an invitation"},
                     {.method = POST,
                      .path = "/api/v1/invites/lookup",
                      .handler = look_up_invite,
                      .rate = Rate::write,
                      .body = "look_up_invite",
                      .reply = ok("invite_lookup"),
                      .refuses = {invite_gone, already_member},
                      .name = "lookUpInvite",
                      .summary = "What an invitation is about, for who holds its token; changes nothing"},
                     {.method = POST,
                      .path = "/api/v1/invites/ask-again",
                      .handler = ask_again,
                      .rate = Rate::write,
                      .body = "ask_again",
                      .reply = accepted("notice"),
                      .refuses = {invite_gone, already_member},
                      .name = "requestNewInvite",
                      .summary = "Ask who sent an expired invitation for a new one"},
                     {.method = GET,
                      .path = "/accept_invite",
                      .handler = accept_invite_link,
                      .rate = Rate::password,
                      .query = "accept_query",
                      .reply = ok("accepted_invite", 303),
                      .refuses = {wrong_account, already_member, invite_gone, password_required,
                                  limit_reached, session_bound},
                      .name = "openInvite",
                      .summary = "Accept an invitation for an existing account, or show the page"},
                     {.method = POST,
                      .path = "/accept_invite",
                      .handler = accept_invite,
                      .pair = Pair::answered,
                      .rate = Rate::password,
                      .body = "accept_invite",
                      .reply = ok("accepted_invite"),
                      .refuses = {wrong_account, already_member, invite_gone, password_required,
                                  password_refused, limit_reached, session_bound},
                      .summary = "Accept an invitation"},
                 }));

}  // namespace

std::span<const Route> invitations_rows() { return kInvitationsRows; }

}  // namespace tenantd::api::handlers
