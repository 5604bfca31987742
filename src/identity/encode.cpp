#include "tenantd/identity/encode.hpp"

#include <algorithm>

namespace tenantd::api {

void put_user(JsonOut& json, const UserRecord& user) {
  json.field("id", user.id).field("email", user.email);
  json.key("profile").raw(user.profile);
  json.field("status", status_name(user.status));
  json.field("email_verified", user.email_verified_at.has_value());
  json.field("mfa_enabled", user.mfa_enabled);
  if (user.is_super) json.field("is_super_admin", true);
  json.field("created_at", user.created_at).field("updated_at", user.updated_at);
}

void put_member_user(JsonOut& json, const store::Member& member) {
  UserRecord user;
  user.id = member.user;
  user.email = member.email;
  user.profile = member.profile;
  user.status = member.status;
  user.email_verified_at = member.email_verified_at;
  user.mfa_enabled = member.mfa_enabled;
  user.created_at = member.user_created_at;
  user.updated_at = std::max(member.user_updated_at, member.updated_at);
  json.begin_object();
  put_user(json, user);
  json.field("role", member.role.name)
      .field("role_expires_at", member.role.expires_at)
      .field("member_since", member.created_at)
      .end_object();
}

void put_me(JsonOut& json, const Principal& principal) {
  json.begin_object();
  put_user(json, principal.user);
  json.key("organization");
  put_active_organization(json, principal);
  put_impersonator(json, principal);
  json.end_object();
}

void put_person(JsonOut& json, UserId id, const std::string& email) {
  json.begin_object().field("id", id).field("email", email).end_object();
}

void put_impersonator(JsonOut& json, const Principal& principal) {
  json.key("impersonated_by");
  if (principal.actor) {
    put_person(json, principal.actor->id, principal.actor->email);
  } else {
    json.value(nullptr);
  }
}

void put_business(JsonOut& json, const BusinessSettings& business) {
  json.field("mail_sender_name", business.mail_sender_name)
      .field("self_approval", business.self_approval)
      .field("session_idle_seconds", business.session_idle_seconds)
      .field("session_max_seconds", business.session_max_seconds)
      .field("invite_seconds", business.invite_seconds)
      .field("login_alert", login_alert_name(business.login_alert))
      .field("require_passkey", business.require_passkey)
      .field("mail_code", business.mail_code);
}

void put_limits(JsonOut& json, const TenantLimits& limits) {
  json.key("limits")
      .begin_object()
      .field("max_members", limits.members)
      .field("max_projects", limits.projects)
      .field("max_storage_bytes", limits.storage_bytes)
      .field("max_requests", limits.requests)
      .end_object();
}

void put_usage(JsonOut& json, const TenantUsage& usage) {
  json.key("usage")
      .begin_object()
      .field("members", usage.members)
      .field("projects", usage.projects)
      .field("storage_bytes", usage.storage_bytes)
      .end_object();
}

void put_organization(JsonOut& json, const OrganizationRecord& organization,
                      const std::optional<RoleRecord>& role,
                      const std::optional<store::OrganizationDetail>& detail) {
  json.begin_object()
      .field("id", organization.id)
      .field("name", organization.name)
      .field("slug", organization.slug)
      .field("status", status_name(organization.status))
      .field("personal", organization.personal)
      .field("require_mfa", organization.require_mfa)
      .field("role", role ? std::optional{role->name} : std::nullopt)
      .field("role_expires_at", role ? role->expires_at : std::nullopt)
      .field("created_at", organization.created_at)
      .field("updated_at", organization.updated_at);
  if (detail) {
    json.key("settings").raw(detail->settings);
    put_business(json, detail->business);
    put_limits(json, detail->limits);
    put_usage(json, detail->usage);
  }
  json.end_object();
}

void put_membership(JsonOut& json, const std::optional<store::Membership>& membership) {
  if (membership) {
    put_organization(json, membership->organization, membership->role);
  } else {
    json.value(nullptr);
  }
}

void put_active_organization(JsonOut& json, const Principal& principal) {
  if (principal.organization) {
    put_organization(json, *principal.organization, principal.role);
  } else {
    json.value(nullptr);
  }
}

void put_tokens(JsonOut& json, const service::TokenReply& reply) {
  json.field("access_token", reply.tokens.access_token)
      .field("token_type", "Bearer")
      .field("expires_in", reply.tokens.expires_in)
      .field("refresh_token", reply.tokens.refresh_token)
      .field("refresh_expires_in", reply.tokens.refresh_expires_in);
  json.key("user").begin_object();
  put_user(json, reply.user);
  json.end_object();
  json.key("organization");
  put_membership(json, reply.membership);
}

Response token_reply(const service::TokenReply& reply) {
  JsonOut json;
  json.begin_object();
  put_tokens(json, reply);
  json.end_object();
  return token_response(json);
}

}  // namespace tenantd::api
