// Security event tokens (RFC 8417) of the Shared Signals Framework: which audit rows tell of a session that
// ended or of a credential that changed, in the words of OpenID CAEP 1.0, and their delivery by push
// (RFC 8935). One row is one token at most.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tenantd/crypto/keys.hpp"
#include "tenantd/net/outbound.hpp"
#include "workers/streaming_store.hpp"

namespace tenantd::service {

// The members of a token's claims that the row decides, without iss, aud, iat and jti: "sub_id", "events",
// "toe", "txn". nullopt: the row tells of no such event.
std::optional<std::string> security_event(const store::StreamClaim& claim, const store::AuditRow& row,
                                          std::string_view issuer);
// A POST of one token, signed with the service's newest key for RS256. Its jti is `id` whenever it is sent.
// Throws std::runtime_error if there is no such key, or what is to be shown as Authorization cannot be
// opened.
net::OutboundRequest security_event_push(const Secret& seal_key, const crypto::KeyRing& keys,
                                         const store::StreamClaim& claim, const std::string& event,
                                         const std::string& id, std::string_view issuer, TimePoint at);
// What is wrong with a receiver's reply; empty: it has acknowledged (202). Of a 400 what its body says:
// {"err", "description"}.
std::string security_event_fault(int status, std::string_view body);

}  // namespace tenantd::service
