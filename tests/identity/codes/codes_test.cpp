// Signing in by a mailed code: in the browser that asked, by the newest code, five tries, once; and what it
// proves of an address.
#include <criterion/criterion.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <regex>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/second_host.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kCodes = "/api/v1/auth/codes";
constexpr const char* kVerifyCode = "/api/v1/auth/codes/verify";

// An instance with this way to sign in; the suite's has it off, as it is at first.
class WithCodes {
 public:
  explicit WithCodes(std::vector<std::string> more = {}) : stack_{settings(std::move(more))} {
    stack_.take_the_suites_place();
  }
  const PrivateStack& stack() const { return stack_; }

 private:
  static std::vector<std::string> settings(std::vector<std::string> more) {
    more.push_back("SIGN_IN_CODE=true");
    more.push_back("CLOCK_OFFSET_FILE=" + setting("CLOCK_OFFSET_FILE"));
    return more;
  }
  PrivateStack stack_;
};

std::string digits_in_mail(const std::string& email) {
  const auto text = newest_mail(email, "sign_in_code").text;
  std::smatch found;
  require(std::regex_search(text, found, std::regex{"([0-9]{4}) ([0-9]{4})"}), "no code in " + text);
  return found[1].str() + found[2].str();
}

std::string other_than(std::string digits) {
  digits[0] = digits[0] == '9' ? '0' : static_cast<char>(digits[0] + 1);
  return digits;
}

// What it was given as a cookie goes back, the newest.
struct CodeBrowser {
  Client client;
  std::string cookie, address;
  Response send(const char* path, const std::string& body) {
    std::vector<Header> headers;
    if (!cookie.empty()) headers.emplace_back("Cookie", cookie);
    if (!address.empty()) headers.emplace_back("X-Forwarded-For", address);
    return client.send({"POST", path, body, "application/json", headers});
  }
  Response ask(const std::string& email) {
    auto reply = send(kCodes, object({{"email", email}}));
    const auto given = reply.header("set-cookie");
    require(reply.status != 202 || given.find("HttpOnly; SameSite=Strict") != std::string::npos, given);
    if (!given.empty()) cookie = given.substr(0, given.find(';'));
    return reply;
  }
  Response type(const std::string& digits) { return send(kVerifyCode, object({{"code", digits}})); }
};

std::string ask_for_code(CodeBrowser& browser, const std::string& email) {
  expect(browser.ask(email), 202);
  return digits_in_mail(email);
}

// A person who signed in by a code.
Account by_code(const std::string& email) {
  CodeBrowser browser;
  const auto digits = ask_for_code(browser, email);
  auto reply = browser.type(digits);
  return account_of(expect(reply, 200), email);
}

std::int64_t live_sessions_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM session WHERE user_id = " + binary(account.user_id));
}
std::int64_t codes_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM mailed_code WHERE user_id = " + binary(account.user_id));
}
std::string methods_in(const Account& account) {
  return text_of("SELECT COALESCE(GROUP_CONCAT(methods), '') FROM session WHERE user_id = " +
                 binary(account.user_id));
}

}  // namespace

Test(codes, eight_digits_sign_in_once_in_the_browser_that_asked_and_in_no_other) {
  const WithCodes with;
  const auto ada = sign_up_verified();
  const auto before = live_sessions_of(ada);
  CodeBrowser browser, other;
  const auto digits = ask_for_code(browser, ada.email);
  require_equal(
      text_of("SELECT HEX(code) FROM mailed_code WHERE user_id = " + binary(ada.user_id)).find(digits),
      std::string::npos, "no digits in the database");
  expect_problem(other.type(digits), 401, "invalid_credentials");
  expect(other.ask(fresh_email()), 202);
  expect_problem(other.type(digits), 401, "invalid_credentials");
  expect_problem(Client{}
                     .header("Cookie", "tenantd-code=; tenantd-passkey=x")
                     .post(kVerifyCode, object({{"code", digits}})),
                 401, "invalid_credentials");
  require_equal(live_sessions_of(ada), before);
  const auto reply = browser.type(digits.substr(0, 4) + ' ' + digits.substr(4));
  require_equal(expect(reply, 200).text("/user/id"), ada.user_id);
  const auto again = account_of(reply, ada.email);
  require_equal(expect(again.client().get("/api/v1/auth/history"), 200).text("/items/0/method"), "code");
  const auto status = again.client().get("/api/v1/auth/step-up");
  require_equal(expect(status, 200).text("/acr"), "aal1");
  require_equal(status.text("/amr/0"), "otp");
  expect_problem(browser.type(digits), 401, "invalid_credentials");
  require_equal(live_sessions_of(ada), before + 1);
}

