// What an import needs beyond one tenant: how far it came, and which organization a row names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tenantd/db/txn.hpp"

namespace tenantd::store {

// Over every tenant: for an operator's import, which finds organizations and nothing else by it.
class ImportScope {
 public:
  static ImportScope unsafe_for_import() { return ImportScope{}; }

 private:
  ImportScope() = default;
};

struct ImportProgress {
  std::int64_t rows_done = 0;
  std::int64_t rows_refused = 0;  // of those
  friend bool operator==(const ImportProgress&, const ImportProgress&) = default;
};

// `id`: 32 bytes that stand for the file and what it is imported into.
ImportProgress find_import(db::Txn& txn, const ImportScope&, const std::string& id);
// Under a lock until the commit. Writes the first row of an import that begins.
ImportProgress lock_import(db::Txn& txn, const ImportScope&, const std::string& id, TimePoint now);
void set_import(db::Txn& txn, const ImportScope&, const std::string& id, const ImportProgress& progress,
                TimePoint now);

// The organization with this id or slug, whatever its status. Leaves no scope behind.
std::optional<OrgId> find_any_organization(db::Txn& txn, const ImportScope&, const std::string& id_or_slug);

}  // namespace tenantd::store
