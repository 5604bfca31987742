// What an erased person is known by, and texts without it. Pure: what is found where, others know.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/id.hpp"
#include "tenantd/effects/audit_rows.hpp"

namespace tenantd::service {

struct Traces {
  UserId user;
  std::vector<std::string> addresses;  // the account's own first
  std::vector<std::string> names;
};

// What stands in the place of each.
inline constexpr const char* kErasedName = "Erased user";
std::string erased_address(UserId user);

// The names that a profile tells.
std::vector<std::string> names_in(const std::string& profile);

std::string to_text(const Traces& traces);
// Throws std::runtime_error if it is none of to_text().
Traces traces_in(UserId user, const std::string& text);

// Returns `text` without the addresses, or nullopt if it has none. An address inside a longer one is another.
std::optional<std::string> without_addresses(const Traces& traces, std::string_view text);
// The same of a JSON text. `about`: it tells of the person's own account, so that a profile in it, and texts
// that are one of the names, are the person's too.
std::optional<std::string> without_traces(const Traces& traces, const std::string& json, bool about);
// Returns the row as it may stay, or nullopt if there is nothing of the person in it. That the account did
// something, or that something was done to it, stays; from where does not.
std::optional<store::AuditRow> without_traces(const Traces& traces, store::AuditRow row);

}  // namespace tenantd::service
