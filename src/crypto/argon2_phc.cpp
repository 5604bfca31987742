#include "argon2_phc.hpp"

#include <cctype>
#include <new>
#include <stdexcept>

#include "tenantd/base/text.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::uint32_t kMaxMemoryKib = 1U << 20;
constexpr std::uint32_t kMaxPasses = 64;
constexpr std::uint64_t kMaxKibPasses = 1ULL << 22;
constexpr std::uint32_t kMaxLanes = 64;

std::optional<argon2_type> parse_type(std::string_view name) {
  if (name == "argon2id") return Argon2_id;
  if (name == "argon2i") return Argon2_i;
  if (name == "argon2d") return Argon2_d;
  return std::nullopt;
}

std::optional<std::int64_t> parse_number(std::string_view part, std::string_view name) {
  if (!part.starts_with(name)) return std::nullopt;
  const auto number = parse_int(part.substr(name.size()));
  return number && *number > 0 && *number <= UINT32_MAX ? number : std::nullopt;
}

std::optional<Argon2Params> parse_params(std::string_view part) {
  const auto fields = split(part, ',');
  if (fields.size() != 3) return std::nullopt;
  const auto memory = parse_number(fields[0], "m=");
  const auto passes = parse_number(fields[1], "t=");
  const auto lanes = parse_number(fields[2], "p=");
  if (!memory || !passes || !lanes) return std::nullopt;
  return Argon2Params{static_cast<std::uint32_t>(*memory), static_cast<std::uint32_t>(*passes),
                      static_cast<std::uint32_t>(*lanes)};
}

// Of an unpadded base64 text (RFC 4648 section 4); 0 if it is none.
std::size_t decoded_bytes(std::string_view text) {
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '+' && c != '/') return 0;
  return text.size() % 4 == 1 ? 0 : text.size() * 3 / 4;
}

}  // namespace

std::optional<Phc> parse_phc(std::string_view stored) {
  if (stored.size() > kMaxPhcBytes || stored.find('\0') != std::string_view::npos) return std::nullopt;
  const auto parts = split(stored, '$');
  if ((parts.size() != 5 && parts.size() != 6) || !parts[0].empty()) return std::nullopt;
  const auto type = parse_type(parts[1]);
  const auto version = parts.size() == 6 ? parse_number(parts[2], "v=") : ARGON2_VERSION_10;
  const auto params = parse_params(parts[parts.size() - 3]);
  if (!type || !version || !params) return std::nullopt;
  return Phc{*type, *version, *params, decoded_bytes(parts[parts.size() - 2]), decoded_bytes(parts.back())};
}

bool affordable(const Argon2Params& params) {
  return params.memory_kib <= kMaxMemoryKib && params.passes <= kMaxPasses && params.lanes <= kMaxLanes &&
         std::uint64_t{params.memory_kib} * params.passes <= kMaxKibPasses;
}

bool verify_argon2(const Secret& password, const std::string& stored) {
  const auto phc = parse_phc(stored);
  if (!phc || !affordable(phc->params)) return false;
  const int result =
      argon2_verify(stored.c_str(), password.reveal().data(), password.reveal().size(), phc->type);
  // Want of memory says nothing about the password; it must not count as a failed sign-in.
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
  if (result == ARGON2_THREAD_FAIL)
    throw std::runtime_error(std::string{"Verifying a password failed: "} + argon2_error_message(result));
  return result == ARGON2_OK;
}

}  // namespace tenantd::crypto
