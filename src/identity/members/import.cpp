#include "tenantd/identity/import.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "identity/invitations/invitations.hpp"
#include "identity/roles/named_role.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/password.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/name.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::service {
namespace {

struct Refused {
  std::string reason;
};

constexpr const char* kInvited = "its account has not proven the address: its mailbox gets an invitation";

bool parse_flag(const std::string& text) {
  const auto word = ascii_lower(text);
  if (word == "true" || word == "yes" || word == "1") return true;
  if (word.empty() || word == "false" || word == "no" || word == "0") return false;
  throw Refused{"email_verified is neither true nor false"};
}

void check_name(const std::string& text, const char* what) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (!is_utf8(text)) throw Refused{std::string{what} + " is not UTF-8"};
  if (std::any_of(text.begin(), text.end(), is_control))
    throw Refused{std::string{what} + " holds a control character"};
  if (count_code_points(text) > 100) throw Refused{std::string{what} + " is longer than 100 characters"};
  if (!text.empty() && !shows_something(text))
    throw Refused{std::string{what} + " holds nothing that can be seen"};
}

std::string profile_of(const ImportRow& row) {
  json::Object profile;
  for (const auto& [name, value] : {std::pair{"first_name", &row.first_name},
                                    std::pair{"last_name", &row.last_name}, std::pair{"name", &row.name}}) {
    check_name(*value, name);
    if (value->empty()) continue;
    const auto kept = to_nfc(*value);
    if (!kept) throw Refused{std::string{name} + " holds more than 64 marks in a row"};
    profile.set(name, *kept);
  }
  return profile.text();
}

Email email_of(const ImportRow& row) {
  auto typed = Email::read(row.email);
  if (!typed.problem.empty()) throw Refused{"email " + typed.problem};
  return *std::move(typed.email);
}

std::optional<std::string> hash_of(const ImportRow& row) {
  if (row.password_hash.empty()) return std::nullopt;
  auto [stored, problem] = crypto::adopt_hash(row.password_hash);
  if (!problem.empty())
    throw Refused{"password_hash " + problem + ": leave it empty, and its owner asks for a reset link"};
  return std::move(stored);
}

}  // namespace

struct Importing::Person {
  Email email;
  std::optional<std::string> hash;
  std::string profile;
  bool verified;
};

// Where, and as what.
struct Importing::Destination {
  TenantScope scope;
  RoleRecord role;
};

Importing::Destination Importing::destination_of(db::Txn& txn, const ImportRow& row) {
  auto org = organization_;
  if (!row.organization.empty()) {
    auto known = organizations_.find(row.organization);
    if (known == organizations_.end()) {
      const auto found =
          store::find_any_organization(txn, store::ImportScope::unsafe_for_import(), row.organization);
      if (!found) throw Refused{"organization does not exist"};
      known = organizations_.emplace(row.organization, *found).first;
    }
    if (org && *org != known->second) throw Refused{"organization is another than --organization"};
    org = known->second;
  }
  if (!org) throw Refused{"organization is missing"};
  const TenantScope scope{*org, UserId{}, find_system_role(kOwnerRole)->permissions};
  store::enter(txn, scope);
  const std::string name = row.role.empty() ? std::string{kDefaultInviteRole} : row.role;
  auto role = roles_.find({org->bytes(), name});
  if (role == roles_.end()) {
    const auto found = store::find_role(txn, scope, name);
    if (!found) throw Refused{"role: " + no_such_role(txn, scope)};
    role = roles_.emplace(std::pair{org->bytes(), name}, *found).first;
  }
  return {scope, role->second};
}

ImportResult Importing::put(db::Txn& txn, const Context& context, const ImportRow& row) {
  try {
    const Person person{email_of(row), hash_of(row), profile_of(row), parse_flag(row.email_verified)};
    const auto destination = destination_of(txn, row);
    return dry_run_ ? foresee(txn, person, destination)
                    : write_within_limit(txn, context, person, destination);
  } catch (const Refused& refused) {
    return {ImportOutcome::refused, refused.reason};
  }
}

// A row that meets a limit leaves nothing of itself behind, not even an account. That costs a savepoint a
// row, so nobody pays for it before the first one that does, whose batch runs again.
ImportResult Importing::write_within_limit(db::Txn& txn, const Context& context, const Person& person,
                                           const Destination& destination) {
  try {
    if (!met_limit_) return write(txn, context, person, destination);
    return txn.savepoint([&] { return write(txn, context, person, destination); });
  } catch (const db::LimitReached& e) {
    if (!std::exchange(met_limit_, true)) throw db::RetryableError{e.what()};
    throw Refused{"the organization's limit of " + e.limit + " is reached"};
  }
}

