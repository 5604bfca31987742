#include "tenantd/effects/context.hpp"

#include <array>
#include <ctime>

#include "tenantd/crypto/breached.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {

void require(const Allowance& allowance, const std::string& text) {
  if (allowance) return;
  const auto wait = std::to_string(allowance.wait);
  throw ApiError(ErrorCode::rate_limited, text)
      .header("Retry-After", wait)
      .header(kRateLimitFields[0].name, std::to_string(allowance.limit))
      .header(kRateLimitFields[1].name, "0")
      .header(kRateLimitFields[2].name, wait);
}

void require_expected(const Context& context, std::int64_t revision) {
  if (context.is_expected && !context.is_expected(revision)) throw ApiError(ErrorCode::precondition_failed);
}

std::string mail_link(const Context& context, const std::string& page, const Secret& token) {
  return context.settings.public_url + "/" + page + "#token=" + token.reveal();
}

std::string mail_minutes(std::int64_t seconds) { return std::to_string((seconds + 59) / 60); }

std::map<std::string, std::string> where_and_when(const Context& context, const UserRecord& user) {
  return {{"email", user.email},
          {"time", format_utc(context.now)},
          {"address", context.address},
          {"agent", context.agent.substr(0, 200)}};
}

std::string format_utc(TimePoint time) {
  const std::time_t seconds = unix_seconds(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
  return text.data();
}

crypto::Argon2Params hash_cost(const Settings& s) {
  return {static_cast<std::uint32_t>(s.argon2_memory_kib), static_cast<std::uint32_t>(s.argon2_passes),
          static_cast<std::uint32_t>(s.argon2_lanes)};
}

std::string hash_new_password(const Context& context, const std::string& typed, const std::string& pointer,
                              const std::vector<std::string>& known) {
  const auto password = crypto::normalize_password(typed);
  if (!password)
    throw ApiError(ErrorCode::password_refused, "At most 256 bytes of well-formed text, without NUL")
        .field(pointer, "at most 256 bytes of well-formed text, without NUL");
  const auto problem =
      crypto::judge_password(*password, known, static_cast<int>(context.settings.password_min_score));
  if (problem) throw ApiError(ErrorCode::password_refused, problem->detail).field(pointer, problem->detail);
  if (is_breached(*password)) {
    const std::string detail = "It stands in a list of leaked passwords. Use several unrelated words.";
    throw ApiError(ErrorCode::password_refused, detail).field(pointer, detail);
  }
  return crypto::hash_password(*password, hash_cost(context.settings));
}

bool is_breached(const Secret& password) {
  const auto* const list = crypto::breached_passwords();
  return list != nullptr && list->contains(password);
}

}  // namespace tenantd::service
