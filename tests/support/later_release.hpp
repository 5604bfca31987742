// What the next release would bring: this one's folder of migrations, and one migration more.
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/check.hpp"
#include "support/key_folder.hpp"
#include "support/private_stack.hpp"
#include "tenantd/db/migrate.hpp"

namespace tenantd::test {

class LaterRelease {
 public:
  // `serves`: the oldest program, by the schema that it knows, that works with it; 0 = it says nothing.
  explicit LaterRelease(std::int64_t serves = db::kSchemaVersion) {
    std::filesystem::copy(setting("TENANTD_TOP") + "/sql", sql_dir(),
                          std::filesystem::copy_options::recursive);
    char number[8];
    std::snprintf(number, sizeof number, "%04d", static_cast<int>(version()));
    std::ofstream file{sql_dir() + '/' + number + "_later.sql"};
    file << "-- What comes later.\n";
    if (serves != 0) file << "-- Serves programs from " << serves << ".\n";
    file << "CREATE TABLE IF NOT EXISTS tenantd.later (id BIGINT NOT NULL PRIMARY KEY) ENGINE = InnoDB;\n"
            "ALTER TABLE tenantd.organization ADD later BIGINT NULL;\n";
    require(static_cast<bool>(file.flush()), "the migration cannot be written");
  }

  std::int64_t version() const { return db::kSchemaVersion + 1; }
  std::string sql_dir() const { return place_.path() + "/sql"; }
  Finished migrate(const PrivateStack& stack) const {
    return run_program({"bash", "-c",
                        ". " + stack.dir() + "/environment && SQL_DIR=" + sql_dir() + " exec " +
                            setting("TENANTD_BUILD") + "/tenantctl migrate"});
  }

 private:
  TempFolder place_;
};

}  // namespace tenantd::test
