// Names that an organization's mails may come from.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "tenantd/domain/tenant.hpp"

using tenantd::is_sender_name;
using tenantd::test::require;

Test(sender_name, is_something_to_read_on_one_line) {
  for (const char* name : {"Acme", "Acme, Inc. \"Berlin\"", "Müller & Söhne", "東京支社", "a"})
    require(is_sender_name(name), name);
  require(is_sender_name(std::string(100, 'x')), "100 characters");
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "ü";
  require(is_sender_name(wide), "100 characters of two bytes");
}

Test(sender_name, looks_like_no_address_and_breaks_no_line) {
  for (const char* name :
       {"", " ", " Acme", "Acme ", "ceo@acme.example", "Acme <x>", "Acme\r\nBcc: x", "a\tb", "a\x7F",
        "a\u0085b", "a\u009Fb", "a\u2028b", "\u202Eemca", "a\u200Bb", "\uFEFFa", "\xFF"})
    require(!is_sender_name(name), name);
  require(!is_sender_name(std::string{"a\0b", 3}), "a NUL");
  require(!is_sender_name(std::string(101, 'x')), "101 characters");
}