Test(codes, a_newer_code_ends_the_older_one_and_ten_minutes_end_both) {
  const WithCodes with;
  const MovedClock clock;
  const auto ada = sign_up_verified();
  CodeBrowser first, second;
  const auto older = ask_for_code(first, ada.email);
  const auto newer = ask_for_code(second, ada.email);
  require_equal(codes_of(ada), 1);
  expect_problem(first.type(older), 401, "invalid_credentials");
  expect_problem(second.type(older == newer ? other_than(newer) : older), 401, "invalid_credentials");
  clock.set(540);
  expect(second.type(newer), 200);
  const auto late = ask_for_code(second, ada.email);
  clock.set(540 + 600);
  expect_problem(second.type(late), 401, "invalid_credentials");
}

Test(codes, five_tries_are_looked_at_from_all_browsers_and_addresses_together) {
  const WithCodes with{{"LOCK_FAILURES=50"}};
  with.stack().trust_local_proxy();
  const auto ada = sign_up_verified();
  CodeBrowser browser;
  const auto digits = ask_for_code(browser, ada.email);
  const auto cookie = text_of("SELECT HEX(browser) FROM mailed_code WHERE user_id = " + binary(ada.user_id));
  for (int i = 0; i < 20; ++i)
    expect_problem(CodeBrowser{}.type(other_than(digits)), 401, "invalid_credentials");
  require_equal(number_of("SELECT tries FROM mailed_code"), 0, "others' guesses are not looked at");
  for (int i = 0; i < 5; ++i) {
    browser.address = "198.51.100." + std::to_string(i + 1);
    expect_problem(browser.type(other_than(digits)), 401, "invalid_credentials");
  }
  expect_problem(browser.type(digits), 401, "invalid_credentials");
  require_equal(number_of("SELECT COUNT(*) FROM mailed_code WHERE tries = 5 AND browser = UNHEX(" +
                          literal(cookie) + ")"),
                1);
  require_equal(number_of("SELECT failed_signins FROM user WHERE id = " + binary(ada.user_id)), 5,
                "each counts as a wrong password does");
  // Five more need another mail.
  expect(browser.type(ask_for_code(browser, ada.email)), 200);
  require_equal(number_of("SELECT failed_signins FROM user WHERE id = " + binary(ada.user_id)), 0);
}

Test(codes, of_twenty_who_type_it_at_once_one_signs_in) {
  const WithCodes with;
  const auto ada = sign_up_verified();
  CodeBrowser browser;
  const auto reply =
      expect(browser.client.post(kCodes, object({{"email", ada.email}})), 202).header("set-cookie");
  const auto cookie = reply.substr(0, reply.find(';'));
  const auto digits = digits_in_mail(ada.email);
  const auto before = live_sessions_of(ada);
  const auto statuses = at_once(20, [&](std::size_t) {
    return Client{}.header("Cookie", cookie).post(kVerifyCode, object({{"code", digits}})).status;
  });
  require_equal(std::count(statuses.begin(), statuses.end(), 200), 1);
  require_equal(std::count(statuses.begin(), statuses.end(), 401), 19);
  require_equal(live_sessions_of(ada), before + 1);
}

Test(codes, a_locked_or_deactivated_account_gets_no_code_and_one_that_was_sent_is_worth_nothing) {
  const WithCodes with;
  const auto set = [](const Account& account, const std::string& what) {
    database().run("UPDATE user SET " + what + " WHERE id = " + binary(account.user_id));
  };
  for (const std::string what : {"status = 1", "locked_until = UNIX_TIMESTAMP() + 600"}) {
    const auto ada = sign_up_verified();
    // Nobody has signed in from here before, or the lock would not hold here.
    const auto stranger = [&] {
      database().run("DELETE FROM known_network WHERE user_id = " + binary(ada.user_id));
    };
    CodeBrowser browser;
    const auto digits = ask_for_code(browser, ada.email);
    const auto before = live_sessions_of(ada);
    stranger();
    set(ada, what);
    expect_problem(browser.type(digits), 401, "invalid_credentials");
    const auto mails = count_mails(ada.email, "sign_in_code");
    require_equal(expect(browser.ask(ada.email), 202).body,
                  expect(CodeBrowser{}.ask(fresh_email()), 202).body, what);
    require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE status <> 2 AND template = 'sign_in_code' AND "
                            "recipient = " +
                            literal(ada.email)),
                  static_cast<std::int64_t>(mails), what);
    require_equal(live_sessions_of(ada), before, what);
  }
}

