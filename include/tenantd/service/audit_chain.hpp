// The chain of audit rows: each row's hash covers the row and the hash before it, under a key that the
// database does not know. Who changes a row, leaves one out or puts one in between breaks the chain from
// there on.
#pragma once

#include <string>

#include "tenantd/base/secret.hpp"
#include "tenantd/store/system/changes.hpp"

namespace tenantd::service {

// Returns HMAC-SHA-256 of the hash before, the organization (nil = none), and every field of `row` but its
// hash, each with its length in front; 32 raw bytes.
std::string chain_hash(const Secret& key, const std::string& before, OrgId org, const store::AuditRow& row);

}  // namespace tenantd::service
