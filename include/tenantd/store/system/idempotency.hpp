// Replies kept for requests that carried an Idempotency-Key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tenantd/base/time.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::store {

// Claims a key (32 bytes) for the request whose body has this MAC; an expired claim gives way. False if the
// key was answered before. Throws db::RetryableError if another request holds it.
bool claim_key(db::Txn& txn, const std::string& id, const std::string& request, TimePoint now,
               TimePoint expires_at);

struct KeptReply {
  std::string request;      // MAC of the body
  std::int64_t status = 0;  // HTTP; 0 = not answered
  std::string sealed;
};
std::optional<KeptReply> find_reply(db::Txn& txn, const std::string& id);
// False if the claim is gone.
bool keep_reply(db::Txn& txn, const std::string& id, std::int64_t status, const std::string& sealed);

}  // namespace tenantd::store
