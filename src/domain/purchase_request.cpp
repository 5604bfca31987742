#include "tenantd/domain/purchase_request.hpp"

#include <algorithm>
#include <array>

#include "tenantd/domain/money.hpp"

namespace tenantd {
namespace {

constexpr std::array<std::string_view, 6> kPurchaseNames{"draft",    "submitted", "approved",
                                                         "rejected", "received",  "partially_received"};

}  // namespace

std::string_view purchase_status_name(PurchaseStatus status) {
  return kPurchaseNames.at(static_cast<std::size_t>(status));
}

std::optional<PurchaseStatus> parse_purchase_status(std::string_view text) {
  for (std::size_t i = 0; i < kPurchaseNames.size(); ++i)
    if (kPurchaseNames[i] == text || std::to_string(i) == text) return static_cast<PurchaseStatus>(i);
  return std::nullopt;
}

bool may_take(PurchaseStep step, PurchaseStatus status) {
  switch (step) {
    case PurchaseStep::submit: return status == PurchaseStatus::draft;
    case PurchaseStep::withdraw:
    case PurchaseStep::approve:
    case PurchaseStep::reject: return status == PurchaseStatus::submitted;
    case PurchaseStep::receive:
      return status == PurchaseStatus::approved || status == PurchaseStatus::partially_received;
  }
  return false;
}

PurchaseStatus status_after(PurchaseStep step) {
  switch (step) {
    case PurchaseStep::submit: return PurchaseStatus::submitted;
    case PurchaseStep::withdraw: return PurchaseStatus::draft;
    case PurchaseStep::approve: return PurchaseStatus::approved;
    case PurchaseStep::reject: return PurchaseStatus::rejected;
    case PurchaseStep::receive: return PurchaseStatus::received;
  }
  return PurchaseStatus::draft;
}

std::optional<std::int64_t> add_line(std::int64_t total, std::int64_t quantity,
                                     std::optional<std::int64_t> unit_price_minor) {
  std::int64_t cost = 0;
  if (__builtin_mul_overflow(quantity, unit_price_minor.value_or(0), &cost)) return std::nullopt;
  if (__builtin_add_overflow(total, cost, &total) || total > kMostMinor) return std::nullopt;
  return total;
}

std::vector<RoleId> wanted_roles(std::span<const ApprovalThreshold> thresholds,
                                 const PurchaseAmount& amount) {
  const auto speaks_of_it = [&](const ApprovalThreshold& t) { return t.currency == amount.currency; };
  const bool comparable = amount.priced && std::any_of(thresholds.begin(), thresholds.end(), speaks_of_it);
  std::vector<RoleId> roles;
  for (const auto& threshold : thresholds)
    if (!comparable || (speaks_of_it(threshold) && amount.total_minor >= threshold.above_minor))
      roles.push_back(threshold.role);
  return roles;
}

std::string format_money(std::int64_t minor, std::string_view currency) {
  const auto decimals = currency_decimals(currency);
  std::string digits = std::to_string(minor);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  const auto whole = digits.size() - decimals;
  std::string text;
  for (std::size_t i = 0; i < whole; ++i) {
    if (i > 0 && (whole - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  if (decimals > 0) text += '.' + digits.substr(whole);
  return text + ' ' + std::string{currency};
}

}  // namespace tenantd
