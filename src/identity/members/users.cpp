#include "identity/members/users.hpp"

#include "identity/members/members.hpp"
#include "identity/roles/named_role.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

// Counted whether or not a mail goes out: each refusal tells that an address is registered.
void take_from_budget(const Context& context, const TenantScope& scope) {
  if (context.may_invite)
    require(context.may_invite(scope.user()), "Too many new accounts and invitations: try again later");
}

store::Member member_of(const UserRecord& user, const RoleRecord& role) {
  store::Member member;
  member.user = user.id;
  member.email = user.email;
  member.profile = user.profile;
  member.role = role;
  member.created_at = user.created_at;
  member.updated_at = user.updated_at;
  member.user_created_at = user.created_at;
  member.user_updated_at = user.updated_at;
  return member;
}

}  // namespace

UserMaker::UserMaker(const Work& work) : work_(work) {
  const auto maker = stand_under_lock(work);
  maker_ = maker.email;
  role_ends_ = maker.role.expires_at;
  const auto organization = store::find_organization(work.txn, work.scope);
  if (!organization) throw ApiError(ErrorCode::not_found);
  organization_ = organization->name;
}

const RoleRecord& UserMaker::role_named(const std::string& name) {
  auto known = roles_.find(name);
  if (known == roles_.end()) {
    auto role = service::named_role(work_.txn, work_.scope, name, "/role");
    role.expires_at = role_ends_;
    known = roles_.emplace(name, std::move(role)).first;
  }
  if (!work_.scope.permissions().covers(known->second.permissions)) throw ApiError(ErrorCode::role_outranks);
  require_proof_to_give(work_.context, known->second.permissions);
  return known->second;
}

store::Member UserMaker::make(const NewUserForm& form) {
  const auto& role = role_named(form.role);
  take_from_budget(work_.context, work_.scope);
  UserRecord user;
  try {
    user = store::insert_user(work_.txn,
                              {crypto::new_id<UserId>(), form.email, std::nullopt, form.profile, false},
                              work_.context.now);
  } catch (const db::DuplicateKey&) {
    throw ApiError(ErrorCode::email_taken, "The address has an account: invite it instead")
        .field("/email", "has an account");
  }
  store::insert_member(work_.txn, work_.scope, store::ProvenAccount{user.id},
                       {role.id, work_.scope.user(), role.expires_at}, work_.context.now);
  auto after = user_values(user);
  after.set("role", role.name).set("role_expires_at", role.expires_at);
  record(work_, {"user.created", "user", user.id.bytes(), {}, std::move(after)});
  if (form.send_welcome_email)
    mail_password_link(work_.txn, work_.context, user, work_.scope.org(), organization_, maker_, role.name);
  return member_of(user, role);
}

// The link is that of a password reset, which it works like; it lives longer, since nobody waits for it.
void mail_password_link(db::Txn& txn, const Context& context, const UserRecord& user, OrgId org,
                        const std::string& organization, const std::string& maker, const std::string& role) {
  const Secret token = crypto::new_token();
  const Seconds lifetime{context.settings.set_password_seconds};
  store::insert_token(txn, user.id, TokenPurpose::reset_password, crypto::sha256(token.reveal()), context.now,
                      context.now + lifetime);
  send_mail(txn, context,
            {mail::Template::account_created,
             user.email,
             {{"link", mail_link(context, "reset", token)},
              {"organization", organization},
              {"inviter", maker},
              {"role", role},
              {"email", user.email},
              {"minutes", mail_minutes(lifetime.count())}}},
            org, user.id);
}

void require_assignable(db::Txn& txn, const TenantScope& scope, const std::string& role) {
  if (!scope.permissions().has(Permission::roles_assign)) throw ApiError(ErrorCode::forbidden);
  named_role(txn, scope, role, "/role");
}

store::Member update_user(const Work& work, UserId user, const UserChange& change) {
  if (change.role) require_assignable(work.txn, work.scope, *change.role);
  if (change.profile) set_member_profile(work, user, *change.profile);
  if (change.role) assign_role(work, user, *change.role);
  if (change.status) set_member_status(work, user, *change.status);
  auto member = store::find_member(work.txn, work.scope, user);
  if (!member) throw ApiError(ErrorCode::not_found);
  return *std::move(member);
}

}  // namespace tenantd::service
