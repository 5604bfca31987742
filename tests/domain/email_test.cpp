#include <criterion/criterion.h>

#include <string>
#include <vector>

#include "support/check.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/email.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

std::string canonical(std::string_view typed) {
  const auto email = Email::parse(typed);
  return email ? email->str() : "(refused)";
}

// Expects each to be refused, and names those that are not.
void expect_refused(const std::vector<std::string>& addresses) {
  for (const auto& typed : addresses)
    cr_expect(!Email::parse(typed), "accepted as %s: %s", canonical(typed).c_str(), to_hex(typed).c_str());
}

std::string utf8_of(char32_t c) {
  std::string out;
  const auto put = [&](unsigned bits) { out += static_cast<char>(bits); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0U | (c >> 6));
    put(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    put(0xE0U | (c >> 12));
    put(0x80U | ((c >> 6) & 0x3FU));
    put(0x80U | (c & 0x3FU));
  } else {
    put(0xF0U | (c >> 18));
    put(0x80U | ((c >> 12) & 0x3FU));
    put(0x80U | ((c >> 6) & 0x3FU));
    put(0x80U | (c & 0x3FU));
  }
  return out;
}

std::vector<std::string> inside_local_part(const std::vector<char32_t>& characters) {
  std::vector<std::string> addresses;
  for (const char32_t c : characters) addresses.push_back("a" + utf8_of(c) + "b@example.com");
  return addresses;
}

// "aaa….aaa….com" of exactly `size` bytes, labels of at most 60.
std::string domain_of(std::size_t size) {
  std::string domain = "com";
  while (domain.size() < size) {
    const auto label = std::min<std::size_t>(60, size - domain.size() - 1);
    domain = std::string(label, 'a') + '.' + domain;
  }
  return domain;
}

}  // namespace

Test(email, each_spelling_of_an_address_has_one_canonical_form) {
  struct Case {
    const char* typed;
    const char* expected;
  };
  for (const auto& [typed, expected] : {
           Case{"ada@example.com", "ada@example.com"},
           {"Ada@Example.COM", "ada@example.com"},
           {"ADA.Lovelace+Tag@EXAMPLE.com", "ada.lovelace+tag@example.com"},
           {"a@b.cd", "a@b.cd"},
           {"ada@mail.eu.example.com", "ada@mail.eu.example.com"},
           {"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"},
           // full width, ligature, circled digit, Angstrom sign: compatibility forms
           {"\uFF21\uFF44\uFF41@example.com", "ada@example.com"},
           {"ada@\uFF25xample.com", "ada@example.com"},
           {"ada@example\u3002com", "ada@example.com"},
           {"\uFB01nn@example.com", "finn@example.com"},
           {"o\uFB03ce@example.com", "office@example.com"},
           {"a\u2460@example.com", "a1@example.com"},
           {"\u212B@example.com", "\u00E5@example.com"},
           // decomposed and composed
           {"e\u0301va@example.com", "\u00E9va@example.com"},
           {"\u00C9VA@example.com", "\u00E9va@example.com"},
           // full case folding
           {"stra\u00DFe@example.com", "strasse@example.com"},
           {"STRA\u1E9EE@example.com", "strasse@example.com"},
           {"\u03A3\u03C2@example.com", "\u03C3\u03C3@example.com"},
           // IDN: A-labels, non-transitional
           {"ada@m\u00FCnchen.de", "ada@xn--mnchen-3ya.de"},
           {"ada@M\u00DCNCHEN.DE", "ada@xn--mnchen-3ya.de"},
           {"ada@mu\u0308nchen.de", "ada@xn--mnchen-3ya.de"},
           {"ada@XN--MNCHEN-3YA.de", "ada@xn--mnchen-3ya.de"},
           {"ada@fa\u00DF.de", "ada@xn--fa-hia.de"},
           {"ada@\u65E5\u672C\u8A9E.jp", "ada@xn--wgv71a119e.jp"},
       })
    cr_expect(canonical(typed) == expected, "%s became %s", typed, canonical(typed).c_str());
}

