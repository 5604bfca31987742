// Names: what can be seen, in one form.
#include <criterion/criterion.h>

#include <chrono>
#include <string>

#include "support/check.hpp"
#include "tenantd/domain/name.hpp"
#include "tenantd/domain/role_alias.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

Test(name, nothing_is_seen_of_blanks_marks_formats_and_fillers) {
  for (const char* text :
       {"",       " ",          "  ",     "\u00A0", "\u3000",        "\u2003", "\u200B", "\u200D\u2060",
        "\uFEFF", "\u00AD",     "\u202E", "\u0301", " \u0301\u0302", "\u3164", "\u115F", "\u2800",
        "\u180E", "\U000E0001", "\uE000", "\u2028", "\uFE0F"})
    require(!shows_something(text), text);
}

Test(name, one_character_that_is_seen_is_enough) {
  for (const char* text : {"a", ".", " x ", "\u200Bx", "\u00E9", "e\u0301", "\u5B57", "\U0001F600", "\u0661",
                           "\u20AC", "\u02B0"})
    require(shows_something(text), text);
}

Test(name, one_name_has_one_form) {
  require_equal(to_nfc("Jos\u0065\u0301").value(), std::string{"Jos\u00E9"});
  require_equal(to_nfc("Jos\u00E9").value(), std::string{"Jos\u00E9"});
  require_equal(to_nfc("\u1112\u1161\u11AB").value(), std::string{"\uD55C"});
  require_equal(to_nfc("a\u0323\u0302").value(), to_nfc("a\u0302\u0323").value());
  require_equal(to_nfc("m\u00B2").value(), std::string{"m\u00B2"}, "what differs stays different");
  require(!to_nfc("\xFF"), "no UTF-8");
}

Test(name, marks_in_a_row_are_bounded, .timeout = 5) {
  std::string marks = "a";
  for (int i = 0; i < 64; ++i) marks += i % 2 == 0 ? "\u0301" : "\u0323";
  require(to_nfc(marks).has_value(), "64");
  std::string hostile;
  for (int i = 0; i < 200'000; ++i) hostile += i % 2 == 0 ? "\u0301" : "\u0323";
  require(!to_nfc(hostile), "200,000");
  std::string names;
  for (int i = 0; i < 100'000; ++i) names += "e\u0301\u0323";
  require(to_nfc(names).has_value(), "spread over letters");
}

Test(name, names_of_roles_elsewhere_are_aliases) {
  require_equal(role_alias("tenant_admin").value(), std::string{"admin"});
  require_equal(role_alias(" Project_Manager").value(), std::string{"manager"});
  require_equal(role_alias("user").value(), std::string{"member"});
  require_equal(role_alias("STAFF").value(), std::string{"member"});
  for (const char* name : {"", "admin", "owner", "tenant admin", "users"}) require(!role_alias(name), name);
}
