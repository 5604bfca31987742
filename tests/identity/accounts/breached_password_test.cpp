// Leaked passwords: nobody chooses one, and who signs in by one is told.
#include <criterion/criterion.h>
#include <signal.h>

#include <algorithm>
#include <fstream>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

const char* const kLeaked = "amber ladder submarine";
const char* const kKept = "copper lantern meadow 7";

std::string sha1_of(const std::string& password) {
  const auto hash =
      run_program({"sh", "-c", "printf %s \"$1\" | openssl dgst -sha1 -r | cut -c 1-40", "sh", password});
  return hash.output.substr(0, 40);
}

// Makes the list of `passwords` with the service's own command.
Finished import(const std::string& file, const std::vector<std::string>& passwords) {
  std::vector<std::string> lines;
  for (const auto& password : passwords) lines.push_back(sha1_of(password) + ":3\n");
  std::ranges::sort(lines);
  std::ofstream list{file + ".txt"};
  for (const auto& line : lines) list << line;
  list.close();
  return run_program(
      {setting("TENANTD_BUILD") + "/tenantctl", "breached", "import", file + ".txt", "--output", file});
}

std::int64_t told(const Account& account) {
  return number_of("SELECT COUNT(*) FROM account_event WHERE type = 'password.breached' AND user_id = " +
                   binary(account.user_id));
}

}  // namespace

Test(breached_password, none_is_chosen_and_whoever_has_one_is_told_once, .timeout = 300) {
  const auto file = setting("TENANTD_RUN_DIR") + "/" + fresh_name("breached");
  require_equal(import(file, {"another leaked password"}).status, 0);
  PrivateStack stack{{"BREACHED_PASSWORDS=" + file}};
  stack.take_the_suites_place();
  const auto before = fresh_email();
  const auto owner = account_of(expect(Client{}.post("/signup", sign_up_body(before, "Acme", kLeaked)), 201),
                                before, kLeaked);
  verify(owner);
  expect(sign_in(before, kLeaked), 200);
  require_equal(told(owner), 0, "before it was leaked");

  // A list that takes the place of the other counts from the reload on.
  require_equal(import(file, {kLeaked, "another leaked password"}).status, 0);
  require(::kill(part_pid(stack.dir(), "tenantd"), SIGHUP) == 0, "no reload");
  wait_until("the reload", [] {
    return Client{}.post("/signup", sign_up_body(fresh_email(), "Beta", kLeaked)).status == 422;
  });
  const auto refused = [](const Response& reply) {
    expect_problem(reply, 422, "password_refused");
    require(reply.body.find("list of leaked passwords") != std::string::npos, reply.body);
  };
  const auto stranger = fresh_email();
  refused(Client{}.post("/signup", sign_up_body(stranger, "Beta", kLeaked)));
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(stranger)), 0);
  expect(Client{}.post("/signup", sign_up_body(stranger, "Beta", kKept)), 201);

  // Whoever has it signs in all the same, and is told: once, by mail and among the security events.
  expect(sign_in(before, kLeaked), 200);
  expect(sign_in(before, kLeaked), 200);
  require_equal(told(owner), 1, "events");
  wait_until("the mail", [&] { return count_mails(before, "password_breached") > 0; });
  expect(sign_in(before, "not " + std::string{kLeaked}), 401);
  require_equal(told(owner), 1, "after a wrong password");

  const auto change = [&](const std::string& to) {
    return owner.client().post(
        "/api/v1/auth/change-password",
        R"({"current_password":")" + std::string{kLeaked} + R"(","new_password":")" + to + "\"}");
  };
  refused(change("another leaked password"));
  expect(sign_in(before, kLeaked), 200);
  expect(Client{}.post("/api/v1/auth/password-reset/request", R"({"email":")" + before + "\"}"), 202);
  const auto token = newest_mail(before, "password_reset").token();
  const auto reset = [&](const std::string& to) {
    return Client{}.post("/reset_password", R"({"token":")" + token + R"(","new_password":")" + to + "\"}");
  };
  refused(reset("another leaked password"));
  expect(reset(kKept), 204);
  expect(sign_in(before, kKept), 200);
  require_equal(count_mails(before, "password_breached"), 1U, "mails");
}

Test(breached_password, the_command_says_what_it_did_and_what_is_wrong) {
  const auto file = setting("TENANTD_RUN_DIR") + "/" + fresh_name("breached");
  const auto tenantctl = [&](std::vector<std::string> words, const std::string& input = "") {
    std::string line = "printf '%s\\n' \"$0\" | " + setting("TENANTD_BUILD") + "/tenantctl breached";
    for (const auto& word : words) line += " '" + word + "'";
    return run_program({"sh", "-c", line, input}, {"BREACHED_PASSWORDS=" + file});
  };
  const auto said = [](const Finished& finished, int status, const std::string& words) {
    require_equal(finished.status, status, finished.output);
    require(finished.output.find(words) != std::string::npos, "no \"" + words + "\" in: " + finished.output);
  };
  said(tenantctl({"import", "-"}, sha1_of(kLeaked) + ":3"), 0, "holds 1 hashes. Reload tenantd");
  said(tenantctl({"check"}, kLeaked), 1, "it stands in the list");
  said(tenantctl({"check"}, kKept), 0, "it does not stand in the list");
  said(tenantctl({"import", "-"}, "password1"), 65, "line 1 is no SHA-1 hash");
  said(tenantctl({"check"}, kLeaked), 1, "it stands in the list");
  said(tenantctl({"import", "/nowhere"}), 66, "/nowhere cannot be opened");
  said(tenantctl({"import"}), 64, "breached import takes a LIST");
  said(tenantctl({"import", "-", "--least", "none"}), 64, "--least takes a number");
  said(tenantctl({"export"}), 64, "breached takes import LIST");
  said(tenantctl({"import", "-", "--output", "/dev/full/list"}, sha1_of(kLeaked)), 1, "cannot be written");
  const auto started = run_program({setting("TENANTD_BUILD") + "/tenantd"}, {"BREACHED_PASSWORDS=/nowhere"});
  said(started, 78, "BREACHED_PASSWORDS: /nowhere cannot be read");
}
