// What becomes of a purchase request, what it costs, and what a decision on it takes: pure rules.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/id.hpp"

namespace tenantd {

// As the database numbers them. A rejected request stays rejected: whoever wants it still makes another.
enum class PurchaseStatus { draft, submitted, approved, rejected, received, partially_received };

std::string_view purchase_status_name(PurchaseStatus status);
// Returns the status of that name or number.
std::optional<PurchaseStatus> parse_purchase_status(std::string_view text);

// A receipt that leaves nothing to come; one in part leads to partially_received.
enum class PurchaseStep { submit, withdraw, approve, reject, receive };

// True if the step may follow on a request of this status.
bool may_take(PurchaseStep step, PurchaseStatus status);
PurchaseStatus status_after(PurchaseStep step);

// No total goes above this, nor a price: whole numbers that every reader of JSON keeps.
inline constexpr std::int64_t kMostMinor = 9'000'000'000'000'000;

struct PurchaseAmount {
  std::optional<std::string> currency;  // ISO 4217
  std::int64_t total_minor = 0;         // of the lines that have a price
  bool priced = true;                   // all have one
};

// Returns `total` with one line more, or nullopt if that is above kMostMinor. A line without a price adds
// nothing.
std::optional<std::int64_t> add_line(std::int64_t total, std::int64_t quantity,
                                     std::optional<std::int64_t> unit_price_minor);

// From `above_minor` on, that included, a request wants an approver with this role's permissions.
struct ApprovalThreshold {
  std::string currency;
  std::int64_t above_minor = 0;
  RoleId role;
};

// The roles whose permissions an approver must have, all of them. What cannot be compared, since a line has
// no price or no threshold speaks of the currency, wants every threshold's.
std::vector<RoleId> wanted_roles(std::span<const ApprovalThreshold> thresholds, const PurchaseAmount& amount);

// "1,234.50 EUR", with as many decimals as the currency has.
std::string format_money(std::int64_t minor, std::string_view currency);

}  // namespace tenantd
