#include "tenantd/domain/status.hpp"

namespace tenantd {

std::string_view status_name(Status status) {
  switch (status) {
    case Status::active: return "active";
    case Status::inactive: return "inactive";
  }
  return "unknown";
}

std::string_view invite_status_name(InviteStatus status) {
  switch (status) {
    case InviteStatus::pending: return "pending";
    case InviteStatus::accepted: return "accepted";
    case InviteStatus::revoked: return "revoked";
    case InviteStatus::declined: return "declined";
    case InviteStatus::expired: return "expired";
  }
  return "unknown";
}

std::optional<Status> parse_status(std::string_view text) {
  if (text == "active" || text == "0") return Status::active;
  if (text == "inactive" || text == "1") return Status::inactive;
  return std::nullopt;
}

}  // namespace tenantd
