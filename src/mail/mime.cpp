#include "tenantd/mail/mime.hpp"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "tenantd/base/text.hpp"
#include "tenantd/config/settings.hpp"

namespace tenantd::mail {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::size_t kLine = 76;
constexpr std::size_t kAddressMax = 254;  // RFC 5321 section 4.5.3.1.3 without the angle brackets
constexpr std::size_t kLocalMax = 64;
constexpr std::size_t kSenderNameMax = 64;  // code points

// Returns the length of the code point at the front of a non-empty `text`, or 0 if it is not well-formed.
std::size_t code_point_length(std::string_view text) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length)
    if (is_utf8(text.substr(0, length))) return length;
  return 0;
}

// Controls C0, DEL and C1; line and paragraph separator; embeddings, overrides and isolates of writing
// direction.
bool is_unwanted(std::string_view code_point) {
  const auto lead = static_cast<std::uint8_t>(code_point[0]);
  if (code_point.size() == 1) return lead < 0x20 || lead == 0x7F;
  const auto second = static_cast<std::uint8_t>(code_point[1]);
  if (code_point.size() == 2) return lead == 0xC2 && second < 0xA0;
  if (code_point.size() != 3 || lead != 0xE2) return false;
  const auto third = static_cast<std::uint8_t>(code_point[2]);
  return (second == 0x80 && third >= 0xA8 && third <= 0xAE) ||
         (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// RFC 5322 atext.
bool is_atext(char c) {
  return is_alnum(c) || std::string_view{"!#$%&'*+-/=?^_`{|}~"}.find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
  const auto atoms = split(text, '.');
  return std::all_of(atoms.begin(), atoms.end(), [](std::string_view atom) {
    return !atom.empty() && std::all_of(atom.begin(), atom.end(), is_atext);
  });
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<std::uint8_t>(c) < 0x80; });
}

std::string encoded_words(std::string_view text, std::size_t used) {
  constexpr std::string_view open = "=?UTF-8?B?";
  constexpr std::string_view close = "?=";
  std::string out;
  while (!text.empty()) {
    // 75 characters a word, 76 a line that holds one (RFC 2047 section 2); the fold's blank counts on later
    // lines.
    const std::size_t columns =
        std::min<std::size_t>(75, kLine - (out.empty() ? std::min(used, kLine / 2) : 1));
    const std::size_t room = (columns - open.size() - close.size()) / 4 * 3;
    const auto taken = cut_bytes(text, room);
    if (!out.empty()) out += "\r\n ";
    out.append(open).append(base64_encode(taken)).append(close);
    text.remove_prefix(taken.size());
  }
  return out;
}

// A display name: itself if it is made of atoms, else quoted.
std::string phrase_of(const std::string& name) {
  // Beyond ASCII nothing needs quoting.
  const auto plain = [](char c) { return is_atext(c) || c == ' ' || static_cast<std::uint8_t>(c) >= 0x80; };
  if (std::all_of(name.begin(), name.end(), plain)) return name;
  std::string quoted;
  for (const char c : name) quoted.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
  return '"' + quoted + '"';
}

// Marks that make text look like an address or a list of them, in ASCII and in the forms that look alike,
// become blanks.
std::string without_address_marks(const std::string& text) {
  // ＠ ﹫ ＜ ＞ ﹤ ﹥
  constexpr std::array<std::string_view, 6> lookalikes{"\xEF\xBC\xA0", "\xEF\xB9\xAB", "\xEF\xBC\x9C",
                                                       "\xEF\xBC\x9E", "\xEF\xB9\xA4", "\xEF\xB9\xA5"};
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const auto found = std::find_if(lookalikes.begin(), lookalikes.end(),
                                    [&](std::string_view mark) { return rest.starts_with(mark); });
    const bool mark = std::string_view{"@<>\"\\,;:()[]"}.find(rest.front()) != std::string_view::npos;
    const std::size_t length = found == lookalikes.end() ? 1 : found->size();
    out += found == lookalikes.end() && !mark ? rest.front() : ' ';
    rest.remove_prefix(length);
  }
  return out;
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  const auto labels = split(name, '.');
  return std::all_of(labels.begin(), labels.end(), [](std::string_view label) {
    const bool fits = !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-';
    return fits && std::all_of(label.begin(), label.end(),
                               [](char c) { return is_alnum(c) || c == '-' || c == '_'; });
  });
}

}  // namespace

