// Requests of devices without a browser, which wait for a person's word (RFC 8628).
#pragma once

#include <array>
#include <optional>
#include <string>

#include "identity/oauth/clients_store.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::store {

enum class DeviceStatus : std::int8_t { waits, allowed, denied };

struct DeviceRequest {
  std::string device_code;  // SHA-256
  OrgId client_org;
  ClientId client;
  Scopes scopes;
  std::optional<std::string> resource;  // the API that its tokens are for
  std::string address;                  // of the device
  DeviceStatus status = DeviceStatus::waits;
  Seconds wait{0};  // between two questions
  std::optional<TimePoint> polled_at;
  // Of one that was let in.
  std::optional<UserId> user;
  std::optional<SessionId> session;  // of the browser
  std::optional<OrgId> org;
  std::optional<TimePoint> signed_in_at;
  std::string methods;
  std::optional<SessionId> gave;  // what the code was exchanged for
  TimePoint created_at, expires_at;
};
// `user_code`: its HMAC. False if another request has it.
bool insert_device(db::Txn& txn, const DeviceRequest& device, const std::string& user_code);
// Locked until the commit: of those that ask at once the second sees what the first has made of it.
std::optional<DeviceRequest> lock_device(db::Txn& txn, const std::string& device_code);
// The same by the code that a person types. nullopt unless it still waits.
std::optional<DeviceRequest> lock_waiting_device(db::Txn& txn, const std::string& user_code, TimePoint now);
// Writes the person's word: status, scopes and whose it is.
void decide_device(db::Txn& txn, const DeviceRequest& device);
void note_poll(db::Txn& txn, const std::string& device_code, TimePoint now, Seconds wait);
// False if it was used.
bool use_device(db::Txn& txn, const std::string& device_code, SessionId gave);

}  // namespace tenantd::store
