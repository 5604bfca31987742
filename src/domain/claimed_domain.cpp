#include "tenantd/domain/claimed_domain.hpp"

#include <libpsl.h>

#include <algorithm>
#include <array>

namespace tenantd {
namespace {

// Whoever runs one of them could prove it, and would then say how strangers sign in. Not all there are: the
// largest, whose names somebody may try.
constexpr std::array<std::string_view, 36> kMailboxHosts{
    "126.com",    "163.com",        "aol.com",     "att.net",     "comcast.net", "fastmail.com",
    "freenet.de", "gmail.com",      "gmx.at",      "gmx.ch",      "gmx.com",     "gmx.de",
    "gmx.net",    "googlemail.com", "hey.com",     "hotmail.com", "hotmail.de",  "icloud.com",
    "libero.it",  "live.com",       "mac.com",     "mail.com",    "mail.ru",     "me.com",
    "msn.com",    "orange.fr",      "outlook.com", "outlook.de",  "proton.me",   "protonmail.com",
    "qq.com",     "t-online.de",    "web.de",      "yahoo.com",   "yandex.ru",   "zoho.com"};
static_assert(std::ranges::is_sorted(kMailboxHosts));

// An IPv4 address in some spelling: no top-level domain is a number (RFC 3696 section 2).
bool is_numeric(std::string_view label) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::ranges::all_of(label, is_digit) || (label.starts_with("0x") && label.size() > 2);
}

}  // namespace

std::string_view fault_of_claim(const std::string& domain) {
  if (is_numeric(std::string_view{domain}.substr(domain.rfind('.') + 1)))
    return "is an address, not a domain";
  if (std::ranges::binary_search(kMailboxHosts, std::string_view{domain}))
    return "hosts other people's mailboxes: its owner must not say how they sign in";
  if (psl_is_public_suffix2(psl_builtin(), domain.c_str(), PSL_TYPE_ANY) != 0)
    return "is one under which anybody can register: claim a domain below it";
  return "";
}

}  // namespace tenantd
