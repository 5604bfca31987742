// The console as those who run the service use it, in a real browser: tests/node/console_operator.mjs. What
// the service has made of it is looked at here.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/node.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

void run_service(const std::string& story, const std::string& email, const std::string& password,
                 const std::string& other = "") {
  browse("console_operator.mjs", {story, email, password, other});
}
void run_service(const std::string& story, const std::string& other = "") {
  run_service(story, setting("SUPER_ADMIN_EMAIL"), setting("SUPER_ADMIN_PASSWORD"), other);
}

}  // namespace

Test(console_operator, every_page_of_operators_can_be_read_by_everybody) { run_service("pages"); }

Test(console_operator, an_organization_lives_from_its_making_to_its_end) { run_service("tenant"); }

Test(console_operator, a_locked_account_is_let_in_again) {
  const auto person = sign_up();
  for (int guess = 0; guess < 10; ++guess) sign_in(person.email, "not this one");
  expect_problem(sign_in(person.email, person.password), 401, "invalid_credentials");
  run_service("people", person.email);
  expect(sign_in(person.email, person.password), 200);
}

Test(console_operator, what_was_given_up_is_sent_once_more) {
  const auto email = fresh_email("given-up");
  database().run("INSERT INTO suppression (email, id, reason, source, created_at, updated_at) VALUES (" +
                 literal(email) + ", RANDOM_BYTES(16), 'bounce', 'smtp', 1, 1)");
  auto root = account_of(sign_in(setting("SUPER_ADMIN_EMAIL"), setting("SUPER_ADMIN_PASSWORD")),
                         setting("SUPER_ADMIN_EMAIL"))
                  .client();
  const auto mail = root.post("/api/v1/admin/mail/test", object({{"email", email}}));
  const auto id = expect(mail, 202).text("/id");
  wait_until("it is given up",
             [&] { return number_of("SELECT status FROM outbox WHERE id = " + binary(id)) == 2; });
  run_service("given_up", email);
  newest_mail(email, "test");
  newest_mail("elsewhere-" + email, "test");
}

Test(console_operator, who_is_no_operator_sees_no_page_of_operators) {
  const auto person = sign_up();
  run_service("outsider", person.email, person.password);
}
