#include "tenantd/identity/organizations.hpp"

#include <algorithm>
#include <array>

#include "identity/invitations/invitations.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/transliterate.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/name.hpp"
#include "tenantd/domain/sign_ups.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/differences.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/invitations_store.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

// Names of hosts that BASE_DOMAIN has, or will have, for the service itself.
constexpr std::array<std::string_view, 14> kReservedSlugs = {"admin",  "api",    "app",     "auth", "docs",
                                                             "help",   "id",     "login",   "mail", "sso",
                                                             "static", "status", "support", "www"};

bool is_reserved(const std::string& slug) {
  return std::find(kReservedSlugs.begin(), kReservedSlugs.end(), slug) != kReservedSlugs.end();
}

bool is_label_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// A slug nobody asked for by name gets a random tail at the first collision; two collisions in 2^32 do not
// happen.
OrganizationRecord insert_with_slug(const Work& work, const NewOrganization& form) {
  const auto limits = form.limits.value_or(default_limits(work.context.settings));
  const auto insert = [&](const std::string& slug) {
    return store::insert_organization(work.txn, work.scope, form.name, slug, form.personal, limits,
                                      work.context.now);
  };
  if (form.slug) {
    require_new_slug(*form.slug, form.slug_pointer);
    try {
      return insert(*form.slug);
    } catch (const db::DuplicateKey&) {
      refuse_taken_slug(form.slug_pointer);
    }
  }
  // A personal organization is named after the address, which its slug must not tell.
  std::string base = form.personal ? "u-" + to_hex(crypto::random_bytes(8)) : slug_of(form.name);
  if (is_reserved(base)) base += '-' + to_hex(crypto::random_bytes(4));
  try {
    return insert(base);
  } catch (const db::DuplicateKey&) {
    return insert(base + '-' + to_hex(crypto::random_bytes(4)));
  }
}

// Throws unless sessions may last so long: the service's own bound is the longest.
void judge_session(const char* pointer, const std::optional<std::optional<std::int64_t>>& wanted,
                   std::int64_t longest) {
  if (!wanted || !*wanted) return;
  if (**wanted < kShortestSessionSeconds || **wanted > longest)
    throw ApiError(ErrorCode::validation_failed)
        .field(pointer, "must be from " + std::to_string(kShortestSessionSeconds) + " to " +
                            std::to_string(longest) + ", the service's own bound");
}

void judge(const Context& context, const OrganizationChange& change) {
  if (change.mail_sender_name && *change.mail_sender_name && !is_sender_name(**change.mail_sender_name))
    throw ApiError(ErrorCode::validation_failed)
        .field("/mail_sender_name", "must be a name of at most 100 characters without @, < and >");
  judge_session("/session_idle_seconds", change.session_idle_seconds, context.settings.session_idle_seconds);
  judge_session("/session_max_seconds", change.session_max_seconds, context.settings.session_max_seconds);
  if (change.invite_seconds) judge_lifetime(context, "/invite_seconds", *change.invite_seconds);
}

// As they will stand: one of the two may be of before.
void judge_together(const OrganizationChange& change, const BusinessSettings& business) {
  const auto &idle = business.session_idle_seconds, &most = business.session_max_seconds;
  if ((!change.session_idle_seconds && !change.session_max_seconds) || !idle || !most || *idle <= *most)
    return;
  ApiError refusal{ErrorCode::validation_failed};
  if (change.session_idle_seconds)
    refusal.add_field("/session_idle_seconds",
                      "must not be more than session_max_seconds, " + std::to_string(*most));
  else
    refusal.add_field("/session_max_seconds",
                      "must not be less than session_idle_seconds, " + std::to_string(*idle));
  throw ApiError{refusal};
}

store::OrganizationForm changed(store::OrganizationForm form, const OrganizationChange& change) {
  const auto take = [](auto& value, const auto& wanted) {
    if (wanted) value = *wanted;
  };
  take(form.name, change.name);
  take(form.slug, change.slug);
  take(form.settings, change.settings);
  take(form.require_mfa, change.require_mfa);
  take(form.business.require_passkey, change.require_passkey);
  take(form.business.mail_code, change.mail_code);
  take(form.business.self_approval, change.self_approval);
  take(form.business.mail_sender_name, change.mail_sender_name);
  take(form.business.session_idle_seconds, change.session_idle_seconds);
  take(form.business.session_max_seconds, change.session_max_seconds);
  take(form.business.invite_seconds, change.invite_seconds);
  take(form.business.login_alert, change.login_alert);
  return form;
}