Test(email, what_is_no_plain_address_is_refused) {
  expect_refused({
      "",
      "@",
      "ada",
      "ada@",
      "@example.com",
      "ada.example.com",
      "ada@example.com@example.org",
      "a@b@example.com",
      // display name, brackets, quotes, comments, lists
      "Ada <ada@example.com>",
      "<ada@example.com>",
      "\"ada\"@example.com",
      "\"a b\"@example.com",
      "a\"b@example.com",
      "ada(comment)@example.com",
      "ada@(comment)example.com",
      "ada@example.com (Ada)",
      "ada@example.com,b@example.com",
      "ada@example.com;b@example.com",
      "ada:x@example.com",
      "a\\b@example.com",
      "mailto:ada@example.com",
      "@a,@b:ada@example.com",
      // dots
      ".ada@example.com",
      "ada.@example.com",
      "a..b@example.com",
      "ada@.example.com",
      "ada@example..com",
      "ada@example.com.",
      "ada@.",
      "ada@com",
      // domains that are none
      "ada@[127.0.0.1]",
      "ada@[IPv6:::1]",
      "ada@-example.com",
      "ada@example-.com",
      "ada@exa_mple.com",
      "ada@exa mple.com",
      "ada@example.com:25",
      "ada@example.com/x",
      "ada@exam%70le.com",
      "ada@xn--zzzzzzzzz.com",
      "ada@\u2026.com",
  });
}

Test(email, blanks_line_ends_and_control_characters_are_refused_everywhere) {
  std::vector<std::string> addresses;
  for (const char c : {' ', '\t', '\r', '\n', '\v', '\f', '\0', '\x01', '\x1B', '\x7F'}) {
    for (const std::size_t at : {0U, 1U, 4U, 11U, 15U}) {
      std::string typed = "ada@example.com";
      // At its ends a blank means nothing.
      if (c == ' ' && (at == 0 || at == typed.size())) continue;
      addresses.push_back(typed.insert(at, 1, c));
    }
  }
  addresses.push_back("ada@example.com\r\nBcc: eve@example.com");
  addresses.push_back("ada\r\n @example.com");
  addresses.push_back(std::string{"ada@example.com\0", 16});
  addresses.push_back(std::string{"ada@example.com\0.evil.com", 25});
  expect_refused(addresses);
}

Test(email, blanks_beyond_ascii_are_refused) {
  expect_refused(
      inside_local_part({0x00A0, 0x1680, 0x2000, 0x2003, 0x2009, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}));
  expect_refused(
      {"ada@exam\u00A0ple.com", "ada@exam\u3000ple.com", "\u2028ada@example.com", "ada@example.com\u2028"});
}

Test(email, blanks_at_its_ends_mean_nothing) {
  for (const char* typed :
       {" ada@example.com", "ada@example.com  ", "\u00A0ada@example.com", "\u3000ada@example.com \u00A0"})
    require_equal(canonical(typed), std::string{"ada@example.com"}, typed);
  expect_refused({" ", "   ", "\u00A0", " @ "});
}

Test(email, mail_cannot_be_sent_to_letters_beyond_ascii_before_the_at) {
  for (const char* typed : {"j\u00F6rg@example.com", "\u0430da@example.com", "\u5B57@example.com"}) {
    const auto [email, problem] = Email::read(typed);
    require(email.has_value() && problem.find("ASCII letters") != std::string::npos, problem);
  }
  // Width and the domain's spelling are folded away.
  for (const char* typed : {"\uFF41da@example.com", "ada@b\u00FCcher.example", " Ada@example.com"})
    require_equal(Email::read(typed).problem, std::string{}, typed);
  require_equal(Email::read("x").problem, std::string{"must be a plain e-mail address"});
}

Test(email, c1_controls_are_refused) { expect_refused(inside_local_part({0x80, 0x85, 0x8D, 0x9B, 0x9F})); }

// Else two addresses that look the same would be two accounts.
Test(email, characters_that_nobody_sees_make_no_second_account) {
  for (const char32_t c :
       {0x00AD, 0x034F, 0x061C, 0x115F, 0x17B4, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F,  0x202A,
        0x202D, 0x202E, 0x2060, 0x2064, 0x2066, 0x2069, 0x3164, 0xFE0F, 0xFEFF, 0xFFA0, 0xE0001, 0xE0041}) {
    const auto typed = "a" + utf8_of(c) + "b@example.com";
    const auto got = canonical(typed);
    cr_expect(got == "(refused)" || got == "ab@example.com", "U+%04X: %s", static_cast<unsigned>(c),
              to_hex(got).c_str());
    const auto domain = canonical("ab@exam" + utf8_of(c) + "ple.com");
    cr_expect(domain == "(refused)" || domain == "ab@example.com", "U+%04X: %s", static_cast<unsigned>(c),
              domain.c_str());
  }
}

