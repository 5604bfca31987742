#include "tenantd/mail/links.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace tenantd::mail {
namespace {

// IDNA's separators (RFC 3490 section 3.1), what NFKC makes of others, and what looks like a full stop.
constexpr std::array kDots = {U'.',      U'\u3002', U'\uFF0E', U'\uFF61', U'\u2024',
                              U'\uFE52', U'\u06D4', U'\u0701', U'\u0702', U'\uA4F8',
                              U'\uA60E', U'\u0589', U'\u1362', U'\u166E', U'\u2CF9'};
constexpr std::array kColons = {U':',      U'\uFF1A', U'\uFE55', U'\uFE13', U'\u2236',
                                U'\uA789', U'\u02D0', U'\u0703', U'\u05C3'};
constexpr std::array kAts = {U'@', U'\uFF20', U'\uFE6B'};
constexpr std::array kSlashes = {U'/', U'\\', U'\uFF0F', U'\u2044', U'\u2215', U'\u29F8', U'\uFF3C'};
// White space beyond ASCII's: a mark beside it joins nothing.
constexpr std::array kBlanks = {U' ',      U'\u00A0', U'\u1680', U'\u2028',
                                U'\u2029', U'\u202F', U'\u205F', U'\u3000'};

template <std::size_t N>
bool is_one_of(const std::array<char32_t, N>& marks, char32_t c) {
  return std::find(marks.begin(), marks.end(), c) != marks.end();
}

bool is_blank(char32_t c) { return c < 0x21 || (c >= 0x2000 && c <= 0x200A) || is_one_of(kBlanks, c); }

// Takes no room on the screen and joins what stands on either side.
bool is_invisible(char32_t c) {
  return c == 0xAD || c == 0x34F || c == 0x61C || c == 0x180E || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF ||
         (c >= 0xE0000 && c <= 0xE0FFF);
}

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

// A letter of any script, as far as host names go.
bool is_letter(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') ||
         (c >= 0x80 && !is_blank(c) && !is_invisible(c) && !is_one_of(kDots, c) && !is_one_of(kColons, c) &&
          !is_one_of(kAts, c) && !is_one_of(kSlashes, c));
}

bool is_word(char32_t c) { return is_letter(c) || is_digit(c) || c == U'-' || c == U'_'; }

struct Point {
  char32_t value;
  std::string_view bytes;
};

// `text` is well-formed UTF-8.
std::vector<Point> points_of(std::string_view text) {
  std::vector<Point> points;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t value = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    const auto bytes = text.substr(at, length);
    for (const char c : bytes.substr(1)) value = (value << 6) | (static_cast<unsigned char>(c) & 0x3FU);
    points.push_back({value, bytes});
    at += bytes.size();
  }
  return points;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : points_(points_of(text)) {}

  std::string unlinked() const {
    std::string out;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      out += points_[i].bytes;
      if (joins(i)) out += ' ';
    }
    return out;
  }

 private:
  // The visible code point `step` from `i`; 0 = none.
  char32_t beside(std::size_t i, int step) const {
    for (auto at = static_cast<std::ptrdiff_t>(i) + step;
         at >= 0 && at < static_cast<std::ptrdiff_t>(points_.size()); at += step)
      if (!is_invisible(points_[static_cast<std::size_t>(at)].value))
        return points_[static_cast<std::size_t>(at)].value;
    return 0;
  }

  // "S.p.A." and "3.5" name no host: its last label is letters, two at least.
  bool begins_label(std::size_t i) const {
    std::size_t letters = 0;
    for (std::size_t at = i + 1; at < points_.size() && letters < 2; ++at) {
      const auto c = points_[at].value;
      if (is_invisible(c)) continue;
      if (!is_word(c)) break;
      if (c >= 0x80) return true;
      letters += is_letter(c) ? 1 : 0;
    }
    return letters >= 2;
  }

  // True if the mark at `i` makes what stands around it a link.
  bool joins(std::size_t i) const {
    const auto c = points_[i].value;
    const auto before = beside(i, -1);
    const auto after = beside(i, 1);
    if (is_one_of(kDots, c)) return is_word(before) && begins_label(i);
    if (is_one_of(kColons, c)) return is_letter(before) && (is_letter(after) || is_one_of(kSlashes, after));
    if (is_one_of(kAts, c)) return is_word(before) && is_word(after);
    return is_one_of(kSlashes, c) && is_one_of(kSlashes, after);
  }

  std::vector<Point> points_;
};

}  // namespace

std::string unlinked(std::string_view text) {
  // Most texts hold none of the marks.
  const auto may_be_mark = [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view{".:@/\\"}.find(c) != std::string_view::npos;
  };
  if (std::none_of(text.begin(), text.end(), may_be_mark)) return std::string{text};
  return Reader{text}.unlinked();
}

bool carries_link(std::string_view text) { return unlinked(text) != text; }

}  // namespace tenantd::mail