std::string one_line(std::string_view text) {
  if (is_printable_ascii(text)) return std::string{text};
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = code_point_length(text);
    if (length == 0) {
      out += kReplacement;
    } else if (is_unwanted(text.substr(0, length))) {
      out += ' ';
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t limit) {
  const auto cut = cut_code_points(text, limit);
  return std::string{cut} + (cut.size() < text.size() ? "\xE2\x80\xA6" : "");
}

std::string ascii_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > 1024 || domain.find('\0') != std::string_view::npos) return {};
  char* raw = nullptr;
  const int status =
      idn2_to_ascii_8z(std::string{domain}.c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owned{raw, idn2_free};
  if (status != IDN2_OK || raw == nullptr) return {};
  std::string name = ascii_lower(raw);
  return is_host_name(name) ? name : std::string{};
}

std::string envelope_address(std::string_view address) {
  const auto refuse = [](const char* why) { throw std::invalid_argument(std::string{"the address "} + why); };
  const auto forbidden = [](char c) { return (c >= 0 && c <= 0x20) || c == 0x7F || c == '<' || c == '>'; };
  if (std::any_of(address.begin(), address.end(), forbidden))
    refuse("holds a control character, a blank or an angle bracket");
  const auto at = address.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == address.size())
    refuse("is not of the form name@domain");
  const std::string_view local = address.substr(0, at);
  if (!is_ascii(local)) refuse("has letters beyond ASCII before the @, which needs SMTPUTF8: not supported");
  if (local.size() > kLocalMax) refuse("has more than 64 characters before the @");
  if (!is_dot_atom(local)) refuse("has characters before the @ that need quoting: not supported");
  const std::string domain = ascii_domain(address.substr(at + 1));
  if (domain.empty()) refuse("has a domain that is no host name");
  if (local.size() + 1 + domain.size() > kAddressMax) refuse("is longer than 254 characters");
  return std::string{local} + '@' + domain;
}

std::string service_name(const Mailbox& from) {
  return from.name.empty() ? from.address.substr(from.address.find('@') + 1) : from.name;
}

std::string service_name(const Settings& settings) {
  try {
    return service_name(parse_mailbox(settings.mail_from));
  } catch (const std::invalid_argument&) {
    return "tenantd";
  }
}

Mailbox parse_mailbox(std::string_view text) {
  text = trim(text);
  if (text.empty() || text.back() != '>') return {"", envelope_address(text)};
  const auto open = text.rfind('<');
  if (open == std::string_view::npos) return {"", envelope_address(text)};
  std::string_view name = trim(text.substr(0, open));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  return {one_line(name), envelope_address(text.substr(open + 1, text.size() - open - 2))};
}

std::string plain_mailbox(const Mailbox& mailbox) {
  const std::string name = one_line(mailbox.name);
  return name.empty() ? mailbox.address : phrase_of(name) + " <" + mailbox.address + '>';
}

std::string format_mailbox(const Mailbox& mailbox) {
  const std::string address = '<' + mailbox.address + '>';
  if (mailbox.name.empty()) return address;
  const std::string name = one_line(mailbox.name);
  const bool encoded = !is_printable_ascii(name) || name.size() > 60 || name.find("=?") != std::string::npos;
  const std::string phrase =
      encoded ? encoded_words(name, std::string_view{"From: "}.size()) : phrase_of(name);
  const auto last_line = phrase.size() - (phrase.rfind('\n') == std::string::npos ? 0 : phrase.rfind('\n'));
  return phrase + (last_line + address.size() + 7 > kLine ? "\r\n " : " ") + address;
}

Mailbox on_behalf_of(const Mailbox& service, std::string_view name) {
  const std::string line = without_address_marks(one_line(name));
  std::string words;
  for (const auto word : split(line, ' '))
    if (!word.empty()) words.append(words.empty() ? "" : " ").append(word);
  if (words.empty()) return service;
  const auto own =
      service.name.empty() ? service.address.substr(service.address.find('@') + 1) : service.name;
  return {shortened(words, kSenderNameMax) + " via " + own, service.address};
}

std::string header_text(std::string_view text, std::size_t used) {
  const std::string line{trim(one_line(text))};
  const bool plain =
      is_printable_ascii(line) && used + line.size() <= kLine && line.find("=?") == std::string::npos;
  return plain ? line : encoded_words(line, used);
}

std::string format_date(TimePoint time) {
  // Names are written out: strftime would follow the locale.
  constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %u %s %04d %02d:%02d:%02d +0000",
                days[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string text_part(std::string_view type, std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / 32);
  for (const char c : text) {
    if (c == '\r') continue;
    if (c == '\n') lines += '\r';
    lines += c;
  }
  const std::string encoded = base64_encode(lines);
  std::string out = "Content-Type: " + std::string{type} +
                    "; charset=utf-8\r\n"
                    "Content-Transfer-Encoding: base64\r\n\r\n";
  for (std::size_t at = 0; at < encoded.size(); at += kLine) out.append(encoded, at, kLine).append("\r\n");
  return out;
}

}  // namespace tenantd::mail
