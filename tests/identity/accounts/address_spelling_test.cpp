// One address in many spellings is one account: letters of another case or width, and a domain in its two
// forms (RFC 5891).
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"

using namespace tenantd::test;

namespace {

// Other spellings of NAME@bücher.example, where NAME begins with "ada".
std::vector<std::string> spellings(const std::string& name) {
  std::string upper = name;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const std::string wide = "\xEF\xBD\x81\xEF\xBD\x84\xEF\xBD\x81" + name.substr(3);  // ａｄａ
  return {upper +
              "@b\xC3\xBC"
              "cher.example",
          name +
              "@B\xC3\x9C"
              "CHER.EXAMPLE",
          name + "@xn--bcher-kva.example",
          name + "@XN--BCHER-KVA.example",
          name +
              "@bu\xCC\x88"
              "cher.example",  // the letter and its dots, composed by NFKC
          name +
              "@b\xC3\xBC"
              "cher\xE3\x80\x82"
              "example",
          wide +
              "@b\xC3\xBC"
              "cher.example",
          wide +
              "@\xEF\xBD\x82\xC3\xBC"
              "cher.example"};
}

std::int64_t accounts_like(const std::string& name) {
  return number_of("SELECT COUNT(*) FROM user WHERE email LIKE " + literal("%" + name.substr(3) + "%"));
}

}  // namespace

Test(address_spelling, a_taken_address_is_taken_in_every_spelling) {
  const auto name = fresh_name("ada");
  const auto first = Client{}.post("/signup", sign_up_body(name + "@b\xC3\xBC"
                                                                  "cher.example",
                                                           "Acme"));
  expect(first, 201);
  const auto user = first.text("/user/id");
  Unchanged database;
  for (const auto& spelling : spellings(name)) {
    expect_problem(Client{}.post("/signup", sign_up_body(spelling, "Acme")), 409, "email_taken");
    const auto personal = object({{"email", spelling}, {"password", kPassword}});
    expect_problem(Client{}.post("/users/register", personal), 409, "email_taken");
    database.check("signing up as " + spelling);
  }
  require_equal(accounts_like(name), 1);
}

Test(address_spelling, every_spelling_signs_in_to_the_one_account_and_locks_it) {
  const auto name = fresh_name("ada");
  const auto first = Client{}.post("/signup", sign_up_body(name + "@b\xC3\xBC"
                                                                  "cher.example",
                                                           "Acme"));
  expect(first, 201);
  const auto all = spellings(name);
  for (const auto& spelling : all) {
    const auto reply = sign_in(spelling, kPassword);
    expect(reply, 200);
    require_equal(reply.text("/user/id"), first.text("/user/id"), spelling);
  }
  // A guesser gains no guesses by spelling.
  for (std::size_t i = 0; i < 5; ++i) sign_in(all[i], "wrong horse battery 13");
  for (const auto& spelling : all) expect_problem(sign_in(spelling, kPassword), 401, "invalid_credentials");
}

Test(address_spelling, a_reset_in_any_spelling_is_mailed_to_the_address_that_was_verified) {
  const auto name = fresh_name("ada");
  const auto first = Client{}.post("/signup", sign_up_body(name + "@b\xC3\xBC"
                                                                  "cher.example",
                                                           "Acme"));
  expect(first, 201);
  const auto stored = text_of("SELECT email FROM user WHERE id = " + binary(first.text("/user/id")));
  std::size_t asked = 0;
  for (const auto& spelling : spellings(name)) {
    expect(Client{}.post("/reset_password", object({{"email", spelling}})), 202);
    require_equal(count_mails(stored, "password_reset"), ++asked, spelling);
  }
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE template = 'password_reset' AND recipient <> " +
                          literal(stored) + " AND recipient LIKE " + literal("%" + name.substr(3) + "%")),
                0);
}

Test(address_spelling, an_invitation_in_any_spelling_is_for_the_one_account) {
  const auto owner = sign_up();
  const auto name = fresh_name("ada");
  const auto address = name +
                       "@b\xC3\xBC"
                       "cher.example";
  expect(invite(owner, address), 201);
  for (const auto& spelling : spellings(name)) expect_problem(invite(owner, spelling), 409, "invite_pending");
  const auto stored = text_of("SELECT email FROM invite WHERE org_id = " + binary(owner.org_id));
  const auto joined =
      Client{}.post("/accept_invite", object({{"token", invite_token(stored)}, {"password", kPassword}}));
  expect(joined, 200);
  for (const auto& spelling : spellings(name)) expect_problem(invite(owner, spelling), 409, "already_member");
  const auto other = sign_up();
  expect(invite(other, spellings(name).front()), 201);
  require_equal(text_of("SELECT HEX(user_id) FROM invite WHERE org_id = " + binary(other.org_id)),
                text_of("SELECT HEX(id) FROM user WHERE email = " + literal(stored)),
                "whom the invitation names");
  require_equal(accounts_like(name), 1);
}
