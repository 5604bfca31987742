#include "support/mailbox.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/processes.hpp"
#include "tenantd/base/id.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::test {
namespace {

std::string decode_base64(std::string_view encoded) {
  std::string url;
  for (const char c : encoded) {
    if (c == '+') {
      url += '-';
    } else if (c == '/') {
      url += '_';
    } else if (c != '\r' && c != '\n' && c != '=') {
      url += c;
    }
  }
  const auto decoded = base64url_decode(url);
  require(decoded.has_value(), "a part of a mail is no base64");
  return *decoded;
}

// The decoded body of the part of this type: from the blank line after its headers to the next boundary.
std::string part(const std::string& raw, const std::string& type) {
  const auto at = raw.find("Content-Type: " + type);
  if (at == std::string::npos) return {};
  const auto begin = raw.find("\r\n\r\n", at);
  const auto end = raw.find("\r\n--", begin);
  require(begin != std::string::npos && end != std::string::npos, "a mail's part has no end:\n" + raw);
  return decode_base64(std::string_view{raw}.substr(begin, end - begin));
}

// Not what is written for an address that gets no mail, dead from the start and never due.
std::string where(const std::string& address, std::string_view template_name) {
  return " FROM outbox WHERE NOT (status = 2 AND next_attempt_at = 0) AND recipient = " + literal(address) +
         " AND template = " + literal(template_name);
}

// The file transport names a file after the time and the Message-ID, which holds the outbox row's id.
std::filesystem::path file_of(const std::string& id) {
  for (const auto& entry : std::filesystem::directory_iterator{setting("MAIL_DIR")}) {
    const auto name = entry.path().filename().string();
    if (name.ends_with(".eml") && name.find(id) != std::string::npos) return entry.path();
  }
  return {};
}

}  // namespace

std::string Mail::header(std::string_view name) const {
  const auto end = raw.find("\r\n\r\n");
  auto at = ("\r\n" + raw.substr(0, end)).find("\r\n" + std::string{name} + ": ");
  if (at == std::string::npos) return {};
  at += name.size() + 2;
  std::string value;
  for (;;) {
    const auto line = raw.find("\r\n", at);
    value += raw.substr(at, line - at);
    if (line == std::string::npos || line + 2 >= raw.size() ||
        (raw[line + 2] != ' ' && raw[line + 2] != '\t'))
      return value;
    at = line + 2;
  }
}

std::string Mail::link() const {
  const auto begin = text.find("http");
  require(begin != std::string::npos, "a mail without a link:\n" + text);
  return text.substr(begin, text.find_first_of(" \r\n", begin) - begin);
}

std::string Mail::token() const {
  const auto found = link();
  const auto at = found.find("#token=");
  require(at != std::string::npos, "a link without a token: " + found);
  return found.substr(at + 7);
}

Mail newest_mail(const std::string& address, std::string_view template_name) {
  auto rows = database().run_query("SELECT id" + where(address, template_name) +
                                   " ORDER BY created_at DESC, id DESC LIMIT 1");
  require(rows.next(), "no mail " + std::string{template_name} + " was ordered for " + address);
  const auto id = rows.id<MailId>(0).str();
  std::filesystem::path path;
  try {
    wait_until("the mail " + std::string{template_name} + " to " + address, [&] {
      path = file_of(id);
      return !path.empty();
    });
  } catch (const Failure& failure) {
    // What the courier made of it.
    throw std::runtime_error(
        failure.what() +
        text_of("SELECT CONCAT(': status ', status, ', attempts ', attempts, ', leased for ', "
                "CAST(lease_until AS SIGNED) - UNIX_TIMESTAMP(), ' s, due in ', "
                "next_attempt_at - UNIX_TIMESTAMP(), ' s, ', COALESCE(last_error, 'no error')) "
                "FROM outbox WHERE id = " +
                binary(id)));
  }
  std::ifstream file{path, std::ios::binary};
  Mail mail;
  mail.raw.assign(std::istreambuf_iterator<char>{file}, {});
  mail.text = part(mail.raw, "text/plain");
  mail.html = part(mail.raw, "text/html");
  return mail;
}

std::size_t count_mails(const std::string& address, std::string_view template_name) {
  return static_cast<std::size_t>(number_of("SELECT COUNT(*)" + where(address, template_name)));
}

}  // namespace tenantd::test
