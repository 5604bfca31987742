#include "tenantd/db/readiness.hpp"

#include <array>
#include <cstdlib>
#include <stdexcept>

#include "tenantd/db/grants.hpp"
#include "tenantd/db/mixing_proxy.hpp"
#include "tenantd/db/schema.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::db {
namespace {

// Only MySQL 9.6 and later have it; where it is off, rows stay behind that two cascades reach.
constexpr Sql kCascades{"server.cascades", "SHOW GLOBAL VARIABLES LIKE 'innodb_native_foreign_keys'"};
constexpr const char* kCascadesFault =
    "This MySQL leaves rows behind when an organization goes: set innodb_native_foreign_keys=ON and restart "
    "it";

bool leaves_orphans(Rows rows) { return rows.next() && rows.text(1) == "OFF"; }

std::string version_of(Connection& db) {
  auto rows = db.run_query("SELECT VERSION()");
  rows.next();
  return rows.text(0);
}

// "10.11.14-MariaDB": 10011.
int release_of(const std::string& version) {
  char* rest = nullptr;
  const auto major = std::strtol(version.c_str(), &rest, 10);
  const auto minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
  return static_cast<int>(major * 1000 + minor);
}

// Without the right to stand in for others, which an administrator has and no migration needs.
Grants own_grants(Connection& db) {
  Grants found;
  auto rows = db.run_query("SHOW GRANTS");
  while (rows.next())
    if (const auto text = rows.text(0); text.starts_with("GRANT ") && !text.starts_with("GRANT PROXY "))
      found.merge(parse_grant(text));
  return found;
}

bool has(const Grants& grants, const std::string& privilege) {
  return grants.contains({privilege, "", "*.*", ""}) || grants.contains({"ALL PRIVILEGES", "", "*.*", ""}) ||
         grants.contains({"ALL", "", "*.*", ""});
}

}  // namespace

void require_ready(Txn& txn) try {
  if (const auto fault = schema_standing(txn).fault())
    throw ApiError(ErrorCode::unavailable, fault->substr(0, fault->find(" ("))).detail(*fault);
  if (leaves_orphans(txn.query(kCascades))) throw ApiError(ErrorCode::unavailable, kCascadesFault);
} catch (const MixingProxy& e) {
  throw ApiError(ErrorCode::unavailable, MixingProxy::kAdvice).detail(e.log_detail());
}

void require_sound_server(Connection& db) {
  const auto version = version_of(db);
  const bool mysql = db.engine() == Engine::mysql;
  if (release_of(version) < (mysql ? 8004 : 10011))
    throw std::runtime_error("the server is " + version + ": MariaDB 10.11, MySQL 8.4, or later is needed");
  if (leaves_orphans(db.query(kCascades))) throw std::runtime_error(kCascadesFault);
}

std::vector<std::string> administrator_lacks(Connection& db) {
  const bool mysql = db.engine() == Engine::mysql;
  const auto grants = own_grants(db);
  std::vector<std::string> lacking;
  // The views' definer is an account that nobody signs in to.
  const std::array<std::string, 2> definer = {mysql ? "SET_ANY_DEFINER" : "SET USER",
                                              mysql ? "ALLOW_NONEXISTENT_DEFINER" : "SET USER"};
  for (const auto& privilege : {definer[0], definer[1], std::string{"CREATE USER"}}) {
    const auto sentence = "it lacks " + privilege + ": GRANT " + privilege + " ON *.* TO it";
    if (!has(grants, privilege) && !has(grants, "SUPER") && (lacking.empty() || lacking.back() != sentence))
      lacking.push_back(sentence);
  }
  auto rows = db.run_query("SELECT @@GLOBAL.log_bin AND NOT @@GLOBAL.log_bin_trust_function_creators");
  if (rows.next() && rows.flag(0) && !has(grants, "SUPER") && !has(grants, "BINLOG ADMIN"))
    lacking.emplace_back(
        "the server writes a binary log and trusts nobody else to make functions: SET GLOBAL "
        "log_bin_trust_function_creators = 1");
  return lacking;
}

}  // namespace tenantd::db
