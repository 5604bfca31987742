#include "identity/oauth/devices_store.hpp"

#include "tenantd/db/error.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_DEVICE                                                                               \
  "SELECT device_code, client_org, client_id, scopes, address, status, wait_seconds, polled_at, "    \
  "user_id, session_id, org_id, signed_in_at, methods, gave, created_at, expires_at, resource FROM " \
  "oauth_device "
constexpr Sql kInsertDevice{
    "oauth_device.insert",
    "INSERT INTO oauth_device (device_code, user_code, client_org, client_id, scopes, address, wait_seconds, "
    "created_at, expires_at, resource) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kLockDevice{"oauth_device.lock", TENANTD_DEVICE "WHERE device_code = ? FOR UPDATE"};
constexpr Sql kLockWaiting{"oauth_device.lock_waiting",
                           TENANTD_DEVICE "WHERE user_code = ? AND status = 0 AND expires_at > ? FOR UPDATE"};
#undef TENANTD_DEVICE
constexpr Sql kDecideDevice{
    "oauth_device.decide",
    "UPDATE oauth_device SET status = ?, scopes = ?, user_id = ?, session_id = ?, org_id = ?, "
    "signed_in_at = ?, methods = ? WHERE device_code = ? AND status = 0"};
constexpr Sql kNotePoll{"oauth_device.note_poll",
                        "UPDATE oauth_device SET polled_at = ?, wait_seconds = ? WHERE device_code = ?"};
constexpr Sql kUseDevice{"oauth_device.use",
                         "UPDATE oauth_device SET gave = ? WHERE device_code = ? AND gave IS NULL"};

std::optional<DeviceRequest> read_device(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  DeviceRequest device;
  device.device_code = rows.text(0);
  device.client_org = rows.id<OrgId>(1);
  device.client = rows.id<ClientId>(2);
  device.scopes = parse_scopes(rows.text(3)).value_or(Scopes{});
  device.address = rows.text(4);
  device.status = static_cast<DeviceStatus>(rows.integer(5));
  device.wait = Seconds{rows.integer(6)};
  if (const auto at = rows.maybe_integer(7)) device.polled_at = from_unix(*at);
  device.user = rows.maybe_id<UserId>(8);
  device.session = rows.maybe_id<SessionId>(9);
  device.org = rows.maybe_id<OrgId>(10);
  if (const auto at = rows.maybe_integer(11)) device.signed_in_at = from_unix(*at);
  device.methods = rows.maybe_text(12).value_or("");
  device.gave = rows.maybe_id<SessionId>(13);
  device.created_at = rows.time(14);
  device.expires_at = rows.time(15);
  device.resource = rows.maybe_text(16);
  return device;
}

}  // namespace

bool insert_device(db::Txn& txn, const DeviceRequest& device, const std::string& user_code) {
  try {
    txn.execute(kInsertDevice, device.device_code, user_code, device.client_org, device.client,
                format_scopes(device.scopes), device.address, device.wait.count(), device.created_at,
                device.expires_at, device.resource);
    return true;
  } catch (const db::DuplicateKey&) {
    return false;
  }
}

std::optional<DeviceRequest> lock_device(db::Txn& txn, const std::string& device_code) {
  return read_device(txn.lock(kLockDevice, device_code));
}

std::optional<DeviceRequest> lock_waiting_device(db::Txn& txn, const std::string& user_code, TimePoint now) {
  return read_device(txn.lock(kLockWaiting, user_code, now));
}

void decide_device(db::Txn& txn, const DeviceRequest& device) {
  txn.execute(kDecideDevice, static_cast<std::int64_t>(device.status), format_scopes(device.scopes),
              device.user, device.session, device.org, device.signed_in_at, device.methods,
              device.device_code);
}

void note_poll(db::Txn& txn, const std::string& device_code, TimePoint now, Seconds wait) {
  txn.execute(kNotePoll, now, wait.count(), device_code);
}

bool use_device(db::Txn& txn, const std::string& device_code, SessionId gave) {
  return txn.execute(kUseDevice, gave, device_code) == 1;
}

}  // namespace tenantd::store
