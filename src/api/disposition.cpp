#include "tenantd/api/disposition.hpp"

#include <array>

#include "tenantd/base/text.hpp"

namespace tenantd::api {
namespace {

constexpr std::size_t kMostBytes = 200;
constexpr std::size_t kMostExtension = 20;
// What stands for itself in a parameter's value besides letters and digits (RFC 8187: attr-char).
constexpr std::string_view kAttributeMarks = "!#$&+-.^_`|~";

// In the names of some systems, or of none.
constexpr std::string_view kForeign = "/\\:*?\"<>|";
// Marks and overrides of direction: "exe.fdp" that reads "pdf.exe"; and separators of lines.
constexpr std::array<std::string_view, 16> kDeceiving = {
    "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066",
    "\u2067", "\u2068", "\u2069", "\u2028", "\u2029", "\u061c", "\u0085", "\ufeff"};

// The first character's length in bytes.
std::size_t first_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && is_continuation(text[length])) ++length;
  return length;
}

bool is_unsafe(std::string_view character) {
  const char c = character.front();
  if (character.size() == 1)
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || kForeign.find(c) != std::string_view::npos;
  // C1 control characters, U+0080 to U+009F.
  if (c == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0) return true;
  for (const auto deceiving : kDeceiving)
    if (character == deceiving) return true;
  return false;
}

std::string cut(std::string_view name) {
  if (name.size() <= kMostBytes) return std::string{name};
  const auto dot = name.rfind('.');
  const bool keeps = dot != std::string_view::npos && name.size() - dot <= kMostExtension;
  const auto extension = keeps ? name.substr(dot) : std::string_view{};
  return std::string{cut_bytes(name, kMostBytes - extension.size())}.append(extension);
}

// For readers of RFC 2616 alone: a "%" could be taken for an escape.
std::string ascii(std::string_view text) {
  std::string out;
  for (; !text.empty(); text.remove_prefix(first_length(text)))
    out += first_length(text) > 1 || text.front() == '%' ? '_' : text.front();
  return out;
}

}  // namespace

std::string safe_file_name(std::string_view name) {
  std::string safe;
  for (auto rest = name; !rest.empty(); rest.remove_prefix(first_length(rest))) {
    const auto character = rest.substr(0, first_length(rest));
    safe += is_unsafe(character) ? std::string_view{"_"} : character;
  }
  // Blanks and dots at the ends mean something to some systems.
  while (!safe.empty() && (safe.back() == '.' || safe.back() == ' ')) safe.pop_back();
  if (!safe.empty() && (safe.front() == '.' || safe.front() == ' ')) safe.front() = '_';
  return safe.empty() ? "file" : cut(safe);
}

std::string attachment(std::string_view name) {
  const auto safe = safe_file_name(name);
  return "attachment; filename=\"" + ascii(safe) + "\"; filename*=UTF-8''" +
         percent_encode(safe, kAttributeMarks);
}

}  // namespace tenantd::api
