#include <criterion/criterion.h>

#include <sysexits.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>

#include "support/check.hpp"
#include "support/processes.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/ctl/commands.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

Outcome run(const ctl::Arguments& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = ctl::run(arguments, out, err);
  return {status, out.str(), err.str()};
}

// One sentence of this program on the error stream, and nothing on the other.
void expect_sentence(const Outcome& outcome, int status) {
  require_equal(outcome.status, status, outcome.err);
  require_equal(outcome.out, "");
  require(outcome.err.starts_with("tenantctl: ") && outcome.err.ends_with('\n'), outcome.err);
  require_equal(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1, outcome.err);
}

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

}  // namespace

Test(tenantctl, help_names_every_command_and_every_exit_status) {
  for (const char* word : {"help", "--help"}) {
    const auto help = run({word});
    require_equal(help.status, 0);
    require_equal(help.err, "");
    require(help.out.starts_with("Usage: tenantctl "), help.out);
    for (const auto& command : ctl::commands())
      require(contains(help.out, "\n  " + std::string{command.name} + ' '), help.out);
    for (const char* status : {"0 done", "1 failed", "64 ", "74 ", "75 ", "78 "})
      require(contains(help.out, status), status);
  }
}

Test(tenantctl, a_command_with_help_behind_it_says_how_it_is_spelled_and_does_nothing) {
  for (const auto& command : ctl::commands()) {
    const auto help = run({command.name, "--help"});
    require_equal(help.status, 0, command.name);
    require_equal(help.err, "");
    require(help.out.starts_with("Usage: tenantctl " + std::string{command.name}), help.out);
  }
}

Test(tenantctl, help_is_given_however_deep_it_is_asked_for) {
  for (const ctl::Arguments& arguments : {ctl::Arguments{"keys", "create", "--help"},
                                          {"keys", "rotate", "--help"},
                                          {"keys", "list", "--help"},
                                          {"keys", "retire", "--help"},
                                          {"keys", "retire", "K", "--help"},
                                          {"keys", "adopt", "--help"},
                                          {"hosts", "list", "--help"},
                                          {"hosts", "forget", "--help"},
                                          {"mail", "preview", "--help"},
                                          {"mail", "preview", "invitation", "--help"},
                                          {"mail", "test", "--help"},
                                          {"mail", "suppressions", "--help"},
                                          {"mail", "suppressions", "list", "--help"},
                                          {"mail", "suppressions", "remove", "--help"},
                                          {"audit", "verify", "--help"},
                                          {"audit", "export", "--help"},
                                          {"import", "--dry-run", "--help"},
                                          {"migrate", "--dry-run", "--help"},
                                          {"super-admin", "grant", "--help"},
                                          {"postman", "--environment", "--help"}}) {
    const auto help = run(arguments);
    require_equal(help.status, 0, arguments[0]);
    require_equal(help.err, "");
    require(help.out.starts_with("Usage: tenantctl " + arguments[0]), help.out);
    if (arguments.size() > 2 && arguments[1] != "--dry-run" && arguments[1] != "--environment")
      require(contains(help.out, "tenantctl " + arguments[0] + ' ' + arguments[1]), help.out);
  }
}

Test(tenantctl, output_that_cannot_be_written_is_an_error_of_its_own) {
  for (const ctl::Arguments& arguments :
       {ctl::Arguments{"help"}, {"--version"}, {"settings"}, {"routes"}, {"keys", "--help"}, {"openapi"}}) {
    std::ostream nowhere{nullptr};
    std::ostringstream err;
    require_equal(ctl::run(arguments, nowhere, err), EX_IOERR, arguments[0]);
    require(err.str().starts_with("tenantctl: the output could not be written"), err.str());
  }
}

Test(tenantctl, no_command_is_wrong_usage_and_prints_the_help_as_an_error) {
  const auto outcome = run({});
  require_equal(outcome.status, EX_USAGE);
  require_equal(outcome.out, "");
  require_equal(outcome.err, run({"help"}).out);
}

