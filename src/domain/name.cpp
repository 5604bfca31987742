#include "tenantd/domain/name.hpp"

#include <utf8proc.h>

#include <algorithm>

#include "tenantd/base/owned.hpp"

namespace tenantd {
namespace {

constexpr utf8proc_int32_t kBrailleBlank = 0x2800;

bool is_seen(utf8proc_int32_t code_point) {
  const auto category = utf8proc_category(code_point);
  if (utf8proc_get_property(code_point)->ignorable != 0 || code_point == kBrailleBlank) return false;
  const bool is_mark = category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
                       category == UTF8PROC_CATEGORY_ME;
  return category != UTF8PROC_CATEGORY_CN && !is_mark && category < UTF8PROC_CATEGORY_ZS;
}

// Calls `visit` for each code point until it returns false. False if it did, or if `text` is no UTF-8.
template <class Visit>
bool each(std::string_view text, Visit visit) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t code_point = 0;
    const auto length = utf8proc_iterate(at, left, &code_point);
    if (length <= 0 || !visit(code_point)) return false;
    at += length;
    left -= length;
  }
  return true;
}

bool is_bearable(std::string_view text) {
  constexpr int kMostMarks = 64;
  int marks = 0;
  return each(text, [&](utf8proc_int32_t code_point) {
    marks = utf8proc_get_property(code_point)->combining_class == 0 ? 0 : marks + 1;
    return marks <= kMostMarks;
  });
}

}  // namespace

std::optional<std::string> to_nfc(std::string_view text) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return std::string{text};
  if (!is_bearable(text)) return std::nullopt;
  utf8proc_uint8_t* raw = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &raw,
                                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const Owned<utf8proc_uint8_t> owned{raw};
  if (length < 0) return std::nullopt;
  return std::string{reinterpret_cast<const char*>(raw), static_cast<std::size_t>(length)};
}

bool shows_something(std::string_view text) {
  bool seen = false;
  each(text, [&](utf8proc_int32_t code_point) {
    seen = is_seen(code_point);
    return !seen;
  });
  return seen;
}

}  // namespace tenantd
