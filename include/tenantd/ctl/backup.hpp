// Backups: one folder each, whole or not there at all.
//
//   DIR/tenantd-20261128T081500Z/manifest   what it holds, and the checksums of its parts; written last
//   DIR/tenantd-20261128T081500Z/*.sealed   database, keys and files, sealed under BACKUP_PASSPHRASE
//
// One that is being made has another name (".partial"), which nobody takes for a backup.
#pragma once

#include <optional>
#include <string>

#include "tenantd/base/time.hpp"

namespace tenantd::ctl {

struct BackupPlace {
  std::string path;
  TimePoint made_at;
};

// The newest whole backup in `dir`; nullopt if there is none, or no such folder.
std::optional<BackupPlace> newest_backup(const std::string& dir);

}  // namespace tenantd::ctl