ImportResult Importing::write(db::Txn& txn, const Context& context, const Person& person,
                              const Destination& destination) {
  auto account = store::find_account(txn, person.email);
  if (!account) {
    const auto user = crypto::new_id<UserId>();
    try {
      store::insert_user(txn, {user, person.email, person.hash, person.profile, person.verified},
                         context.now);
      return join(txn, context, person, destination, store::ProvenAccount{user}, true);
    } catch (const db::DuplicateKey&) {
      // Somebody has signed up with it meanwhile.
      account = store::find_account(txn, person.email);
      if (!account) throw db::RetryableError{"an account came and went"};
    }
  }
  if (store::find_member(txn, destination.scope, account->user.id)) return {ImportOutcome::skipped, ""};
  const auto proven = proof_of(txn, person, *account);
  if (!proven) return claim(txn, context, person, destination);
  return join(txn, context, person, destination, *proven, false);
}

// The file's own word for whose it is: whoever made the account cannot know the hash that the file gives it.
std::optional<store::ProvenAccount> Importing::proof_of(db::Txn& txn, const Person& person,
                                                        const store::Account& account) {
  if (person.hash && *person.hash == account.password) return store::ProvenAccount{account.user.id};
  return store::prove_account(txn, account);
}

ImportResult Importing::join(db::Txn& txn, const Context& context, const Person& person,
                             const Destination& destination, const store::ProvenAccount& account, bool made) {
  try {
    store::insert_member(txn, destination.scope, account, {destination.role.id, {}, {}}, context.now);
  } catch (const db::DuplicateKey&) {
    return {ImportOutcome::skipped, ""};
  } catch (const db::ForeignKeyError&) {
    // The role was deleted since it was read; the next row looks again.
    roles_.clear();
    throw db::RetryableError{"a role has gone"};
  }
  json::Object after;
  after.set("email", person.email.str()).set("role", destination.role.name).set("account_created", made);
  if (made && person.hash) after.set("password", kMasked);
  record({txn, context, destination.scope},
         {"member.imported", "member", account.user().bytes(), {}, std::move(after)});
  return {made ? ImportOutcome::created : ImportOutcome::joined, ""};
}

// In the name of the organization's first owner, who can invite anybody to anything there.
ImportResult Importing::claim(db::Txn& txn, const Context& context, const Person& person,
                              const Destination& destination) {
  const auto owner = store::find_first_owner(txn, destination.scope);
  if (!owner) throw Refused{"its account has not proven the address, and no owner is there to invite it"};
  try {
    offer_membership({txn, context, destination.scope}, *owner, person.email, destination.role);
  } catch (const ApiError& e) {
    if (e.code() != ErrorCode::invite_pending) throw;
    return {ImportOutcome::skipped, ""};
  }
  return {ImportOutcome::invited, kInvited};
}

ImportResult Importing::foresee(db::Txn& txn, const Person& person, const Destination& destination) {
  const auto account = store::find_account(txn, person.email);
  const bool first = seen_.insert(crypto::sha256(person.email.str()).substr(0, 16)).second;
  const bool first_here =
      seen_
          .insert(
              crypto::sha256(person.email.str() + std::string{destination.scope.org().raw()}).substr(0, 16))
          .second;
  if (!first_here || (account && store::find_member(txn, destination.scope, account->user.id)))
    return {ImportOutcome::skipped, ""};
  if (account && !proof_of(txn, person, *account)) return {ImportOutcome::invited, kInvited};
  take_room(txn, destination.scope);
  return {account || !first ? ImportOutcome::joined : ImportOutcome::created, ""};
}

void Importing::take_room(db::Txn& txn, const TenantScope& scope) {
  auto room = room_.find(scope.org().bytes());
  if (room == room_.end()) {
    const auto limit = store::find_member_limit(txn, scope);
    const auto active = store::count_members(txn, scope, {Status::active, {}, {}});
    const auto left = limit ? *limit - active : std::numeric_limits<std::int64_t>::max();
    room = room_.emplace(scope.org().bytes(), left).first;
  }
  if (room->second <= 0) throw Refused{"the organization's limit of members is reached"};
  --room->second;
}

}  // namespace tenantd::service
