// What all programs on one database must have in common: the keys, and the folder of local files. The table
// `deployment` says it:
//
//   id        made up by the first tenantd on this database
//   seal      fingerprint of the key that seals what is stored
//   refresh   fingerprint of the key that refresh tokens are derived with
//   KID       a signing key, while tokens that it signed may be alive
//
// A fingerprint is one way: who reads the database learns no key. The first tenantd writes what it has; from
// then on a program that has other keys, or lacks one, refuses to start. A signing key stands there before
// it signs, so that of a host that lacks it and the hosts that sign with it one stops (key_watch.hpp).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/db/connection.hpp"

namespace tenantd::hosts {

struct Deployment {
  std::string id, seal, refresh;             // empty: not written yet
  std::map<std::string, TimePoint> signing;  // until when a token of the key may be alive

  bool is_alive(const std::string& kid, TimePoint now) const;
};

// True if `kid` is one of them.
bool has(const std::vector<std::string>& kids, const std::string& kid);

// Empty before the schema has it. Throws as db::Connection::query.
Deployment read_deployment(db::Connection& db);

// What is wrong with these keys, as a sentence that says what to do; nullopt = nothing. `dir`: where they
// lie.
std::optional<std::string> fault_of(const Deployment& deployment, const crypto::KeyRing& keys,
                                    const std::string& dir, TimePoint now);

// Loads KEYS_DIR and holds it against the database. Throws ConfigError with the sentence; as KeyRing::load;
// and ApiError(unavailable) if the database does not answer.
crypto::KeyRing checked_keys(const Settings& settings, db::Connection& db);

// Writes what is not written yet: its id, and which keys these are. `id`: the one that the folder of files
// bears already, as when an older backup of the database was put back; "" = a new one. For the application's
// account.
void found_deployment(db::Connection& db, const crypto::KeyRing& keys, const std::string& id = "");

// As the administrator: from now on these are the keys, whatever was there before.
void adopt_keys(db::Connection& db, const crypto::KeyRing& keys);

}  // namespace tenantd::hosts
