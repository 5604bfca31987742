#include "tenantd/base/transliterate.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace tenantd {
namespace {

struct Letter {
  utf8proc_int32_t point;
  std::string_view ascii;
};

// Letters, small, that decomposition does not lead to ASCII, or not to what their languages write; in order.
constexpr std::array kLetters = std::to_array<Letter>({
    {U'ä', "ae"}, {U'æ', "ae"}, {U'ð', "d"},    {U'ö', "oe"}, {U'ø', "oe"}, {U'ü', "ue"}, {U'þ', "th"},
    {U'đ', "d"},  {U'ħ', "h"},  {U'ı', "i"},    {U'ł', "l"},  {U'ŋ', "ng"}, {U'œ', "oe"}, {U'ŧ', "t"},
    {U'ə', "e"},  {U'α', "a"},  {U'β', "v"},    {U'γ', "g"},  {U'δ', "d"},  {U'ε', "e"},  {U'ζ', "z"},
    {U'η', "i"},  {U'θ', "th"}, {U'ι', "i"},    {U'κ', "k"},  {U'λ', "l"},  {U'μ', "m"},  {U'ν', "n"},
    {U'ξ', "x"},  {U'ο', "o"},  {U'π', "p"},    {U'ρ', "r"},  {U'ς', "s"},  {U'σ', "s"},  {U'τ', "t"},
    {U'υ', "y"},  {U'φ', "f"},  {U'χ', "ch"},   {U'ψ', "ps"}, {U'ω', "o"},  {U'а', "a"},  {U'б', "b"},
    {U'в', "v"},  {U'г', "g"},  {U'д', "d"},    {U'е', "e"},  {U'ж', "zh"}, {U'з', "z"},  {U'и', "i"},
    {U'й', "y"},  {U'к', "k"},  {U'л', "l"},    {U'м', "m"},  {U'н', "n"},  {U'о', "o"},  {U'п', "p"},
    {U'р', "r"},  {U'с', "s"},  {U'т', "t"},    {U'у', "u"},  {U'ф', "f"},  {U'х', "kh"}, {U'ц', "ts"},
    {U'ч', "ch"}, {U'ш', "sh"}, {U'щ', "shch"}, {U'ъ', ""},   {U'ы', "y"},  {U'ь', ""},   {U'э', "e"},
    {U'ю', "yu"}, {U'я', "ya"}, {U'ё', "yo"},   {U'ђ', "dj"}, {U'є', "ye"}, {U'і', "i"},  {U'ї', "yi"},
    {U'ј', "j"},  {U'љ', "lj"}, {U'њ', "nj"},   {U'ћ', "c"},  {U'ў', "u"},  {U'џ', "dz"}, {U'ґ', "g"},
});
static_assert(std::is_sorted(kLetters.begin(), kLetters.end(),
                             [](const Letter& a, const Letter& b) { return a.point < b.point; }));

const Letter* find_letter(utf8proc_int32_t point) {
  const auto* found =
      std::lower_bound(kLetters.begin(), kLetters.end(), point,
                       [](const Letter& letter, auto wanted) { return letter.point < wanted; });
  return found != kLetters.end() && found->point == point ? found : nullptr;
}

bool is_plain(utf8proc_int32_t point) { return point >= 0x20 && point < 0x7F; }

// One code point, composed and small.
void append(std::string& out, utf8proc_int32_t point) {
  if (is_plain(point)) {
    out += static_cast<char>(point);
    return;
  }
  if (const auto* letter = find_letter(point)) {
    out += letter->ascii;
    return;
  }
  std::array<utf8proc_int32_t, 32> parts{};
  int boundary = 0;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                                                      UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD);
  const auto count = utf8proc_decompose_char(point, parts.data(), parts.size(), options, &boundary);
  const bool is_itself = count == 1 && parts[0] == point;
  if (count < 0 || is_itself) {
    out += ' ';
    return;
  }
  for (std::size_t i = 0; i < std::min(static_cast<std::size_t>(count), parts.size()); ++i)
    if (is_plain(parts[i]))
      out += static_cast<char>(parts[i]);
    else if (const auto* letter = find_letter(parts[i]))
      out += letter->ascii;
    else
      out += ' ';
}

// In composed, small letters; as it is if it is no UTF-8.
std::string small(std::string_view text) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
  if (size < 0) return std::string{text};
  std::string out{reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size)};
  std::free(mapped);  // NOLINT: utf8proc's own
  return out;
}

}  // namespace

std::string transliterate(std::string_view text) {
  const std::string composed = small(text);
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(composed.data());
  auto left = static_cast<utf8proc_ssize_t>(composed.size());
  std::string out;
  while (left > 0) {
    utf8proc_int32_t point = -1;
    const auto step = std::max<utf8proc_ssize_t>(utf8proc_iterate(at, left, &point), 1);
    if (point < 0)
      out += ' ';
    else
      append(out, point);
    at += step;
    left -= step;
  }
  return out;
}

}  // namespace tenantd
