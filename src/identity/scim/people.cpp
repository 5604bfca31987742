#include "identity/scim/people.hpp"

#include "identity/codes/codes_store.hpp"
#include "identity/domains/domains_store.hpp"
#include "identity/invitations/invitations.hpp"
#include "identity/members/members.hpp"
#include "identity/members/users.hpp"
#include "identity/scim/authority.hpp"
#include "tenantd/api/etag.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/name.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

constexpr std::size_t kMostNameBytes = 320;
constexpr std::size_t kMostExternalIdBytes = 255;
constexpr std::size_t kMostAttributeBytes = 64 * 1024;

std::optional<std::string> taken_text(json::Document& resource, const char* name) {
  auto text = json::maybe_text(resource, name);
  resource.RemoveMember(name);
  return text;
}

// Where the directory would write to the person: an address of its list, or the name.
std::optional<Email> address_in(const json::Document& resource, const std::string& user_name) {
  const auto* emails = json::find(resource, "emails");
  if (emails != nullptr && emails->IsArray() && !emails->Empty()) {
    const auto typed = Email::read(json::text_of((*emails)[scim::main_element(*emails)], "value"));
    return typed.problem.empty() ? typed.email : std::nullopt;
  }
  const auto typed = Email::read(user_name);
  return typed.problem.empty() ? typed.email : std::nullopt;
}

// The beginning of an account's profile: its owner changes it from then on.
std::string profile_in(const json::Document& resource) {
  json::Object profile;
  const auto put = [&](const char* name, const json::Value& from, const char* member) {
    const auto text = json::maybe_text(from, member);
    if (!text || text->empty() || count_code_points(*text) > 100 || !shows_something(*text)) return;
    if (const auto kept = to_nfc(*text)) profile.set(name, *kept);
  };
  if (const auto* name = json::find(resource, "name")) {
    put("first_name", *name, "givenName");
    put("last_name", *name, "familyName");
  }
  put("name", resource, "displayName");
  return profile.text();
}

json::Object told_of(const store::Person& person) {
  json::Object values;
  return std::move(values.set("user_name", person.user_name)
                       .set("external_id", person.external_id)
                       .set("active", person.active));
}

}  // namespace

struct Provisioner::Wanted {
  std::string user_name;
  std::optional<std::string> external_id;
  std::optional<bool> active;  // nullopt: as it is
  std::optional<Email> email;
  std::string attributes;
  std::string profile;
};

Provisioner::Provisioner(const Work& work) : work_(work) {
  store::enter(work.txn, work.scope);
  if (!store::lock_organization(work.txn, work.scope)) throw ApiError(ErrorCode::not_found);
  store::meet_newcomers(work.txn, work.scope, work.context.now);
  maker_ = store::find_member(work.txn, work.scope, work.scope.user());
  if (maker_ && (maker_->status != Status::active || maker_->role.expires_at)) maker_.reset();
  authority_ = provisioning_authority(work);
}

Provisioner::Wanted Provisioner::read(const json::Document& resource) const {
  json::Document rest;
  rest.CopyFrom(resource, rest.GetAllocator());
  Wanted wanted;
  wanted.user_name = std::string{trim(taken_text(rest, "userName").value_or(""))};
  if (wanted.user_name.empty()) refuse_scim("invalidValue", "userName is required");
  if (wanted.user_name.size() > kMostNameBytes || !shows_something(wanted.user_name))
    refuse_scim("invalidValue", "userName is not one that can be kept");
  wanted.external_id = taken_text(rest, "externalId");
  if (wanted.external_id && wanted.external_id->size() > kMostExternalIdBytes)
    refuse_scim("invalidValue", "externalId is longer than 255 bytes");
  if (const auto* active = json::find(rest, "active")) wanted.active = active->IsTrue();
  rest.RemoveMember("active");
  wanted.email = address_in(rest, wanted.user_name);
  wanted.profile = profile_in(rest);
  wanted.attributes = json::compact(rest);
  if (wanted.attributes.size() > kMostAttributeBytes)
    refuse_scim("invalidValue", "The resource is larger than 64 KiB");
  return wanted;
}

bool Provisioner::is_of_proven_domain(const Email& email) {
  const auto domain = email.domain();
  auto known = proven_.find(domain);
  if (known == proven_.end())
    known = proven_.emplace(domain, store::has_proven(work_.txn, work_.scope, domain)).first;
  return known->second;
}