Differences differences(const store::OrganizationForm& was, const store::OrganizationForm& is) {
  Differences found;
  found.note("name", was.name, is.name)
      .note("slug", was.slug, is.slug)
      .note_json("settings", was.settings, is.settings)
      .note("require_mfa", was.require_mfa, is.require_mfa)
      .note("require_passkey", was.business.require_passkey, is.business.require_passkey)
      .note("mail_code", was.business.mail_code, is.business.mail_code)
      .note("self_approval", was.business.self_approval, is.business.self_approval)
      .note("mail_sender_name", was.business.mail_sender_name, is.business.mail_sender_name)
      .note("session_idle_seconds", was.business.session_idle_seconds, is.business.session_idle_seconds)
      .note("session_max_seconds", was.business.session_max_seconds, is.business.session_max_seconds)
      .note("invite_seconds", was.business.invite_seconds, is.business.invite_seconds)
      .note("login_alert", login_alert_name(was.business.login_alert),
            login_alert_name(is.business.login_alert));
  return found;
}

// True if people get in, or stay in, by less than before.
bool loosens(const store::OrganizationForm& was, const store::OrganizationForm& is) {
  const auto longer = [](const auto& before, const auto& after) {
    return before && (!after || *after > *before);
  };
  const auto &old = was.business, &now = is.business;
  return (was.require_mfa && !is.require_mfa) || (old.require_passkey && !now.require_passkey) ||
         (!old.mail_code && now.mail_code) || (!old.self_approval && now.self_approval) ||
         longer(old.session_idle_seconds, now.session_idle_seconds) ||
         longer(old.session_max_seconds, now.session_max_seconds);
}

constexpr std::string_view kAdminRole = "admin";

void tell_of_transfer(const Work& work, const store::Member& from, const store::Member& to) {
  const auto organization = store::find_organization(work.txn, work.scope).value();
  for (const auto& reader : {reader_of(from), reader_of(to)})
    offer_mail(work.txn, work.context,
               {mail::Template::ownership_transferred,
                reader.email,
                {{"organization", organization.name},
                 {"from", from.email},
                 {"to", to.email},
                 {"email", reader.email},
                 {"time", format_utc(work.context.now)}}},
               work.scope.org(), reader);
}

}  // namespace

TenantLimits default_limits(const Settings& settings) {
  // 0 in the settings is no limit.
  const auto limit = [](std::int64_t most) { return most > 0 ? std::optional{most} : std::nullopt; };
  return {limit(settings.tenant_max_members), limit(settings.tenant_max_projects),
          limit(settings.tenant_max_storage), limit(settings.tenant_max_requests)};
}

void require_may_found(db::Txn& txn, const Context& context, const Principal& principal) {
  constexpr std::int64_t most = 10;
  if (parse_sign_ups(context.settings.signup) == SignUps::closed && !principal.user.is_super)
    throw ApiError(ErrorCode::signup_closed, "Super-admins alone make organizations here");
  if (principal.user.email_verified_at) return;
  store::lock_profile(txn, principal.user.id);  // one after the other, so that each counts those before it
  if (store::count_memberships(txn, principal.user.id) < most) return;
  throw ApiError(ErrorCode::email_unverified, "Verify the address first: an account founds " +
                                                  std::to_string(most) + " organizations without");
}

void change_organization(const Work& work, const OrganizationChange& change) {
  judge(work.context, change);
  stand_for_good(work);
  const auto* caller = work.context.caller;
  if (change.require_passkey.value_or(false) &&
      !(caller && caller->authentication.methods.has(AuthMethod::pop)))
    throw ApiError(ErrorCode::sign_in_way_refused, "Sign in by a passkey of your own first");
  if (!change.mail_code.value_or(true) && caller && shown_by(*caller).rests_on_mailed_code())
    throw ApiError(ErrorCode::sign_in_way_refused, "Sign in by another way first, or you shut yourself out");
  if (change.require_mfa.value_or(false)) {
    const auto account = store::find_account(work.txn, work.scope.user());
    const bool has = account && (account->user.mfa_enabled || (caller && caller->has_second_factor()));
    if (!has) throw ApiError(ErrorCode::mfa_not_enabled, "Enroll a second factor of your own first");
  }
  const auto before = store::find_organization_form(work.txn, work.scope);
  if (!before) throw ApiError(ErrorCode::not_found);
  const auto after = changed(*before, change);
  if (caller && loosens(*before, after)) require_fresh_proof(*caller, work.context.now);
  if (after.slug != before->slug) require_new_slug(after.slug);
  judge_together(change, after.business);
  try {
    store::update_organization(work.txn, work.scope, after, work.context.now);
  } catch (const db::DuplicateKey&) {
    refuse_taken_slug();
  }
  const auto found = differences(*before, after);
  record(work,
         {"organization.updated", "organization", work.scope.org().bytes(), found.before(), found.after()});
}

void delete_organization(const Work& work, const std::string& name) {
  stand_for_good(work);
  const auto organization = store::find_organization(work.txn, work.scope);
  if (!organization) throw ApiError(ErrorCode::not_found);
  // One that is from before names were kept in one form counts as typed.
  if (to_nfc(organization->name) != to_nfc(name))
    throw ApiError(ErrorCode::confirmation_mismatch).field("/name", "is not the organization's name");
  record_for_system(
      work.txn, work.context,
      {"organization.deleted", "organization", work.scope.org().bytes(),
       std::move(json::Object{}.set("name", organization->name).set("slug", organization->slug))});
  store::delete_organization(work.txn, work.scope, organization->name);
}

