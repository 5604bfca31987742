// What the tests beside it share.
#pragma once

#include <criterion/criterion.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "tenantd/base/text.hpp"
#include "tenantd/mail/mime.hpp"
#include "tenantd/mail/transport.hpp"

namespace tenantd::test::rendered {
using namespace tenantd;
using mail::Mail;
using mail::Message;
using mail::Template;

inline constexpr const char* kId = "0190b7a4-7c11-7000-8000-000000000001";
inline constexpr const char* kLink =
    "https://id.acme.example/invite#token=kX3vTq9mB1c8yZ0wRr5uLh2nEe7aSs4dFf6gGj1pQoI";
inline constexpr std::array kAll{
    Template::invitation,     Template::verification,     Template::welcome,    Template::account_created,
    Template::password_reset, Template::password_changed, Template::login_alert};

inline Mail sample(Template kind) {
  return {kind,
          "carol@example.com",
          {{"link", kLink},
           {"organization", "Northwind"},
           {"inviter", "Ada Lovelace"},
           {"role", "editor"},
           {"minutes", "10"},
           {"address", "203.0.113.7"},
           {"agent", "Firefox on Linux"},
           {"time", "2026-11-21 03:31:40 UTC"}}};
}

inline Message render(const Mail& mail, const std::string& from = "Acme Identity <no-reply@acme.example>") {
  return mail::render(mail, kId, from, "https://id.acme.example", from_unix(1795231900));
}

inline std::string header_block(const Message& message) {
  return message.data.substr(0, message.data.find("\r\n\r\n"));
}

// The header's lines with folds undone.
inline std::vector<std::string> headers(const Message& message) {
  std::vector<std::string> out;
  const std::string block = header_block(message);
  for (const auto line : split(block, '\n')) {
    std::string text{trim(line)};
    if (line.starts_with(' ')) {
      out.back() += ' ' + text;
    } else {
      out.push_back(text);
    }
  }
  return out;
}

inline std::string header(const Message& message, const std::string& name) {
  for (const auto& line : headers(message))
    if (line.starts_with(name + ": ")) return line.substr(name.size() + 2);
  return "(none)";
}

// Decodes base64 with padding and line ends.
inline std::string decode64(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c == '\r' || c == '\n' || c == '=') continue;
    plain += c == '+' ? '-' : c == '/' ? '_' : c;
  }
  return base64url_decode(plain).value();
}

inline std::string part(const Message& message, const std::string& type) {
  const auto start = message.data.find("Content-Type: " + type + "; charset=utf-8\r\n");
  cr_assert(start != std::string::npos, "no part of type %s", type.c_str());
  const auto body = message.data.find("\r\n\r\n", start) + 4;
  return decode64(message.data.substr(body, message.data.find("\r\n--", body) - body));
}

// Decodes a header made of encoded words only.
inline std::string decode_words(const std::string& text) {
  std::string out;
  for (const auto word : split(text, ' ')) {
    cr_assert(word.size() <= 75);
    cr_assert(word.starts_with("=?UTF-8?B?") && word.ends_with("?="));
    const std::string piece = decode64(word.substr(10, word.size() - 12));
    cr_assert(is_utf8(piece), "a word ends within a code point");
    out += piece;
  }
  return out;
}

inline bool refuses(const std::string& to) {
  Mail mail = sample(Template::welcome);
  mail.to = to;
  try {
    render(mail);
    return false;
  } catch (const std::invalid_argument&) {
    return true;
  }
}

inline bool contains(const std::string& text, std::string_view piece) {
  return text.find(piece) != std::string::npos;
}

}  // namespace tenantd::test::rendered