// Counted whether or not a mail goes out: each refusal tells that an address is registered.
void Provisioner::take_from_budget() {
  if (work_.context.may_invite)
    require(work_.context.may_invite(work_.scope.user()),
            "Too many new accounts and invitations: try again later");
}

// As whoever answers for the table of roles says, as long as that person could give the role; else a
// member's.
RoleRecord Provisioner::newcomers_role() {
  if (role_) return *role_;
  const auto setup = store::find_scim_setup(work_.txn, work_.scope);
  if (setup && setup->kept_by) {
    const auto role = store::find_role(work_.txn, work_.scope, setup->default_role);
    if (role && role->name != kOwnerRole &&
        stands_for_good(work_.txn, work_.scope, *setup->kept_by,
                        role->permissions.with(Permission::identity_providers_manage)))
      role_ = role;
  }
  if (!role_) role_ = store::find_role(work_.txn, work_.scope, "member");
  if (!role_) throw ApiError(ErrorCode::not_found);
  return *role_;
}

// Another person has the name, or a member of whom the directory has not spoken has it as an address.
void Provisioner::require_free(const Wanted& wanted, const std::optional<DirectoryId>& of) {
  for (const auto& other : store::people_named(work_.txn, work_.scope, store::name_key(wanted.user_name)))
    if (!of || other.id != *of) refuse_duplicate("Another person of the organization has this userName");
}

void Provisioner::write(const store::Person& person) {
  try {
    store::write_person(work_.txn, work_.scope, person, work_.context.now);
  } catch (const db::DuplicateKey&) {
    refuse_duplicate("The person is known by another resource already");
  }
}

void Provisioner::join(const RoleRecord& role, const store::ProvenAccount& account) {
  const auto by = maker_ ? std::optional{maker_->user} : std::nullopt;
  try {
    store::insert_member(work_.txn, work_.scope, account, {role.id, by, {}}, work_.context.now);
  } catch (const db::DuplicateKey&) {
    throw db::RetryableError{"somebody has become a member meanwhile"};
  }
}

UserId Provisioner::make_account(const Wanted& wanted, bool proven, const RoleRecord& role) {
  UserRecord user;
  try {
    user = store::insert_user(work_.txn,
                              {crypto::new_id<UserId>(), *wanted.email, std::nullopt, wanted.profile, proven},
                              work_.context.now);
  } catch (const db::DuplicateKey&) {
    throw db::RetryableError{"somebody has signed up with the address meanwhile"};
  }
  join(role, store::ProvenAccount{user.id});
  auto after = user_values(user);
  after.set("role", role.name);
  Change change{"user.provisioned", "user", user.id.bytes(), {}, std::move(after)};
  change.data.set("provider", "scim").set("role", role.name);
  record(work_, change);
  if (proven) return user.id;  // its provider lets it in
  const auto organization = store::find_organization(work_.txn, work_.scope);
  if (!organization) throw ApiError(ErrorCode::not_found);
  mail_password_link(work_.txn, work_.context, user, work_.scope.org(), organization->name,
                     maker_ ? maker_->email : organization->name, role.name);
  return user.id;
}

// In the name of the key's maker, or else of the organization's first owner, who can invite anybody.
void Provisioner::invite(const Email& email, const RoleRecord& role) {
  const bool may = maker_ && maker_->role.permissions.covers(role.permissions.with(Permission::users_invite));
  const auto owner = may ? std::optional{maker_->user} : store::find_first_owner(work_.txn, work_.scope);
  if (!owner) throw ApiError(ErrorCode::conflict, "No owner is there to invite this person");
  try {
    work_.txn.savepoint([&] { offer_membership(work_, *owner, email, role); });
  } catch (const ApiError& e) {
    // Somebody else has invited the same person: that is as good.
    if (e.code() != ErrorCode::invite_pending) throw;
  }
}

// Who accepts it in this moment holds it: once that has ended they are a member, to be treated as one.
void Provisioner::revoke_invitation(const Email& email) {
  const auto is_member = [&] {
    const auto account = store::find_account(work_.txn, email);
    return account && store::find_member(work_.txn, work_.scope, account->user.id);
  };
  const bool was_member = is_member();
  const auto account = store::find_account(work_.txn, email);
  store::delete_open_invites(work_.txn, work_.scope, account ? account->user.id : UserId{}, email.str());
  if (!was_member && is_member()) throw db::RetryableError{"the invitation has been accepted meanwhile"};
}

