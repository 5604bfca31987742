#include "identity/keys/service_accounts_store.hpp"

#include <algorithm>

#include "identity/keys/api_keys.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;
using namespace record;

constexpr std::array<std::string_view, 2> kStatusNames{"active", "disabled"};

std::string_view fault_of_network(std::string_view typed, std::size_t) {
  return Networks::canonical(typed)
             ? ""
             : "is no network, such as 203.0.113.0/24 or 2001:db8::/32, without bits behind its prefix";
}

// Each in its one spelling. What the column holds is in it already.
void set_networks(void* row, const Value& value) {
  std::string joined;
  const std::string typed{text_of(value).value()};
  for (const auto each : split(typed, ','))
    if (const auto network = Networks::canonical(each))
      joined.append(joined.empty() ? "" : ",").append(*network);
  static_cast<ServiceAccount*>(row)->networks = std::move(joined);
}

PermissionSet effective_permissions(const ServiceAccount& account) {
  return account.granted & service::organization_key_permissions();
}

constexpr const char* kAccountExamples =
    R"([{"name":"Nightly export","description":"Reads the stock for the data warehouse",)"
    R"("permissions":["products:read","stock:read"],"networks":["203.0.113.0/24","2001:db8:7::/48"]},)"
    R"({"name":"Warehouse scanners","role":"member"}])";
constexpr const char* kAccountChangeExamples =
    R"([{"status":"disabled"},{"name":"Nightly export","description":"","role":null,)"
    R"("permissions":["products:read"],"networks":[],"status":"active"}])";

constexpr auto kServiceAccount = record::record<ServiceAccount>(
    "service_account", name<&ServiceAccount::name>("name").length(1, 100).says("No other account has it"),
    text<&ServiceAccount::description>("description").length(0, 500).unless_given("").says("What it is for"),
    text<&ServiceAccount::role>("role")
        .length(1, 64)
        .only(kBody | kReply | kAudited)
        .says("A role of the organization: the account can do what the role holds at the moment, among what "
              "keys of an organization can hold"),
    reference<&ServiceAccount::role_id>("role_id").hidden(),
    permissions<&ServiceAccount::permissions>("permissions")
        .range(0, 64)
        .each_length(1, 64)
        .unless_given("")
        .says("What it can do, of an account without a role"),
    computed<effective_permissions>("effective_permissions", Kind::names)
        .says("What its keys can do at the moment, unless it is disabled"),
    names<&ServiceAccount::networks>("networks")
        .range(0, static_cast<std::int64_t>(Networks::kMost))
        .each_length(1, 64)
        .unless_given("")
        .judged_by(fault_of_network)
        .set_by(set_networks)
        .says("From where its keys are taken, as networks or addresses (IPv4, IPv6); from everywhere unless "
              "given"),
    choice<&ServiceAccount::status>("status", kStatusNames)
        .unless_given("active")
        .says("The keys of a disabled one are refused"),
    reference<&ServiceAccount::created_by>("created_by").kept().says("Who made it"),
    reference<&ServiceAccount::kept_by>("kept_by")
        .only(kReply | kStored | kWritten | kAudited)
        .says("Who made it or saved it last: gets the mails about keys that end"),
    number<&ServiceAccount::live_keys>("live_keys").derived().says("How many keys it has that work"),
    time<&ServiceAccount::next_key_ends_at>("next_key_ends_at").derived(),
    time<&ServiceAccount::last_used_at>("last_used_at").derived(),
    Examples{kAccountExamples, kAccountChangeExamples},
    refuses("service_account_name", ErrorCode::conflict, "/name", "another service account has it",
            "Another service account has this name"));

constexpr const char* kAccountKeyExamples =
    R"([{"name":"Production","expires_at":1893456000},{"name":"Staging"}])";