Test(tenantctl, version_is_the_programs_name_and_version) {
  for (const char* word : {"--version", "version"}) {
    const auto outcome = run({word});
    require_equal(outcome.status, 0);
    require_equal(outcome.out, "tenantctl " + std::string{kVersion} + '\n');
  }
}

Test(tenantctl, help_of_a_command_is_what_help_behind_it_prints) {
  for (const auto& command : ctl::commands()) {
    const auto help = run({"help", command.name});
    require_equal(help.status, 0, command.name);
    require_equal(help.out, run({command.name, "--help"}).out, command.name);
  }
  expect_sentence(run({"help", "migrat"}), EX_USAGE);
  expect_sentence(run({"help", "keys", "create"}), EX_USAGE);
}

namespace {

// What bash offers at the end of these words, by the script that tenantctl prints.
std::string completed(const std::string& words) {
  const auto program = test::setting("TENANTD_BUILD") + "/tenantctl";
  return test::run_program({"/bin/bash", "-c",
                            "eval \"$(" + program + " completion bash)\"; COMP_WORDS=(tenantctl " + words +
                                "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _tenantctl; "
                                "echo \"${COMPREPLY[*]}\""})
      .output;
}

}  // namespace

Test(tenantctl, completion_offers_the_words_of_the_commands) {
  for (const auto& command : ctl::commands()) {
    require(contains(' ' + completed("''"), ' ' + std::string{command.name} + ' '), command.name);
    require_equal(completed("help " + std::string{command.name}).empty(), false);
  }
  require_equal(completed("keys r"), "retire rotate\n");
  require_equal(completed("keys rotate --n"), "--now\n");
  require_equal(completed("mail suppressions ''"), "list remove --all --dir --eml --help --html --text\n");
  require_equal(completed("settings --m"), "--markdown\n");
  require_equal(completed("import people.csv --h"), "--hash-config --help\n");
  require_equal(completed("--config x.env super"), "super-admin\n");
  require_equal(completed("--config x"), "\n");
  expect_sentence(run({"completion", "zsh"}), EX_USAGE);
}

Test(tenantctl, an_unknown_command_is_wrong_usage) {
  for (const char* name : {"migrat", "Migrate", "--migrate", "-h", " ", "migrate "}) {
    const auto outcome = run({name});
    expect_sentence(outcome, EX_USAGE);
    require(
        contains(outcome.err, std::string{"\""} + name + '"') && contains(outcome.err, "tenantctl --help"),
        outcome.err);
  }
}

Test(tenantctl, an_unknown_option_or_argument_is_wrong_usage_before_anything_is_done) {
  for (const ctl::Arguments& arguments : {
           ctl::Arguments{"migrate", "--dryrun"},
           {"migrate", "--dry-run", "now"},
           {"settings", "--html"},
           {"settings", "--markdown", "x"},
           {"routes", "--apache"},
           {"routes", "--nginx", "x"},
           {"import"},
           {"import", "people.csv", "more.csv"},
           {"import", "people.txt"},
           {"import", "people.csv", "--batch"},
           {"import", "people.csv", "--batch", "10001"},
           {"import", "--fast", "people.csv"},
           {"doctor", "--fix"},
           {"version", "x"},
           {"completion"},
           {"completion", "bash", "x"},
           {"--config"},
           {"--config", "", "settings"},
           {"create-super-admin", "ada@example.com"},
           {"keys"},
           {"keys", "destroy"},
           {"keys", "create", "x"},
           {"keys", "rotate", "now"},
           {"keys", "retire"},
           {"keys", "retire", "a", "b"},
           {"keys", "list", "--json"},
           {"keys", "list", "--force"},
           {"keys", "adopt", "--now"},
           {"keys", "adopt", "x"},
           {"hosts", "show"},
           {"hosts", "list", "x"},
           {"hosts", "forget"},
           {"hosts", "forget", "web-1"},
           {"hosts", "forget", "0198d7a0-0000-7000-8000-000000000000", "--json"},
           {"audit", "verify", "--organization", ""},
           {"audit", "verify", "--anchors"},
           {"audit", "export"},
           {"mail", "preview", "--all"},
           {"mail", "preview", "--dir", "/tmp"},
           {"mail", "preview", "invitation", "--html", "--text"},
           {"mail", "suppressions", "remove"},
           {"super-admin"},
           {"super-admin", "grant"},
       })
    expect_sentence(run(arguments), EX_USAGE);
}

