// GRANT statements as sql/grants.sql has them and as servers print them.
#include <criterion/criterion.h>

#include <stdexcept>

#include "support/check.hpp"
#include "tenantd/db/grants.hpp"

using namespace tenantd;
using namespace tenantd::test;
using db::Grant;
using db::parse_grant;

namespace {

std::string all_of(const db::Grants& grants) {
  std::string text;
  for (const auto& grant : grants) text += (text.empty() ? "" : "; ") + grant.text();
  return text;
}

}  // namespace

Test(db_grants, both_spellings_of_a_grant_are_one) {
  const auto ours = parse_grant("GRANT SELECT, UPDATE (name,\n  status) ON tenantd_app.role TO {{app}}");
  require_equal(
      all_of(ours),
      "SELECT ON tenantd_app.role; UPDATE (name) ON tenantd_app.role; UPDATE (status) ON tenantd_app.role");
  require(ours == parse_grant(
                      "GRANT SELECT, UPDATE (`status`, `name`) ON `tenantd_app`.`role` TO `a`@`localhost`"),
          "the server's spelling");
  require_equal(all_of(parse_grant("GRANT EXECUTE ON PROCEDURE `tenantd_app`.`enter_scope` TO `a`@`%`")),
                "EXECUTE ON PROCEDURE tenantd_app.enter_scope");
}

Test(db_grants, wide_rights_roles_and_the_right_to_hand_on_are_seen) {
  require_equal(all_of(parse_grant("GRANT ALL PRIVILEGES ON *.* TO `a`@`localhost` WITH GRANT OPTION")),
                "ALL PRIVILEGES ON *.*; GRANT OPTION ON *.*");
  require_equal(all_of(parse_grant("GRANT SELECT ON `tenantd\\_app`.* TO `a`@`localhost`")),
                "SELECT ON tenantd\\_app.*");
  require_equal(all_of(parse_grant("GRANT `readers` TO `a`@`localhost`")), "the role readers");
  require_equal(all_of(parse_grant("GRANT `readers`@`%` TO `a`@`localhost`")), "the role readers");
  require_equal(all_of(parse_grant("GRANT `readers`@`db1` TO `a`@`localhost`")), "the role readers@db1");
  require_equal(all_of(parse_grant("GRANT CREATE TEMPORARY TABLES ON `x`.* TO `a`@`localhost`")),
                "CREATE TEMPORARY TABLES ON x.*");
}

Test(db_grants, usage_is_no_right) {
  require(parse_grant("GRANT USAGE ON *.* TO `a`@`localhost` IDENTIFIED VIA unix_socket").empty(), "usage");
  require(parse_grant("GRANT USAGE ON *.* TO `a`@`localhost` IDENTIFIED BY PASSWORD '*ABC'").empty(),
          "usage");
}

Test(db_grants, what_cannot_be_read_is_refused_without_repeating_it) {
  for (const char* text : {"", "REVOKE SELECT ON a.b FROM c", "GRANT", "GRANT SELECT",
                           "GRANT SELECT (a ON b TO c", "GRANT SELECT ON `open TO c BY 'secret'"}) {
    try {
      parse_grant(text);
      cr_assert_fail("read: %s", text);
    } catch (const std::runtime_error& e) {
      require(std::string{e.what()}.find("secret") == std::string::npos, e.what());
    }
  }
}

Test(db_grants, a_difference_names_five_and_counts_the_rest) {
  db::Grants many;
  for (const char c : std::string{"abcdefg"}) many.insert({"SELECT", "", std::string{"t."} + c, ""});
  require_equal(db::difference_text(many, {}),
                "SELECT ON t.a, SELECT ON t.b, SELECT ON t.c, SELECT ON t.d, SELECT ON t.e and 2 more");
  require_equal(db::difference_text(many, many), "");
}