constexpr auto kAccountKey = record::record<AccountKey>(
    "service_account_key", name<&AccountKey::name>("name").length(1, 100).says("What the key is for"),
    code<&AccountKey::prefix>("prefix").kept().says("The key's first characters, to tell keys apart"),
    reference<&AccountKey::account>("service_account_id").kept().stored_as("account_id"),
    reference<&AccountKey::created_by>("created_by").kept().says("Who made it"),
    time<&AccountKey::created_at>("created_at").kept(),
    time<&AccountKey::expires_at>("expires_at")
        .range(0, kLastSecond)
        .says("When it ends, in seconds since 1970; never unless given"),
    time<&AccountKey::last_used_at>("last_used_at").kept_elsewhere(),
    text<&AccountKey::last_used_address>("last_used_address")
        .kept_elsewhere()
        .says("From where it was used then"),
    digest<&AccountKey::token>("token").written_once(),
    permissions<&AccountKey::permissions>("permissions").written_once(),
    flag<&AccountKey::of_organization>("of_organization").written_once(), Examples{kAccountKeyExamples, {}},
    ShownOnce{"key", "^tnd_[A-Za-z0-9_-]+$", "Shown this once: it is stored hashed"});

constexpr Sql kAccess{"service_account.access",
                      "SELECT a.id, r.id, r.name, r.permissions FROM service_account a "
                      "JOIN role r ON r.org_id = a.org_id AND r.id = a.role_id WHERE a.org_id = ?"};
constexpr Sql kKeysOf{"service_account.keys",
                      "SELECT account_id, CAST(SUM(expires_at IS NULL OR expires_at > ?) AS SIGNED), "
                      "MIN(IF(expires_at > ?, expires_at, NULL)), MAX(last_used_at) FROM service_account_key "
                      "WHERE org_id = ? GROUP BY account_id"};
constexpr Sql kClaimRefusal{"service_account.claim_refusal",
                            "UPDATE service_account SET refused_at = ? WHERE org_id = ? AND id = ? "
                            "AND (refused_at IS NULL OR refused_at <= ?)"};
const Select kListKeys{kAccountKey, "service_account_key.list",
                       "WHERE org_id = ? AND account_id = ? AND id > ? ORDER BY id LIMIT ?"};
constexpr Sql kCountKeys{"service_account_key.count",
                         "SELECT COUNT(*) FROM service_account_key WHERE org_id = ? AND account_id = ?"};
constexpr Sql kCountLiveKeys{"service_account_key.count_live",
                             "SELECT COUNT(*) FROM service_account_key WHERE org_id = ? AND account_id = ? "
                             "AND (expires_at IS NULL OR expires_at > ?)"};
constexpr Sql kForgetEnded{
    "service_account_key.forget_ended",
    "DELETE FROM service_account_key WHERE org_id = ? AND account_id = ? AND expires_at <= ?"};
constexpr Sql kEndOthers{"service_account_key.end_others",
                         "UPDATE service_account_key SET expires_at = ?, warned_at = ? WHERE org_id = ? "
                         "AND account_id = ? AND id <> ? AND (expires_at IS NULL OR expires_at > ?)"};
constexpr Sql kNoteUse{"service_account_key.note_use", "CALL note_key_use(?, ?, ?)"};

std::optional<ServiceAccount> filled(db::Txn& txn, const TenantScope& scope,
                                     std::optional<ServiceAccount> found, TimePoint now) {
  if (!found) return std::nullopt;
  std::vector<ServiceAccount> one{*std::move(found)};
  fill_access(txn, scope, one, now);
  return std::move(one.front());
}

}  // namespace

const Table<ServiceAccount> service_account_table{kServiceAccount};
const Table<AccountKey> account_key_table{kAccountKey};

