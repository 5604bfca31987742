// Device authorization (RFC 8628): a device without a browser shows a short code, and a person who is signed
// in elsewhere types it and says whether the device's client is let in.
//
// Whoever knows a waiting user code could let a device in that is somebody else's. It is short, so every try
// counts, right or wrong, against what the account and its network may try.
#pragma once

#include <optional>
#include <string>

#include "identity/oauth/authorization.hpp"
#include "identity/oauth/devices_store.hpp"

namespace tenantd::service {

inline constexpr Seconds kDeviceLives{600};
inline constexpr Seconds kDeviceWait{5};

struct DeviceCodes {
  Secret device_code;
  std::string user_code;  // "BCDF-GHJK"
};
// Throws ApiError: invalid_scope, invalid_request by the word invalid_target, rate_limited.
DeviceCodes begin_device(db::Txn& txn, const Context& context, const store::FoundClient& client,
                         const std::string& scope, const std::optional<std::string>& resource);

// What is shown to who types the code.
struct AskedDevice {
  store::FoundClient client;
  Asked asked;
  std::string address;  // of the device
  TimePoint asked_at;
  Decision decided = Decision::ask;
};
// Nobody is let in without having been asked, neither a client of the service's own nor one that was let in
// before: the person may hold somebody else's code. Throws ApiError: not_found, rate_limited, limit_reached,
// mfa_enrollment_required, sign_in_way_refused.
AskedDevice decide_device(db::Txn& txn, const Context& context, const Session& session,
                          const std::string& user_code, Decision decision);

}  // namespace tenantd::service
