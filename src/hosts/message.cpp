#include "tenantd/hosts/message.hpp"

#include <cstring>

#include "tenantd/crypto/random.hpp"
#include "wire.hpp"

namespace tenantd::hosts {
namespace {

constexpr char kMessageVersion = 1;
constexpr std::size_t kCodeBytes = 32, kIdBytes = 16, kMostHosts = 1000;
constexpr std::size_t kMessageHead = 1 + kIdBytes + 8 + 1 + 2, kHeardBytes = kIdBytes + 8;

HostId take_id(std::string_view& from) {
  UuidBytes bytes;
  std::memcpy(bytes.data(), from.data(), bytes.size());
  from.remove_prefix(bytes.size());
  return HostId{bytes};
}

std::optional<Message> read_message(std::string_view bytes) {
  if (bytes.size() < kMessageHead || bytes.front() != kMessageVersion) return std::nullopt;
  bytes.remove_prefix(1);
  Message message;
  message.from = take_id(bytes);
  message.number = take_number<std::int64_t>(bytes);
  message.log_moved = take_number<std::uint8_t>(bytes) != 0;
  const std::size_t count = take_number<std::uint16_t>(bytes);
  if (count > kMostHosts || bytes.size() < count * kHeardBytes) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    const auto host = take_id(bytes);
    message.heard.emplace_back(host, take_number<std::int64_t>(bytes));
  }
  if (const auto reports = read_reports(bytes); !reports.empty()) message.report = reports.front();
  return message;
}

}  // namespace

std::string seal_message(const Message& message, const Secret& key) {
  std::string bytes{kMessageVersion};
  bytes += message.from.raw();
  put_number(bytes, message.number);
  put_number(bytes, static_cast<std::uint8_t>(message.log_moved));
  put_number(bytes, static_cast<std::uint16_t>(message.heard.size()));
  for (const auto& [host, round] : message.heard) {
    bytes += host.raw();
    put_number(bytes, round);
  }
  if (message.report.round != 0) append_report(bytes, message.report);
  return crypto::hmac_sha256(key.reveal(), bytes) + bytes;
}

std::optional<Message> open_message(std::string_view bytes, const Secret& key) {
  if (bytes.size() < kCodeBytes) return std::nullopt;
  const auto body = bytes.substr(kCodeBytes);
  if (!constant_time_equal(crypto::hmac_sha256(key.reveal(), body), bytes.substr(0, kCodeBytes)))
    return std::nullopt;
  return read_message(body);
}

}  // namespace tenantd::hosts
