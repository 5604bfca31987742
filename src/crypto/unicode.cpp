#include "unicode.hpp"

#include <string.h>
#include <utf8proc.h>

#include <array>

namespace tenantd::crypto {
namespace {

constexpr int kNfc = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
constexpr int kNfkc = kNfc | UTF8PROC_COMPAT;

// utf8proc_map would do the same on a heap buffer that it shrinks, leaving what it cut off behind.
std::optional<Secret> map(std::string_view utf8, int form) {
  const auto options = static_cast<utf8proc_option_t>(form);
  std::array<utf8proc_int32_t, 4096> buffer{};
  const auto room = static_cast<utf8proc_ssize_t>(buffer.size() - 1);  // utf8proc_reencode adds a NUL
  const auto count =
      utf8proc_decompose(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                         static_cast<utf8proc_ssize_t>(utf8.size()), buffer.data(), room, options);
  std::optional<Secret> mapped;
  if (count >= 0 && count <= room) {
    const auto length = utf8proc_reencode(buffer.data(), count, options);
    if (length >= 0)
      mapped.emplace(
          std::string(reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(length)));
  }
  ::explicit_bzero(buffer.data(), sizeof buffer);
  return mapped;
}

}  // namespace

std::optional<Secret> to_nfkc(std::string_view utf8) { return map(utf8, kNfkc); }

std::optional<Secret> to_nfc(std::string_view utf8) { return map(utf8, kNfc); }

std::optional<Secret> fold_case(std::string_view utf8) { return map(utf8, kNfkc | UTF8PROC_CASEFOLD); }

}  // namespace tenantd::crypto
