// Mail as its recipient finds it: the .eml files of the file transport, decoded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenantd::test {

struct Mail {
  std::string raw;
  std::string text;  // decoded text/plain part
  std::string html;  // decoded text/html part

  // The value of a header as it stands in the file, unfolded; "" if there is none.
  std::string header(std::string_view name) const;
  // The link in the text part, up to the blank or line end after it.
  std::string link() const;
  // What follows "#token=" in it.
  std::string token() const;
};

// Waits for the newest mail of this template that was ever ordered for the address; throws if none was, or if
// it does not arrive.
Mail newest_mail(const std::string& address, std::string_view template_name);
// How many were ordered so far, sent or not.
std::size_t count_mails(const std::string& address, std::string_view template_name);

}  // namespace tenantd::test
