// All that is kept of one person, for that person: one JSON document.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Of each kind in a reply of the API: rows, and their bytes, beyond which the next row begins no more.
inline constexpr std::int64_t kExportedRows = 1000;
inline constexpr std::size_t kExportedBytes = std::size_t{1} << 20;

// Returns the document: an array for each kind of row, the newest first, and "truncated" with the names of
// those that have more than `most` rows or `most_bytes`. No secret is in it. `export_part` in sql/views.sql
// says what each holds.
std::string personal_data(db::Txn& txn, const Context& context, UserId user, std::int64_t most,
                          std::size_t most_bytes = std::numeric_limits<std::size_t>::max());

// A file of a document that the person added, in an organization that the person is in.
struct PersonalFile {
  DocumentId document;
  std::string name;  // as typed: no file name yet
  std::string storage_key;
  std::int64_t bytes = 0;
};
struct PersonalData {
  std::string document;
  std::vector<PersonalFile> files;
};

// The same for the database's administrator, written down, with the files that it names. Returns nullopt if
// the address has no account.
std::optional<PersonalData> personal_data_for_operator(db::Txn& txn, const Context& context,
                                                       const Email& email, std::int64_t most);

// Erases the account of an address for the database's administrator; its traces are erase_next()'s. Returns
// false if the address has no account. Throws ApiError: last_owner, conflict, contended.
bool erase_account_by_operator(db::Txn& txn, const Context& context, const Email& email);

}  // namespace tenantd::service
