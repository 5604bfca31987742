#include "tenantd/domain/sign_ups.hpp"

namespace tenantd {

std::optional<SignUps> parse_sign_ups(std::string_view name) {
  if (name == "open") return SignUps::open;
  if (name == "invite") return SignUps::invite;
  if (name == "closed") return SignUps::closed;
  return std::nullopt;
}

}  // namespace tenantd