store::Person Provisioner::make(const json::Document& resource) {
  const auto wanted = read(resource);
  if (!wanted.email) refuse_scim("invalidValue", "An address is required: in emails, or as the userName");
  require_free(wanted, std::nullopt);
  const auto role = newcomers_role();
  require_to_give(role);
  const bool proven = is_of_proven_domain(*wanted.email);
  auto account = store::find_account(work_.txn, *wanted.email);
  if (account && store::find_member(work_.txn, work_.scope, account->user.id))
    refuse_duplicate("A member of the organization has this address");
  if (!proven) take_from_budget();
  store::Person person;
  person.id = crypto::new_id<DirectoryId>();
  person.user_name = wanted.user_name;
  person.external_id = wanted.external_id;
  person.email = wanted.email->str();
  person.active = wanted.active.value_or(true);
  person.attributes = wanted.attributes;
  person.created_at = person.updated_at = work_.context.now;
  if (!account) {
    person.user = make_account(wanted, proven, role);
  } else if (proven && !account->user.is_super && account->user.status == Status::active &&
             account->user.email_verified_at) {
    const auto known = store::prove_account(work_.txn, *account);
    if (!known) throw ApiError(ErrorCode::conflict);
    join(role, *known);
    person.user = account->user.id;
    Change change{"member.provisioned", "user", account->user.id.bytes()};
    change.after.set("email", person.email).set("role", role.name).set("provider", "scim");
    change.data.set("provider", "scim").set("role", role.name);
    record(work_, change);
  } else if (person.active) {
    invite(*wanted.email, role);
  }
  if (person.user) person.id = DirectoryId{person.user->bytes()};
  write(person);
  person.stored = true;
  record(work_, {"scim_user.updated", "scim_user", person.id.bytes(), {}, told_of(person)});
  if (person.user && !person.active) {
    const auto member = store::find_member(work_.txn, work_.scope, *person.user);
    set_status_by_directory(work_, member.value(), Status::inactive);
  }
  return person;
}

store::Person Provisioner::person_under_lock(DirectoryId id, const std::string& if_match) {
  auto person = store::find_person(work_.txn, work_.scope, id);
  if (!person) throw ApiError(ErrorCode::not_found);
  if (!if_match.empty() && !api::if_none_match_names(if_match, person_tag(*person)))
    throw ApiError(ErrorCode::precondition_failed);
  return *std::move(person);
}

void Provisioner::require_authority(const store::Member& member) const {
  if (authority_.covers(member.role.permissions)) return;
  throw ApiError(ErrorCode::role_outranks,
                 "This person's role exceeds that of whoever made the key or calls");
}

// What is only kept of a person opens nothing: of owners an administrator's key changes it too.
void Provisioner::require_to_describe(const store::Member& member) const {
  if (authority_.covers(member.role.permissions & find_system_role("admin")->permissions)) return;
  require_authority(member);
}

void Provisioner::require_to_give(const RoleRecord& role) const {
  if (authority_.covers(role.permissions)) return;
  throw ApiError(ErrorCode::role_outranks,
                 "The role " + role.name + " exceeds that of whoever made the key or calls");
}

// Whoever reads the new address gets what the person's groups will give.
void Provisioner::require_to_readdress(DirectoryId id, const Email& to) const {
  const auto account = store::find_account(work_.txn, to);
  if (account && store::find_member(work_.txn, work_.scope, account->user.id))
    refuse_duplicate("A member of the organization has this address");
  const auto places = store::places_of(work_.txn, work_.scope, {id});
  const auto setup = store::find_scim_setup(work_.txn, work_.scope);
  if (places.empty() || !setup) return;
  const auto place = static_cast<std::size_t>(places.begin()->second);
  if (const auto role = store::find_role(work_.txn, work_.scope, setup->groups.at(place).role))
    require_to_give(*role);
}

void Provisioner::set_active(const store::Member& member, bool active) {
  const auto status = active ? Status::active : Status::inactive;
  if (member.status == status) return;
  require_authority(member);
  set_status_by_directory(work_, member, status);
}

