// States as the database numbers them and JSON spells them. 0 is always the live state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenantd {

enum class Status : std::int8_t { active = 0, inactive = 1 };
enum class InviteStatus : std::int8_t { pending = 0, accepted = 1, revoked = 2, declined = 3, expired = 4 };
enum class TokenPurpose : std::int8_t {
  verify_email = 0,
  reset_password = 1,
  change_email = 2,
  second_factor = 3,
  unlock_account = 4
};

std::string_view status_name(Status status);
std::string_view invite_status_name(InviteStatus status);

// Takes the word or the number ("active", "0"); nullopt for anything else.
std::optional<Status> parse_status(std::string_view text);

}  // namespace tenantd
