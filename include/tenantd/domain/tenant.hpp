// What an organization may have, and how it wants to be run: limits that a super-admin sets, and settings of
// its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tenantd/domain/login_alert.hpp"

namespace tenantd {

// nullopt = no limit.
struct TenantLimits {
  std::optional<std::int64_t> members;  // active ones
  std::optional<std::int64_t> projects;
  std::optional<std::int64_t> storage_bytes;
  std::optional<std::int64_t> requests;  // a minute, of all members and API keys together
};

// How much of what is limited there is. Requests are a rate: nothing of them is kept.
struct TenantUsage {
  std::int64_t members = 0;  // active ones
  std::int64_t projects = 0;
  std::int64_t storage_bytes = 0;  // of files, announced ones too
};

// nullopt = as the service's settings say.
struct BusinessSettings {
  std::optional<std::string> mail_sender_name;
  bool self_approval = false;  // one's own purchase request may be approved by oneself
  std::optional<std::int64_t> session_idle_seconds;
  std::optional<std::int64_t> session_max_seconds;
  std::optional<std::int64_t> invite_seconds = {};  // how long an invitation is good for
  std::optional<LoginAlert> login_alert = {};  // nullopt, or less than the service's: as the service says
  bool require_passkey = false;                // sessions in which none was shown may do nothing here
  bool mail_code = true;                       // sessions that rest on a mailed code count here
};

// No shorter session than this may be asked for: whoever is thrown out all the time asks for the password to
// be kept somewhere.
inline constexpr std::int64_t kShortestSessionSeconds = 300;

// True if mails may bear this name: something to read, on one line, that looks like no address and turns no
// text around (Unicode's controls of direction).
bool is_sender_name(const std::string& text);

}  // namespace tenantd
