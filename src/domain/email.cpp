#include "tenantd/domain/email.hpp"

#include <idn2.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "tenantd/base/owned.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd {
namespace {

constexpr std::size_t kMaxAddress = 254;  // RFC 5321 section 4.5.3.1.3, without the angle brackets
constexpr std::size_t kMaxLocal = 64;     // RFC 5321 section 4.5.3.1.1

std::optional<std::string> fold_local(std::string_view local) {
  utf8proc_uint8_t* raw = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                                                      UTF8PROC_CASEFOLD | UTF8PROC_REJECTNA);
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(local.data()),
                                   static_cast<utf8proc_ssize_t>(local.size()), &raw, options);
  const Owned<utf8proc_uint8_t> owned{raw};
  if (length <= 0) return std::nullopt;
  return std::string{reinterpret_cast<const char*>(raw), static_cast<std::size_t>(length)};
}

std::optional<std::string> fold_domain(const std::string& domain) {
  char* raw = nullptr;
  const int status = idn2_to_ascii_8z(domain.c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const Owned<char> owned{raw};
  if (status != IDN2_OK) return std::nullopt;
  return ascii_lower(raw);
}

// RFC 5322 atext, or a character beyond ASCII that is no control (C1) and no blank.
bool is_local_part(std::string_view local) {
  if (local.empty() || local.front() == '.' || local.back() == '.') return false;
  if (local.find("..") != std::string_view::npos) return false;
  constexpr std::string_view specials = "!#$%&'*+-/=?^_`{|}~.";
  for (const char c : local) {
    const auto byte = static_cast<unsigned char>(c);
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!alphanumeric && byte < 0x80 && specials.find(c) == std::string_view::npos) return false;
  }
  return true;
}

// True if `text` holds a character that does not show: a control, a format (zero width, direction), a blank,
// a separator, one that Unicode calls default ignorable, or a code point that is private or not assigned.
bool hides_something(std::string_view text) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t code_point = 0;
    const auto length = utf8proc_iterate(at, left, &code_point);
    if (length <= 0) return true;
    const auto category = utf8proc_category(code_point);
    if (utf8proc_get_property(code_point)->ignorable != 0) return true;
    if (category >= UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_CN) return true;
    at += length;
    left -= length;
  }
  return false;
}

// `text` without blanks at its ends: they come with what is pasted. Line ends and tabs are no blanks here.
std::string_view unpadded(std::string_view text) {
  constexpr std::array<std::string_view, 3> kBlanks{" ", "\xC2\xA0", "\xE3\x80\x80"};
  for (bool found = true; found;) {
    found = false;
    for (const auto blank : kBlanks) {
      if (text.starts_with(blank)) found = true, text.remove_prefix(blank.size());
      if (text.ends_with(blank)) found = true, text.remove_suffix(blank.size());
    }
  }
  return text;
}

bool is_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > 253 || domain.find('.') == std::string_view::npos) return false;
  for (const auto label : split(domain, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    for (const char c : label)
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> parse_domain(std::string_view typed) {
  if (typed.size() > kMaxAddress || !is_utf8(typed) || hides_something(typed)) return std::nullopt;
  auto domain = fold_domain(std::string{typed});
  if (!domain || !is_domain(*domain)) return std::nullopt;
  return domain;
}

TypedEmail Email::read(std::string_view typed) {
  auto email = parse(typed);
  if (!email) return {std::nullopt, "must be a plain e-mail address"};
  // SMTPUTF8 (RFC 6531) would be needed by every server on the way.
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(email->text_.begin(), email->text_.end(), is_ascii)) return {std::move(email), ""};
  return {std::move(email), "must have only ASCII letters before the @: mail to others cannot be sent"};
}

std::optional<Email> Email::parse(std::string_view padded) {
  const auto typed = unpadded(padded);
  if (typed.size() > kMaxAddress || !is_utf8(typed)) return std::nullopt;
  const auto at = typed.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  if (hides_something(typed)) return std::nullopt;
  const auto local = fold_local(typed.substr(0, at));
  const auto domain = fold_domain(std::string{typed.substr(at + 1)});
  if (!local || !domain || local->size() > kMaxLocal || !is_local_part(*local) || !is_domain(*domain))
    return std::nullopt;
  if (local->size() + 1 + domain->size() > kMaxAddress) return std::nullopt;
  return Email{*local + '@' + *domain};
}

}  // namespace tenantd
