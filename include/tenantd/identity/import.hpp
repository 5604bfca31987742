// Accounts and memberships from another system, row by row. An account that exists keeps its password: the
// file gives it a membership, nothing else, and that only if it is known to be its address's reader's. Where
// it is not, its mailbox gets an invitation.
#pragma once

#include <map>
#include <string>
#include <unordered_set>

#include "identity/accounts/proven_account.hpp"
#include "identity/members/importing_store.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// As the file has it; empty = not given.
struct ImportRow {
  std::string email;
  std::string password_hash;  // that adopt_hash() takes; empty = none: its owner asks for a reset link
  std::string organization;   // id or slug
  std::string role;           // by its name there; empty = member
  std::string first_name;
  std::string last_name;
  std::string name;            // in one
  std::string email_verified;  // true, false, yes, no, 1, 0
};

enum class ImportOutcome {
  created,  // a new account, and its membership
  joined,   // a membership for an account that was there
  skipped,  // a member already
  refused,
  invited  // the address's account has not proven that it is its reader's: an invitation was mailed there
};

struct ImportResult {
  ImportOutcome outcome;
  std::string reason;  // of a refusal; never holds a hash
};

class Importing {
 public:
  // Acts in every organization that a row names, as its owner could: for tenantctl, whose caller has the
  // database's password. With `organization` (id or slug) all rows go there, and a row that names another is
  // refused.
  static Importing unsafe_for_tenantctl(std::optional<OrgId> organization, bool dry_run) {
    return Importing{organization, dry_run};
  }

  // Writes what the row asks for, or, on a dry run, nothing.
  ImportResult put(db::Txn& txn, const Context& context, const ImportRow& row);

 private:
  struct Person;
  struct Destination;
  Importing(std::optional<OrgId> organization, bool dry_run)
      : organization_(organization), dry_run_(dry_run) {}
  Destination destination_of(db::Txn& txn, const ImportRow& row);
  ImportResult write(db::Txn& txn, const Context& context, const Person& person,
                     const Destination& destination);
  ImportResult write_within_limit(db::Txn& txn, const Context& context, const Person& person,
                                  const Destination& destination);
  ImportResult join(db::Txn& txn, const Context& context, const Person& person,
                    const Destination& destination, const store::ProvenAccount& account, bool made);
  std::optional<store::ProvenAccount> proof_of(db::Txn& txn, const Person& person,
                                               const store::Account& account);
  ImportResult claim(db::Txn& txn, const Context& context, const Person& person,
                     const Destination& destination);
  ImportResult foresee(db::Txn& txn, const Person& person, const Destination& destination);
  void take_room(db::Txn& txn, const TenantScope& scope);

  std::optional<OrgId> organization_;
  bool dry_run_;
  std::map<std::string, OrgId> organizations_;                     // as rows spell them
  std::map<std::pair<UuidBytes, std::string>, RoleRecord> roles_;  // by organization and name
  std::unordered_set<std::string> seen_;                           // on a dry run: who would be where by now
  bool met_limit_ = false;                                         // of some organization
  std::map<UuidBytes, std::int64_t> room_;                         // on a dry run: how many may still join
};

}  // namespace tenantd::service