Test(email, characters_without_a_meaning_of_their_own_are_refused) {
  expect_refused(inside_local_part({0xFFF9, 0xFFFE, 0xFFFF, 0xFDD0, 0xE000, 0x10FFFF, 0x0378}));
}

Test(email, invalid_utf8_is_refused) {
  for (const std::string bytes : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"}) {
    expect_refused({"a" + bytes + "b@example.com", "a@exa" + bytes + "mple.com", "a@example.com" + bytes});
  }
}

// Compatibility forms of "@", "." and "," must not bring structure in after the address was taken apart.
Test(email, folding_brings_no_structure_into_an_address) {
  expect_refused({"ada\uFF20example.com", "a\uFF20b@example.com", "a\uFE6Bb@example.com",
                  "a\uFF0Cb@example.com", "a\u2024\u2024b@example.com", "\uFF0Eada@example.com",
                  "a\u2025@example.com", "a\uFF1Cb\uFF1E@example.com", "a\u2100b\uFF02@example.com",
                  "ada@exa\uFF0Fmple.com", "ada@[\uFF11.2.3.4]"});
}

Test(email, lengths_are_bounded_in_bytes) {
  require(Email::parse(std::string(64, 'a') + "@example.com").has_value(), "64 before the @");
  require(!Email::parse(std::string(65, 'a') + "@example.com"), "65 before the @");
  require(!Email::parse("\u00E4" + std::string(63, 'a') + "@example.com"), "65 bytes in 64 characters");
  require(Email::parse("a@" + std::string(63, 'b') + ".com").has_value(), "a label of 63");
  require(!Email::parse("a@" + std::string(64, 'b') + ".com"), "a label of 64");
  require_equal(domain_of(252).size(), 252U);
  require(Email::parse("a@" + domain_of(252)).has_value(), "254 in all");
  require(!Email::parse("a@" + domain_of(253)), "255 in all");
  require(!Email::parse(std::string(1'000'000, 'a') + "@example.com"), "a megabyte");
}

// One ligature becomes 18 characters, one short label a longer A-label.
Test(email, the_bounds_hold_for_what_is_stored) {
  require(!Email::parse("\uFDFA\uFDFA\uFDFA@example.com"), "99 bytes once folded");
  std::string domain = "com";
  for (int i = 0; i < 30; ++i) domain = "\u00E4." + domain;
  const auto email = Email::parse(std::string(64, 'a') + '@' + domain);
  require(!email || email->str().size() <= 254, "more than 254 bytes are stored");
}

Test(email, homographs_stay_accounts_of_their_own) {
  require(Email::parse("ada@example.com") != Email::parse("\u0430da@example.com"), "Cyrillic a");
  require(Email::parse("paypal@example.com") != Email::parse("paypa\u0049@example.com"),
          "capital I is i, not l");
  require(Email::parse("ada@example.com") != Email::parse("ada@ex\u0430mple.com"),
          "Cyrillic a in the domain");
  require(Email::parse("\u0131da@example.com") != Email::parse("ida@example.com"), "dotless i");
  require(Email::parse("fass@example.com") != Email::parse("f\u00E4ss@example.com"), "umlaut");
  require(Email::parse("ada@fass.de") != Email::parse("ada@fa\u00DF.de"), "sharp s in a domain");
}

// Over all of Unicode: what is stored is found again when it is typed, in whatever case.
Test(email, the_canonical_form_of_a_canonical_form_is_itself) {
  int accepted = 0;
  for (char32_t c = 0x21; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const auto email = Email::parse("a" + utf8_of(c) + "b@example.com");
    if (!email) continue;
    ++accepted;
    cr_expect(canonical(email->str()) == email->str(), "U+%04X", static_cast<unsigned>(c));
  }
  require(accepted > 100'000, std::to_string(accepted) + " characters are accepted");
}