store::Member transfer_ownership(const Work& work, UserId heir, const Proof& proof) {
  if (heir == work.scope.user())
    throw ApiError(ErrorCode::validation_failed).field("/user_id", "is the caller");
  // Hash before the locks.
  store::enter(work.txn, work.scope);
  reauthenticate(work.txn, work.context, work.scope.user(), proof);
  const auto caller = stand_for_good(work, Lock::try_briefly);
  if (caller.role.name != kOwnerRole) throw ApiError(ErrorCode::forbidden);
  auto member = store::find_member(work.txn, work.scope, heir);
  const auto account = store::find_account(work.txn, heir);
  if (!member || member->status != Status::active || account->user.status != Status::active)
    throw ApiError(ErrorCode::not_found, "No such member");
  if (!account->user.email_verified_at) throw ApiError(ErrorCode::account_unverified);
  const auto admin = store::find_role(work.txn, work.scope, std::string{kAdminRole});
  store::set_member_role(work.txn, work.scope, heir, caller.role.id, std::nullopt, work.context.now);
  store::set_member_role(work.txn, work.scope, work.scope.user(), admin.value().id, std::nullopt,
                         work.context.now);
  // What the caller could give only as an owner.
  const auto revoked = store::revoke_invites_by(work.txn, work.scope, {work.scope.user()}, work.context.now);
  json::Object before, after;
  before.set("owner_id", caller.user).set("owner_email", caller.email).set("heir_role", member->role.name);
  after.set("owner_id", heir).set("owner_email", member->email).set("former_owner_role", kAdminRole);
  after.set("invitations_revoked", revoked);
  record(work, {"organization.ownership_transferred", "organization", heir.bytes(), before, after});
  tell_of_transfer(work, caller, *member);
  return *std::move(member);
}

std::string slug_of(const std::string& name) {
  std::string slug;
  for (const char c : transliterate(name)) {
    if (is_label_character(c)) {
      slug += c;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
    if (slug.size() == 50) break;
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug.size() < 2 || OrgId::parse(slug) ? "org-" + to_hex(crypto::random_bytes(4)) : slug;
}

// A name of a host's that "--" in its third and fourth place makes special (RFC 5891 section 4.2.3.1), or
// what is read as an id wherever a slug can stand.
bool is_read_otherwise(const std::string& text) {
  return text.compare(2, 2, "--") == 0 || OrgId::parse(text).has_value();
}

bool is_slug(const std::string& text) {
  if (text.size() < 2 || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  for (const char c : text)
    if (!is_label_character(c) && c != '-') return false;
  return true;
}

void require_new_slug(const std::string& text, const std::string& pointer) {
  if (!is_slug(text))
    throw ApiError(ErrorCode::validation_failed)
        .field(pointer, "must be 2 to 63 lower-case letters, digits and inner hyphens");
  if (is_read_otherwise(text))
    throw ApiError(ErrorCode::validation_failed)
        .field(pointer, "must be no UUID, and have no hyphens as its third and fourth character");
  if (is_reserved(text))
    throw ApiError(ErrorCode::validation_failed).field(pointer, "is reserved for the service");
}

void refuse_taken_slug(const std::string& pointer) {
  throw ApiError(ErrorCode::conflict, "The slug is taken").field(pointer, "is taken");
}

TenantScope Founding::scope_of(UserId founder) {
  return {crypto::new_id<OrgId>(), founder, find_system_role(kOwnerRole)->permissions};
}

store::Membership Founding::make(const Work& work, const NewOrganization& form) {
  const auto& [txn, context, scope] = work;
  store::enter(txn, scope);
  store::Membership membership;
  membership.organization = insert_with_slug(work, form);
  membership.role = store::insert_system_roles(txn, scope, context.now);
  membership.member_since = context.now;
  store::insert_member(txn, scope, store::ProvenAccount{scope.user()}, {membership.role.id, {}, {}},
                       context.now);
  const auto& made = membership.organization;
  json::Object after;
  after.set("name", made.name).set("slug", made.slug).set("personal", made.personal);
  record(work, {"organization.created", "organization", scope.org().bytes(), {}, after});
  return membership;
}

store::Membership Founding::found(db::Txn& txn, const Context& context, UserId user,
                                  const NewOrganization& form) {
  const auto scope = scope_of(user);
  return make({txn, context, scope}, form);
}

Founding::Newcomer Founding::found(db::Txn& txn, const Context& context, const store::NewUser& newcomer,
                                   const NewOrganization& form) {
  const auto scope = scope_of(newcomer.id);
  // First of all, so that the transaction begins with it.
  store::enter(txn, scope);
  auto user = store::insert_user(txn, newcomer, context.now);
  const Work work{txn, context, scope};
  auto membership = make(work, form);
  record_audit(work, {"user.created", "user", user.id.bytes(), {}, user_values(user)});
  return {std::move(user), std::move(membership)};
}

}  // namespace tenantd::service
