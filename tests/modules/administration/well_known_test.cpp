// What stands under /.well-known for everybody.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"

using namespace tenantd::test;

Test(well_known, nobody_is_named_where_the_settings_name_nobody) {
  expect_problem(Client{}.get("/.well-known/security.txt"), 404, "not_found");
}

Test(well_known, holes_are_told_where_the_settings_say, .timeout = 240) {
  const PrivateStack stack{{"SECURITY_CONTACT=mailto:security@example.com https://example.com/holes"}};
  stack.take_the_suites_place();
  const auto reply = Client{}.get("/.well-known/security.txt");
  expect(reply, 200);
  require_equal(reply.header("content-type"), "text/plain; charset=utf-8");
  const auto day = number_of("SELECT UNIX_TIMESTAMP() DIV 86400");
  const auto expires = [](std::int64_t from) {
    return "Expires: " +
           text_of("SELECT DATE_FORMAT(DATE_ADD('1970-01-01', INTERVAL " + std::to_string(from + 180) +
                   " DAY), '%Y-%m-%d')") +
           "T00:00:00Z\n";
  };
  const std::string contacts = "Contact: mailto:security@example.com\nContact: https://example.com/holes\n";
  const auto canonical = "Canonical: " + stack.url() + "/.well-known/security.txt\n";
  // It may be midnight.
  require(reply.body == contacts + expires(day) + canonical ||
              reply.body == contacts + expires(day - 1) + canonical,
          reply.body);
  expect_problem(Client{}.get("/.well-known/security.txt?x=1"), 422, "validation_failed");
  expect_problem(Client{}.post("/.well-known/security.txt", "{}"), 405, "method_not_allowed");
}

Test(well_known, a_password_manager_is_led_to_where_a_password_is_changed) {
  const auto reply = Client{}.get("/.well-known/change-password");
  require_equal(reply.status, 302);
  require_equal(reply.header("location"), "/app/account/security");
}
