// Domains that organizations claim, and those that they have proven: of each one organization. A claim by
// itself means nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/sso/oidc_providers_store.hpp"
#include "tenantd/identity/sessions_store.hpp"
#include "tenantd/record/resource.hpp"
#include "tenantd/record/table.hpp"

namespace tenantd::store {

struct Domain {
  DomainId id;
  std::string domain;        // lower-case A-labels
  std::string record_value;  // of the TXT record
  std::optional<TimePoint> proven_at;
  std::optional<TimePoint> checked_at;
  std::optional<TimePoint> missed_at;  // since when a proven one's record is not found
  std::optional<UserId> created_by;
  std::int64_t revision = 1;
  TimePoint created_at, updated_at;
};

// The field list.
extern const record::Resource domain_list;
extern const record::Table<Domain> domain_table;

// "_tenantd.example.com"
std::string record_name(const Domain& domain);

std::int64_t count_domains(db::Txn& txn, const TenantScope& scope);
std::int64_t count_proven_domains(db::Txn& txn, const TenantScope& scope);
// True if the organization has proven exactly this one.
bool has_proven(db::Txn& txn, const TenantScope& scope, const std::string& domain);

// What a look-up came to.
struct DomainCheck {
  std::optional<TimePoint> proven_at, missed_at;
  std::optional<TimePoint> next_at;  // of a proven one
};
// Throws db::DuplicateKey if another organization has proven it.
void note_check(db::Txn& txn, OrgId org, DomainId id, const DomainCheck& check, TimePoint now);

// The same by the courier, of a domain that is proven: it keeps it so or drops it, and proves none.
void note_recheck(db::Txn& txn, DomainId id, const DomainCheck& check, TimePoint now);
// For the courier, who acts as nobody: an organization's domain, locked until the commit.
std::optional<Domain> lock_domain(db::Txn& txn, OrgId org, DomainId id);

struct OwnerReader {
  UserId user;
  std::string email;
  bool proven = false;
};
// The owners of the scope's organization.
std::vector<OwnerReader> owners_of(db::Txn& txn, OrgId org);

// --- organizations that let their members in by their provider alone ---

bool is_sso_enforced(db::Txn& txn, const TenantScope& scope);
void set_sso_enforced(db::Txn& txn, const TenantScope& scope, bool enforced, TimePoint now);

struct SsoOrganization {
  OrgId id;
  std::string slug;
  std::string name;
};
// Those of `user` that have proven the domain of the account's address; of an owner, or of others. At most
// 1,000, which an account belongs to.
std::vector<SsoOrganization> sso_organizations(db::Txn& txn, UserId user, bool of_owner);
// In the scope of an organization: the session counts there without its provider.
void note_bypass(db::Txn& txn, SessionId session, TimePoint now);

// --- for those who are nobody yet ---

struct Discovered {
  OrgId org;
  std::string slug;
  std::string name;
  bool sso_enforced = false;
  std::vector<ActiveProvider> ways;
};
// nullopt: no active organization has proven the domain. One statement, whatever there is.
std::optional<Discovered> discover(db::Txn& txn, const std::string& domain);

}  // namespace tenantd::store
