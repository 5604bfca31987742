#include "tenantd/domain/tenant.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "tenantd/base/text.hpp"

namespace tenantd {
namespace {

// As UTF-8: C1 controls are C2 80 to C2 9F.
bool has_second_controls(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    if (text[i] == '\xC2' && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  return false;
}

// Line and paragraph separators, marks, embeddings, overrides and isolates of direction, and what is not
// seen.
constexpr std::array<std::string_view, 17> kUnseen{"\u200B", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A",
                                                   "\u202B", "\u202C", "\u202D", "\u202E", "\u2060", "\u2066",
                                                   "\u2067", "\u2068", "\u2069", "\u061C", "\uFEFF"};

}  // namespace

bool is_sender_name(const std::string& text) {
  if (!is_utf8(text) || text.empty() || trim(text) != text || count_code_points(text) > 100) return false;
  const auto is_refused = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '@' || c == '<' || c == '>';
  };
  if (std::any_of(text.begin(), text.end(), is_refused) || has_second_controls(text)) return false;
  return std::none_of(kUnseen.begin(), kUnseen.end(),
                      [&](std::string_view c) { return text.find(c) != std::string::npos; });
}

}  // namespace tenantd