void fill_access(db::Txn& txn, const TenantScope& scope, std::vector<ServiceAccount>& accounts,
                 TimePoint now) {
  if (accounts.empty()) return;
  const auto account_of = [&](const db::Rows& rows) {
    return std::ranges::find(accounts, rows.id<ServiceAccountId>(0), &ServiceAccount::id);
  };
  for (auto& account : accounts) account.granted = account.permissions;
  auto roles = txn.query(kAccess, scope.org());
  while (roles.next()) {
    const auto account = account_of(roles);
    if (account == accounts.end()) continue;
    auto role = read_role(roles, 1);
    account->role = std::move(role.name);
    account->granted = role.permissions;
  }
  auto keys = txn.query(kKeysOf, now, now, scope.org());
  while (keys.next()) {
    const auto account = account_of(keys);
    if (account == accounts.end()) continue;
    account->live_keys = keys.integer(1);
    account->next_key_ends_at = maybe_time(keys, 2);
    account->last_used_at = maybe_time(keys, 3);
  }
}

std::vector<ServiceAccount> list_service_accounts(db::Txn& txn, const TenantScope& scope,
                                                  const std::optional<Keyset>& from, std::int64_t limit,
                                                  TimePoint now) {
  std::vector<ServiceAccount> found;
  for (auto& object : record::list(kServiceAccount, txn, scope, {}, from, limit))
    found.push_back(std::move(object.as<ServiceAccount>()));
  fill_access(txn, scope, found, now);
  return found;
}

std::int64_t count_service_accounts(db::Txn& txn, const TenantScope& scope) {
  return record::count(kServiceAccount, txn, scope, {});
}

std::optional<ServiceAccount> find_service_account(db::Txn& txn, const TenantScope& scope,
                                                   ServiceAccountId id, TimePoint now) {
  return filled(txn, scope, service_account_table.find(txn, scope, id.bytes()), now);
}

std::optional<ServiceAccount> lock_service_account(db::Txn& txn, const TenantScope& scope,
                                                   ServiceAccountId id, TimePoint now) {
  return filled(txn, scope, service_account_table.lock(txn, scope, id.bytes()), now);
}

bool claim_refusal(db::Txn& txn, OrgId org, ServiceAccountId id, TimePoint now) {
  constexpr Seconds kHour{3600};
  return txn.execute(kClaimRefusal, now, org, id, now - kHour) == 1;
}

std::vector<AccountKey> list_account_keys(db::Txn& txn, const TenantScope& scope, ServiceAccountId account,
                                          ApiKeyId after, std::int64_t limit) {
  return account_key_table.read(txn.query(kListKeys, scope.org(), account, after, limit));
}

std::int64_t count_account_keys(db::Txn& txn, const TenantScope& scope, ServiceAccountId account) {
  auto rows = txn.query(kCountKeys, scope.org(), account);
  rows.next();
  return rows.integer(0);
}

std::int64_t count_live_keys(db::Txn& txn, const TenantScope& scope, ServiceAccountId account,
                             TimePoint now) {
  auto rows = txn.query(kCountLiveKeys, scope.org(), account, now);
  rows.next();
  return rows.integer(0);
}

void forget_ended_keys(db::Txn& txn, const TenantScope& scope, ServiceAccountId account, TimePoint now) {
  txn.execute(kForgetEnded, scope.org(), account, now);
}

std::int64_t end_other_keys(db::Txn& txn, const TenantScope& scope, ServiceAccountId account, ApiKeyId kept,
                            TimePoint end, TimePoint now) {
  return txn.execute(kEndOthers, end, now, scope.org(), account, kept, end);
}

void note_key_use(db::Txn& txn, ApiKeyId key, const std::string& address, TimePoint now) {
  txn.execute(kNoteUse, key, now, address);
}

}  // namespace tenantd::store

namespace tenantd::modules {

const api::Described& service_account_resource() {
  static const api::Described made = record::describe_schemas(store::kServiceAccount);
  return made;
}

const api::Described& service_account_key_resource() {
  static const api::Described made = record::describe_schemas(store::kAccountKey);
  return made;
}

}  // namespace tenantd::modules
