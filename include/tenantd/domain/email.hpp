// An e-mail address in its one canonical spelling, so that no second account arises by case, width or
// encoding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenantd {

struct TypedEmail;

class Email {
 public:
  // What somebody typed, at whichever door: the one rule for all of them.
  static TypedEmail read(std::string_view typed);

  // Returns the canonical address: local part NFKC and case-folded (Unicode 15, NFKC_Casefold), domain as
  // lower-case A-labels (IDNA 2008, RFC 5891). nullopt unless `typed` is one plain addr-spec of at most 254
  // bytes: no display name, quotes, comments, control characters or address literals, and no blanks but at
  // its ends, which mean nothing.
  static std::optional<Email> parse(std::string_view typed);

  const std::string& str() const { return text_; }
  // What stands behind the '@'.
  std::string domain() const { return text_.substr(text_.rfind('@') + 1); }
  friend bool operator==(const Email&, const Email&) = default;

 private:
  explicit Email(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct TypedEmail {
  std::optional<Email> email;  // also set where mail cannot be sent to it
  std::string problem;         // "must be …"; empty = mail can be sent to it
};

// Returns the domain as lower-case A-labels (IDNA 2008), as Email has it, or nullopt if it cannot be that of
// an address.
std::optional<std::string> parse_domain(std::string_view typed);

}  // namespace tenantd