Test(tenantctl, settings_as_markdown_holds_a_whole_row_for_each_key) {
  const auto outcome = run({"settings", "--markdown"});
  require_equal(outcome.status, 0);
  for (const auto& row : setting_docs())
    require(contains(outcome.out, "\n| `" + std::string{row.key} + "` | "), std::string{row.key});
  std::istringstream lines{outcome.out};
  for (std::string line; std::getline(lines, line);) {
    require_equal(std::count(line.begin(), line.end(), '|'), 6, line);
    require(line.starts_with('|') && line.ends_with('|'), line);
  }
}

Test(tenantctl, settings_lists_each_key_with_its_default_and_meaning) {
  const auto outcome = run({"settings"});
  require_equal(outcome.status, 0);
  for (const auto& row : setting_docs()) {
    require(contains('\n' + outcome.out, '\n' + std::string{row.key} + ' '), std::string{row.key});
    require(!row.doc.empty() && contains(outcome.out, std::string{row.doc}), std::string{row.key});
  }
}

Test(tenantctl, no_setting_has_a_secret_for_a_default) {
  for (const auto& row : setting_docs())
    if (row.unit == "secret") require_equal(row.fallback, "", std::string{row.key});
}

Test(tenantctl, routes_lists_every_path_and_what_it_takes) {
  const auto outcome = run({"routes"});
  require_equal(outcome.status, 0);
  require_equal(static_cast<std::size_t>(std::count(outcome.out.begin(), outcome.out.end(), '\n')),
                api::routes().size());
  for (const auto& route : api::routes())
    require(contains(outcome.out, std::string{route.path} + ' '), std::string{route.path});
  require(contains(outcome.out, "roles:assign") && contains(outcome.out, "anyone"), outcome.out);
}

Test(tenantctl, routes_for_nginx_is_the_map_of_lanes) {
  const auto outcome = run({"routes", "--nginx"});
  require_equal(outcome.status, 0);
  require_equal(outcome.out, api::nginx_lanes());
  require(contains(outcome.out, "map $uri $tenantd_lane {") && contains(outcome.out, "    /signin hash;\n"),
          outcome.out);
}

Test(tenantctl, a_setting_that_cannot_be_used_is_named) {
  ::setenv("DB_PORT", "mysql", 1);
  const auto outcome = run({"hosts"});
  expect_sentence(outcome, EX_CONFIG);
  require(contains(outcome.err, "DB_PORT"), outcome.err);
}

Test(tenantctl, an_unreachable_database_is_a_reason_to_try_again_later) {
  ::unsetenv("DB_HOST");
  ::setenv("DB_SOCKET", "/nonexistent/db.sock", 1);
  ::setenv("SQL_DIR",
           (std::string{std::getenv("TENANTD_TOP") != nullptr ? std::getenv("TENANTD_TOP") : "."} + "/sql")
               .c_str(),
           1);
  expect_sentence(run({"migrate", "--dry-run"}), EX_TEMPFAIL);
}

Test(tenantctl, a_folder_without_migrations_is_a_failure_that_says_what_to_set) {
  ::setenv("SQL_DIR", "/nonexistent", 1);
  ::setenv("DB_SOCKET", "/nonexistent/db.sock", 1);
  const auto outcome = run({"migrate"});
  require(outcome.status == 1 || outcome.status == EX_TEMPFAIL, outcome.err);
  require(outcome.out.empty() && outcome.err.starts_with("tenantctl: "), outcome.err);
}

Test(tenantctl, create_super_admin_without_its_settings_says_which) {
  ::unsetenv("SUPER_ADMIN_EMAIL");
  ::unsetenv("SUPER_ADMIN_PASSWORD");
  const auto outcome = run({"create-super-admin"});
  expect_sentence(outcome, EX_CONFIG);
  require(contains(outcome.err, "SUPER_ADMIN_EMAIL") && contains(outcome.err, "SUPER_ADMIN_PASSWORD"),
          outcome.err);
}
