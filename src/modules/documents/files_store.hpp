// The files of documents: what has arrived, what is awaited, and how much an organization may store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

// The document has the file with this key and SHA-256 (32 raw bytes, if it is known). False if it waits for
// it no more.
bool mark_stored(db::Txn& txn, const TenantScope& scope, DocumentId id, const std::string& storage_key,
                 const std::optional<std::string>& sha256, TimePoint now);

// Bytes that the organization may store; nullopt = any number.
std::optional<std::int64_t> storage_limit(db::Txn& txn, const TenantScope& scope);

// The storage key under which an active organization's announced document waits at `now`, for whoever holds
// the signed address of its upload.
std::optional<std::string> find_awaited_key(db::Txn& txn, OrgId org, DocumentId id, TimePoint now);

}  // namespace tenantd::store