// The account's address moves only where it is the organization's to say: it has proven both domains, and
// nobody else has the account as a member. Otherwise it stays, and the reply says so.
void Provisioner::move_address(store::Person& person, const Email& wanted) {
  if (person.email == wanted.str()) return;
  // Its row is everybody's, and sign-ins wait for it: locked where the address can move, and nowhere else.
  const auto current = Email::parse(person.email);
  if (!current || !is_of_proven_domain(*current) || !is_of_proven_domain(wanted) ||
      store::count_memberships(work_.txn, *person.user) > 1)
    return;
  // Whoever makes it a member elsewhere was before this, and is counted, or comes after.
  store::lock_profile(work_.txn, *person.user);
  const auto account = store::find_account(work_.txn, *person.user);
  if (!account || account->user.email == wanted.str()) return;
  const auto old = Email::parse(account->user.email);
  const auto member = store::find_member(work_.txn, work_.scope, *person.user);
  if (!old || !member || account->user.is_super || account->user.status != Status::active ||
      !is_of_proven_domain(*old) || !is_of_proven_domain(wanted) ||
      store::count_memberships(work_.txn, *person.user) > 1)
    return;
  require_authority(*member);
  const auto token = crypto::sha256(crypto::new_token().reveal());
  store::insert_token(work_.txn, *person.user, TokenPurpose::change_email, token, work_.context.now,
                      work_.context.now + Seconds{60}, wanted);
  try {
    if (!store::change_email(work_.txn, *person.user, token, work_.context.now))
      throw ApiError(ErrorCode::conflict);
  } catch (const db::DuplicateKey&) {
    refuse_duplicate("Another account has this address");
  }
  // Links and codes that went to the old address lead nowhere any more.
  for (const auto purpose :
       {TokenPurpose::verify_email, TokenPurpose::reset_password, TokenPurpose::change_email})
    store::delete_tokens(work_.txn, *person.user, purpose);
  store::delete_mailed_codes(work_.txn, *person.user);
  record_account_change(work_, *person.user,
                        {"email.changed", std::nullopt, json::Object{}.set("email", account->user.email),
                         json::Object{}.set("email", wanted.str())});
  mail_security_change(work_.txn, work_.context, account->user, "its address is now " + wanted.str());
  person.email = wanted.str();
}

store::Person Provisioner::save(const store::Person& before, const json::Document& resource) {
  const auto wanted = read(resource);
  if (store::name_key(wanted.user_name) != store::name_key(before.user_name)) require_free(wanted, before.id);
  auto person = before;
  person.user_name = wanted.user_name;
  person.external_id = wanted.external_id;
  person.attributes = wanted.attributes;
  person.active = wanted.active.value_or(before.active);
  // First of all: nothing of the rest keeps somebody in.
  const auto member = person.user ? store::find_member(work_.txn, work_.scope, *person.user) : std::nullopt;
  if (person.user) {
    if (!member) throw ApiError(ErrorCode::not_found);
    set_active(*member, person.active);
    if (wanted.email) move_address(person, *wanted.email);
  } else {
    const auto invited = Email::parse(before.email).value();
    const auto email = wanted.email.value_or(invited);
    const bool moves = email != invited;
    if (moves) require_to_readdress(before.id, email);
    if (moves || !person.active) revoke_invitation(invited);
    person.email = email.str();
    if (person.active && (moves || !before.active)) {
      const auto role = newcomers_role();
      require_to_give(role);
      take_from_budget();
      invite(email, role);
    }
  }
  const bool same = before.stored && person.user_name == before.user_name &&
                    person.external_id == before.external_id && person.attributes == before.attributes &&
                    person.email == before.email && person.active == before.active;
  if (same) return person;
  if (member) require_to_describe(*member);
  person.updated_at = work_.context.now;
  write(person);
  person.stored = true;
  record(work_, {"scim_user.updated", "scim_user", person.id.bytes(), told_of(before), told_of(person)});
  return person;
}

void Provisioner::remove(DirectoryId id, const std::string& if_match) {
  const auto person = person_under_lock(id, if_match);
  if (!person.user) {
    revoke_invitation(Email::parse(person.email).value());
    store::delete_person(work_.txn, work_.scope, id);
    record(work_, {"scim_user.updated", "scim_user", id.bytes(), told_of(person)});
    return;
  }
  const auto member = store::find_member(work_.txn, work_.scope, *person.user);
  if (!member) throw ApiError(ErrorCode::not_found);
  require_authority(*member);
  // What the directory says of the person goes with the membership.
  end_membership(work_, *member);
}

}  // namespace tenantd::service