Test(codes, the_second_factor_is_asked_for_after_it) {
  const WithCodes with;
  const auto ada = sign_up_verified();
  const auto factor = enable_factor(ada);
  forget_steps(ada);
  CodeBrowser browser;
  const auto before = live_sessions_of(ada);
  const auto first = browser.type(ask_for_code(browser, ada.email));
  expect_problem(first, 401, "mfa_required");
  require_equal(live_sessions_of(ada), before);
  require_equal(codes_of(ada), 0, "it is used up");
  const auto reply = Client{}.post(
      "/api/v1/auth/mfa/verify", object({{"mfa_token", first.text("/mfa_token")}, {"code", factor.code()}}));
  const auto signed_in = account_of(expect(reply, 200), ada.email);
  const auto status = signed_in.client().get("/api/v1/auth/step-up");
  require_equal(expect(status, 200).text("/acr"), "aal2");
  require_equal(status.body.find("mail\""), std::string::npos, "no word of our own in amr");
  require(methods_in(ada).find("otp mail mfa") != std::string::npos, methods_in(ada));
}

Test(codes, an_address_that_a_stranger_signed_up_with_is_taken_over_and_the_strangers_password_ends) {
  const WithCodes with;
  const auto squatter = sign_up();
  const auto owner = by_code(squatter.email);
  require_equal(owner.user_id, squatter.user_id);
  expect_problem(squatter.client().get("/users/me"), 401, "invalid_token");
  expect_problem(sign_in(squatter.email, squatter.password), 401, "invalid_credentials");
  require_equal(
      number_of("SELECT COUNT(*) FROM user WHERE password IS NULL AND email_verified_at > 0 AND id = " +
                binary(squatter.user_id)),
      1);
  require(newest_mail(owner.email, "security_changed").text.find("mailed code") != std::string::npos,
          "the owner is told");
  require_equal(
      number_of("SELECT COUNT(*) FROM account_event WHERE type = 'account.taken_over' AND user_id = " +
                binary(owner.user_id)),
      1);
}

Test(codes, in_the_session_of_who_made_the_account_it_verifies_the_address_and_leaves_the_password) {
  const WithCodes with;
  const auto ada = sign_up();
  CodeBrowser browser;
  const auto digits = ask_for_code(browser, ada.email);
  browser.client.bearer(ada.access_token);
  expect(browser.type(digits), 200);
  expect(ada.client().get("/users/me"), 200);
  expect(sign_in(ada.email, ada.password), 200);
  require_equal(number_of("SELECT email_verified_at > 0 FROM user WHERE id = " + binary(ada.user_id)), 1);
}

Test(codes, one_that_went_to_the_old_address_does_not_outlive_the_move_to_another) {
  const WithCodes with;
  const auto ada = sign_up_verified();
  CodeBrowser browser;
  const auto digits = ask_for_code(browser, ada.email);
  const auto moved = fresh_email();
  expect(ada.client().post("/api/v1/auth/change-email",
                           object({{"new_email", moved}, {"password", ada.password}})),
         202);
  expect(ada.client().post("/api/v1/auth/verify-email",
                           object({{"token", newest_mail(moved, "email_change").token()}})),
         204);
  expect_problem(browser.type(digits), 401, "invalid_credentials");
}

Test(codes, a_service_without_the_way_has_no_such_paths_and_says_so) {
  const auto ada = sign_up_verified();
  expect_problem(CodeBrowser{}.ask(ada.email), 404, "not_found");
  expect_problem(CodeBrowser{}.type("12345678"), 404, "not_found");
  require_equal(expect(Client{}.get("/api/v1/config"), 200).at("/mail_code").GetBool(), false);
  require_equal(codes_of(ada), 0);
  // Who has a password shows it, or a passkey; the mailbox is not enough.
  require_equal(expect(ada.client().get("/api/v1/auth/step-up"), 200).at("/ways/mail_code").GetBool(), false);
  expect(ada.client().post("/api/v1/auth/step-up/codes"), 202);
  expect_problem(
      ada.client().post("/api/v1/auth/step-up", object({{"mail_code", digits_in_mail(ada.email)}})), 403,
      "reauthentication_required");
}

