#include "identity/domains/domains_store.hpp"

#include "tenantd/effects/rows.hpp"
#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;
using namespace record;

constexpr const char* kDomainExamples = R"([{"domain":"example.com"}])";

constexpr auto kDomain = record::record<Domain>(
    "domain",
    name<&Domain::domain>("domain")
        .length(1, 253)
        .only(kBody | kReply | kStored | kMade | kAudited)
        .says("As it stands behind the @; internationalized names are kept as A-labels (xn--…)"),
    computed<record_name>("record_name", Kind::text)
        .says("Where to set the TXT record")
        .example("_tenantd.example.com"),
    text<&Domain::record_value>("record_value")
        .kept()
        .says("What the TXT record must hold")
        .example("tenantd-verification=Wm0pV5Jq9f3uVY7q1wXc2A8hQkR4tZsE6bN0dLgIoU"),
    time<&Domain::proven_at>("proven_at")
        .kept_elsewhere()
        .says("Since when it is the organization's; null: a claim, which means nothing"),
    time<&Domain::checked_at>("checked_at").kept_elsewhere().says("When its record was looked up last"),
    time<&Domain::missed_at>("missed_at")
        .kept_elsewhere()
        .says("Of a proven one: since when its record is not found"),
    reference<&Domain::created_by>("created_by").kept().says("Who claimed it"), Examples{kDomainExamples},
    refuses("domain_claimed", ErrorCode::conflict, "/domain", "is claimed by the organization already"));

constexpr Sql kCountDomains{"domain.count_all", "SELECT COUNT(*) FROM domain WHERE org_id = ?"};
constexpr Sql kCountProven{"domain.count_proven",
                           "SELECT COUNT(*) FROM domain WHERE org_id = ? AND proven_at IS NOT NULL"};
constexpr Sql kHasProven{"domain.has_proven",
                         "SELECT 1 FROM domain WHERE org_id = ? AND domain = ? AND proven_at IS NOT NULL"};
constexpr Sql kNoteCheck{"domain.note_check",
                         "UPDATE domain SET proven_at = ?, checked_at = ?, missed_at = ?, next_check_at = ?, "
                         "revision = revision + 1, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kNoteRecheck{"domain.note_recheck", "CALL note_domain_check(?, ?, ?, ?, ?)"};
constexpr Sql kLockDomain{
    "domain.lock_by_itself",
    "SELECT id, domain, record_value, proven_at, checked_at, missed_at, created_by, revision, created_at, "
    "updated_at FROM domain WHERE org_id = ? AND id = ? FOR UPDATE"};
constexpr Sql kOwners{"domain.owners",
                      "SELECT user_id, email, email_verified_at FROM owner_reader "
                      "WHERE org_id = ? ORDER BY user_id LIMIT 100"};
constexpr Sql kIsEnforced{"organization.sso_enforced", "SELECT sso_enforced FROM organization WHERE id = ?"};
constexpr Sql kEnforce{"organization.enforce_sso",
                       "UPDATE organization SET sso_enforced = ?, updated_at = ? WHERE id = ?"};
constexpr Sql kSsoOrganizations{
    "membership.sso_organizations",
    "SELECT org_id, slug, name FROM my_membership WHERE user_id = ? AND status = 0 AND org_status = 0 "
    "AND sso = ? ORDER BY member_since, org_id LIMIT 1000"};
constexpr Sql kNoteBypass{"sso.note_bypass", "CALL note_bypass(?, ?)"};
constexpr Sql kDiscover{"domain.discover", "CALL discover_sign_in(?)"};

}  // namespace

constexpr Resource domain_list = resource(kDomain, {.path = "/api/v1/domains", .query = "page_query"});
const Table<Domain> domain_table{kDomain};

std::string record_name(const Domain& domain) { return "_tenantd." + domain.domain; }

std::int64_t count_domains(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kCountDomains, scope.org());
  rows.next();
  return rows.integer(0);
}

std::int64_t count_proven_domains(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kCountProven, scope.org());
  rows.next();
  return rows.integer(0);
}

bool has_proven(db::Txn& txn, const TenantScope& scope, const std::string& domain) {
  return txn.query(kHasProven, scope.org(), domain).next();
}

void note_check(db::Txn& txn, OrgId org, DomainId id, const DomainCheck& check, TimePoint now) {
  txn.execute(kNoteCheck, check.proven_at, now, check.missed_at, check.next_at, now, org, id);
}

void note_recheck(db::Txn& txn, DomainId id, const DomainCheck& check, TimePoint now) {
  txn.execute(kNoteRecheck, id, check.proven_at ? 1 : 0, check.missed_at, check.next_at, now);
}

std::optional<Domain> lock_domain(db::Txn& txn, OrgId org, DomainId id) {
  auto rows = txn.lock(kLockDomain, org, id);
  if (!rows.next()) return std::nullopt;
  Domain domain;
  domain.id = rows.id<DomainId>(0);
  domain.domain = rows.text(1);
  domain.record_value = rows.text(2);
  domain.proven_at = maybe_time(rows, 3);
  domain.checked_at = maybe_time(rows, 4);
  domain.missed_at = maybe_time(rows, 5);
  domain.created_by = rows.maybe_id<UserId>(6);
  domain.revision = rows.integer(7);
  domain.created_at = rows.time(8);
  domain.updated_at = rows.time(9);
  return domain;
}

std::vector<OwnerReader> owners_of(db::Txn& txn, OrgId org) {
  auto rows = txn.query(kOwners, org);
  std::vector<OwnerReader> owners;
  while (rows.next()) owners.push_back({rows.id<UserId>(0), rows.text(1), !rows.is_null(2)});
  return owners;
}

bool is_sso_enforced(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kIsEnforced, scope.org());
  return rows.next() && rows.flag(0);
}

void set_sso_enforced(db::Txn& txn, const TenantScope& scope, bool enforced, TimePoint now) {
  txn.execute(kEnforce, enforced, now, scope.org());
}

std::vector<SsoOrganization> sso_organizations(db::Txn& txn, UserId user, bool of_owner) {
  const auto before = txn.scope();
  auto own = before;
  own.user = user;
  txn.enter(own);
  std::vector<SsoOrganization> found;
  {
    auto rows = txn.query(kSsoOrganizations, user, of_owner ? 2 : 1);
    while (rows.next()) found.push_back({rows.id<OrgId>(0), rows.text(1), rows.text(2)});
  }
  txn.enter(before);
  return found;
}

void note_bypass(db::Txn& txn, SessionId session, TimePoint now) { txn.execute(kNoteBypass, session, now); }

std::optional<Discovered> discover(db::Txn& txn, const std::string& domain) {
  const auto read = [](db::Rows& rows) {
    std::optional<Discovered> found;
    while (rows.next()) {
      const auto at = [&](const char* column) { return rows.column(column); };
      if (!found)
        found = Discovered{rows.id<OrgId>(at("org_id")),
                           rows.text(at("slug")),
                           rows.text(at("name")),
                           rows.flag(at("sso_enforced")),
                           {}};
      if (const auto id = rows.maybe_id<ProviderId>(at("provider_id")))
        found->ways.push_back(active_provider(*id, rows.text(at("kind")), rows.text(at("way")),
                                              rows.maybe_text(at("provider_name")).value_or("")));
    }
    return found;
  };
  return txn.call_unscoped(kDiscover, read, domain);
}

}  // namespace tenantd::store

namespace tenantd::modules {

const api::Described& domain_resource() {
  static const api::Described made = record::describe_schemas(store::domain_list.record);
  return made;
}

}  // namespace tenantd::modules
