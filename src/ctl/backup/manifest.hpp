// What a backup holds. The manifest itself is readable, and sealed against change: its last line is an HMAC
// under the passphrase's key.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tenantd/base/secret.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::ctl {

struct Part {
  std::string name;  // "database", "keys", "files"
  std::int64_t bytes = 0;
  std::string sha256;  // of the sealed file, hexadecimal
};

struct Manifest {
  std::string id, salt;  // hexadecimal; the salt of the passphrase
  TimePoint made_at;
  std::string program, server, position;  // versions; where the binary log stood, "" = there is none
  std::int64_t schema = 0;
  std::vector<Part> parts;

  const Part* find(const std::string& name) const;
};

// Makes DIR/manifest and flushes it. Throws std::runtime_error.
void write_manifest(const std::string& dir, const Manifest& manifest, const Secret& key);

// The manifest of a backup and the key of its passphrase. Throws std::runtime_error with a sentence if it is
// no backup, or the passphrase is another.
struct OpenBackup {
  std::string dir;
  Manifest manifest;
  Secret key;

  std::string path_of(const Part& part) const { return dir + '/' + part.name + ".sealed"; }
  std::string place_of(const Part& part) const { return manifest.id + '/' + part.name; }
};
OpenBackup open_backup(const std::string& dir, const Secret& passphrase);

}  // namespace tenantd::ctl