Test(codes, an_organization_can_refuse_sessions_that_rest_on_one) {
  const WithCodes with;
  const auto owner = sign_up_verified();
  const auto path = "/api/v1/organizations/" + owner.org_id;
  const auto refuse = object({{"mail_code", Field::raw("false")}});
  const auto coded = by_code(owner.email);
  expect(coded.client().get("/api/v1/users"), 200);
  expect_problem(coded.client().put(path, refuse), 403, "sign_in_way_refused");
  expect(owner.client().put(path, refuse), 200);
  require_equal(expect(owner.client().get(path), 200).at("/mail_code").GetBool(), false);
  expect_problem(coded.client().get("/api/v1/users"), 403, "sign_in_way_refused");
  expect(owner.client().get("/api/v1/users"), 200);
  // What concerns the account alone goes on, and so does the way to show more.
  expect(coded.client().get("/users/me"), 200);
  expect(coded.client().post("/api/v1/auth/step-up", object({{"password", owner.password}})), 200);
  expect(coded.client().get("/api/v1/users"), 200);
}

Test(codes, mails_have_a_budget_that_nobody_learns_anything_from) {
  const WithCodes with{{"LIMIT_MAIL=4"}};
  with.stack().trust_local_proxy();
  const auto ada = sign_up_verified();
  const auto from = [](const std::string& address) {
    CodeBrowser browser;
    browser.address = address;
    return browser;
  };
  const auto sent = [&] {
    return number_of(
        "SELECT COUNT(*) FROM outbox WHERE status <> 2 AND template = 'sign_in_code' AND recipient = " +
        literal(ada.email));
  };
  for (int i = 0; i < 6; ++i) expect(from("198.51.100.1").ask(ada.email), 202);
  require_equal(sent(), 2);
  for (int i = 0; i < 20; ++i) expect(from("203.0.113." + std::to_string(i + 1)).ask(ada.email), 202);
  require_equal(sent(), 4);
  // The owner, from where she has signed in, still gets one, and what strangers ask for leaves it as it is.
  CodeBrowser own;
  const auto digits = ask_for_code(own, ada.email);
  for (int i = 0; i < 5; ++i) expect(from("198.51.100.7").ask(ada.email), 202);
  expect(own.type(digits), 200);
}

Test(codes, asking_for_one_and_guessing_it_tell_nothing_by_their_work) {
  const WithCodes with{{"WORKERS=1", "WORKER_THREADS=1", "HASH_WORKERS=1"}};
  const auto known = sign_up(), locked = sign_up(), inactive = sign_up();
  database().run("UPDATE user SET locked_until = UNIX_TIMESTAMP() + 600 WHERE id = " +
                 binary(locked.user_id));
  database().run("DELETE FROM known_network WHERE user_id = " + binary(locked.user_id));
  database().run("UPDATE user SET status = 1 WHERE id = " + binary(inactive.user_id));
  const std::array<pid_t, 2> beside{part_pid(with.stack().dir(), "courier"),
                                    poller_of(part_pid(with.stack().dir(), "tenantd"))};
  for (const auto pid : beside) require(pid > 0 && ::kill(pid, SIGSTOP) == 0, "a process takes no signal");
  const auto counts = [] {
    std::string text;
    auto rows = database().run_query(
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_begin', 'Com_commit', 'Com_delete', 'Com_insert', "
        "'Com_insert_select', 'Com_rollback', 'Com_stmt_execute', 'Com_update')");
    std::vector<std::int64_t> found;
    while (rows.next()) found.push_back(std::stoll(rows.text(1)));
    return found;
  };
  const auto work_of = [&](const auto& act) {
    const auto before = counts();
    act();
    std::string text;
    const auto after = counts();
    for (std::size_t i = 0; i < after.size(); ++i) text += std::to_string(after[i] - before[i]) + ' ';
    return text;
  };
  const std::vector<std::string> emails{known.email, fresh_email(), locked.email, inactive.email};
  std::vector<CodeBrowser> browsers(emails.size());
  for (int warm = 0; warm < 3; ++warm) browsers[0].ask(known.email);
  for (int warm = 0; warm < 3; ++warm) browsers[1].type("00000000");
  std::string first;
  for (std::size_t i = 0; i < emails.size(); ++i) {
    const auto work = work_of([&] { browsers[i].ask(emails[i]); });
    if (first.empty()) first = work;
    require_equal(work, first, emails[i]);
  }
  first.clear();
  for (std::size_t i = 0; i < emails.size(); ++i) {
    const auto work = work_of([&] { browsers[i].type("00000000"); });
    if (first.empty()) first = work;
    require_equal(work, first, emails[i]);
  }
  for (const auto pid : beside) ::kill(pid, SIGCONT);
}
