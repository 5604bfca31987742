// Replies kept for requests that carried an Idempotency-Key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tenantd/base/time.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::store {

// Claims a key (32 bytes) of `caller` (32 bytes) for the request whose body has this MAC; an expired claim
// gives way. False if the key was answered before. Throws db::RetryableError if another request holds it.
bool claim_key(db::Txn& txn, const std::string& id, const std::string& caller, const std::string& request,
               TimePoint now, TimePoint expires_at);

struct KeptReply {
  std::string request;      // MAC of the body
  std::int64_t status = 0;  // HTTP; 0 = not answered
  std::string sealed;
};
std::optional<KeptReply> find_reply(db::Txn& txn, const std::string& id);
// False if the claim is gone.
bool keep_reply(db::Txn& txn, const std::string& id, std::int64_t status, const std::string& sealed);
// Forgets the oldest replies to `caller` until what is kept takes `most_bytes` or less, at most 100 at a
// time; never the one under `newest`, and never a claim that is not answered yet.
void forget_oldest_replies(db::Txn& txn, const std::string& caller, const std::string& newest,
                           std::int64_t most_bytes);

}  // namespace tenantd::store
