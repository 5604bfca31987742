#include "tenantd/hosts/deployment.hpp"

#include <algorithm>

#include "tenantd/base/time.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::hosts {
namespace {

using db::Sql;

constexpr Sql kReadDeployment{"deployment.read", "SELECT name, value, until_at FROM tenantd_app.deployment"};
constexpr Sql kFound{"deployment.found",
                     "INSERT IGNORE INTO tenantd_app.deployment (name, value) VALUES (?, ?)"};
constexpr Sql kForgetKeys{"deployment.forget_keys", "DELETE FROM tenantd.deployment WHERE name <> 'id'"};

using DeploymentId = Id<struct DeploymentTag>;

// As much of a fingerprint as people compare.
std::string brief(const std::string& print) { return print.substr(0, 12); }

std::string other_key(const char* what, const std::string& wanted, const std::string& found,
                      const std::string& dir) {
  return "This database belongs to other keys than those in " + dir + ": its " + what + " key is " +
         brief(wanted) + ", this one " + brief(found) +
         ". Copy KEYS_DIR from a host that runs, or restore the one that was kept with the database's "
         "backup; "
         "if it is lost, `tenantctl keys adopt` says what goes with it";
}

// What a server says of a view that is not there to an account that may not look.
constexpr int kNotForThisAccount = 1142;

Deployment read_values(db::Rows rows) {
  Deployment found;
  while (rows.next()) {
    const auto name = rows.text(0);
    if (name == "id")
      found.id = rows.text(1);
    else if (name == "seal")
      found.seal = rows.text(1);
    else if (name == "refresh")
      found.refresh = rows.text(1);
    else if (!rows.is_null(2))
      found.signing.emplace(name, rows.time(2));
  }
  return found;
}

}  // namespace

bool Deployment::is_alive(const std::string& kid, TimePoint now) const {
  const auto at = signing.find(kid);
  return at != signing.end() && at->second > now;
}

bool has(const std::vector<std::string>& kids, const std::string& kid) {
  return std::ranges::find(kids, kid) != kids.end();
}

// Before `tenantctl migrate` whoever needs the schema says so.
Deployment read_deployment(db::Connection& db) {
  try {
    return read_values(db.query(kReadDeployment));
  } catch (const db::AccessError& e) {
    if (e.number != kNotForThisAccount) throw;
    return {};
  }
}

std::optional<std::string> fault_of(const Deployment& deployment, const crypto::KeyRing& keys,
                                    const std::string& dir, TimePoint now) {
  const auto prints = keys.fingerprints();
  if (!deployment.seal.empty() && deployment.seal != prints.seal)
    return other_key("seal", deployment.seal, prints.seal, dir);
  if (!deployment.refresh.empty() && deployment.refresh != prints.refresh)
    return other_key("refresh", deployment.refresh, prints.refresh, dir);
  for (const auto& [kid, until] : deployment.signing) {
    if (until <= now || has(prints.signing, kid) || has(keys.retired(), kid)) continue;
    return "The hosts of this database sign tokens with the key " + kid + ", which is not in " + dir +
           "/signing: copy that folder from a host that runs. If no host has it any more, its last token "
           "ends in " +
           std::to_string((until - now).count()) + " seconds, or at once by `tenantctl keys adopt`";
  }
  return std::nullopt;
}

crypto::KeyRing checked_keys(const Settings& settings, db::Connection& db) {
  auto keys = crypto::KeyRing::load(settings.keys_dir);
  try {
    const auto fault = fault_of(read_deployment(db), keys, settings.keys_dir, now());
    if (fault) throw ConfigError(*fault);
  } catch (const db::RetryableError& e) {
    throw ApiError(ErrorCode::unavailable).detail(e.what());
  }
  return keys;
}

void found_deployment(db::Connection& db, const crypto::KeyRing& keys, const std::string& id) {
  const auto prints = keys.fingerprints();
  db.execute(kFound, "id", DeploymentId::parse(id).value_or(crypto::new_id<DeploymentId>()).str());
  db.execute(kFound, "seal", prints.seal);
  db.execute(kFound, "refresh", prints.refresh);
}

void adopt_keys(db::Connection& db, const crypto::KeyRing& keys) {
  db::at_once(db, [&](db::Connection& connection) {
    connection.execute(kForgetKeys);
    found_deployment(connection, keys);
    return true;
  });
}

}  // namespace tenantd::hosts
