// Names and states of backups in a folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manifest.hpp"
#include "tenantd/ctl/backup.hpp"

namespace tenantd::ctl {

inline constexpr std::string_view kPartial = ".partial";

// "tenantd-20261128T081500Z"
std::string backup_name(TimePoint time);
// The whole ones, the newest first.
std::vector<BackupPlace> list_backups(const std::string& dir);
// `dir` if it is a backup, else the newest in it. Throws std::runtime_error if there is none.
std::string place_of_backup(const std::string& dir);
// What was cut short. Nobody makes one there meanwhile.
void remove_partial(const std::string& dir);

// Opens a part to its end, and unpacks it to nowhere. Throws std::runtime_error with a sentence.
void verify_part(const OpenBackup& backup, const Part& part);

}  // namespace tenantd::ctl
