#include "identity/invitations/invitations.hpp"
#include "identity/invitations/opened_invite.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/invite_values.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::service {
namespace {

constexpr Seconds kAskedOnceIn{86400};

bool is_over(const store::Invite& invite, TimePoint now) {
  return invite.status == InviteStatus::expired || invite.expired(now);
}

// The name in the profile, or else the address. Of an account whose address is not proven the address alone:
// such a name may be anybody's.
std::string name_of(const UserRecord& user) {
  const auto profile = json::read_object(user.profile);
  if (!profile || !user.email_verified_at) return user.email;
  const auto part = [&](const char* key) { return json::maybe_text(*profile, key).value_or(""); };
  for (const auto& name : {part("name"), part("first_name") + ' ' + part("last_name")})
    if (const auto shown = trim(name); !shown.empty()) return std::string{shown};
  return user.email;
}

// The account of the invited address, if there is one that could accept.
std::optional<UserRecord> invited_account(db::Txn& txn, const TenantScope& scope,
                                          const store::Invite& invite) {
  const auto account = store::find_account(txn, Email::parse(invite.email).value());
  if (!account) return std::nullopt;
  if (account->user.status != Status::active) throw ApiError(ErrorCode::invite_gone);
  if (store::find_member(txn, scope, account->user.id))
    throw ApiError(ErrorCode::already_member, "You are a member already: sign in");
  return account->user;
}

// Who can send a new invitation: the inviter, or else who has been an owner longest.
std::optional<UserRecord> who_to_ask(const Work& work, const store::Invite& invite, const RoleRecord& role) {
  const auto inviter = standing_inviter(work, invite, role);
  const auto id = inviter ? std::optional{inviter->user} : store::find_first_owner(work.txn, work.scope);
  const auto account = id ? store::find_account(work.txn, *id) : std::nullopt;
  if (!account || account->user.status != Status::active) return std::nullopt;
  return account->user;
}

}  // namespace

InviteLookup look_up_invite(db::Txn& txn, const Context& context, const std::string& token) {
  const auto opened = OpenedInvite::open_to_read(txn, crypto::sha256(token));
  const auto& scope = opened.scope();
  InviteLookup found{opened.invite(), inviting_organization(txn, scope)};
  found.expired = is_over(found.invite, context.now);
  const auto role = store::find_role(txn, scope, found.invite.role);
  if (!role) throw ApiError(ErrorCode::invite_gone);
  found.role = role->name;
  const auto account = invited_account(txn, scope, found.invite);
  found.needs_password = !account || !account->email_verified_at;
  if (!found.expired && !standing_inviter({txn, context, scope}, found.invite, *role))
    throw ApiError(ErrorCode::invite_gone);
  if (const auto inviter = store::find_account(txn, found.invite.invited_by))
    found.inviter = name_of(inviter->user);
  return found;
}

void ask_again(db::Txn& txn, const Context& context, const std::string& token) {
  const auto hash = crypto::sha256(token);
  const auto opened = OpenedInvite::open_to_read(txn, hash);
  const auto& scope = opened.scope();
  const auto& invite = opened.invite();
  const SlowTurn turn{context, SlowTurn::Kind::answer, scope.org()};
  const auto organization = inviting_organization(txn, scope);
  const auto role = store::find_role(txn, scope, invite.role);
  if (!role) throw ApiError(ErrorCode::invite_gone);
  invited_account(txn, scope, invite);
  if (!is_over(invite, context.now))
    throw ApiError(ErrorCode::conflict, "The invitation has not expired: accept it");
  if (!store::ask_again(txn, scope, hash, context.now - kAskedOnceIn, context.now)) return;
  const Work work{txn, context, scope};
  auto values = standing_values(invite, InviteStatus::expired);
  values.set("asked_at", context.now);
  record(work, {"invite.asked_again", "invite", invite.id.bytes(), {}, std::move(values)});
  const auto reader = who_to_ask(work, invite, *role);
  if (!reader) return;
  offer_mail(txn, context,
             {mail::Template::invitation_asked,
              reader->email,
              {{"organization", organization.name}, {"email", invite.email}, {"role", role->name}}},
             scope.org(), reader_of(*reader));
}

}  // namespace tenantd::service
