// tenantctl import, against the database and sign-in.
#include <criterion/criterion.h>
#include <crypt.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/processes.hpp"
#include "tenantd/crypto/password.hpp"

using namespace tenantd::test;

namespace {

const char* const kAdvice = ": leave it empty, and its owner asks for a reset link";
const char* const kHeader = "email,password_hash,organization,role,first_name,last_name,email_verified\n";

class File {
 public:
  explicit File(const std::string& text, const std::string& ending = ".csv")
      : path_(run_dir() + '/' + fresh_name("import") + ending) {
    std::ofstream{path_, std::ios::binary} << text;
  }
  ~File() { std::filesystem::remove(path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string content(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string tenantctl() { return setting("TENANTD_BUILD") + "/tenantctl"; }

Finished import(const std::string& path, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {tenantctl(), "import"});
  options.push_back(path);
  return run_program(options);
}

void expect_import(const Finished& finished, int status, const std::string& said) {
  require_equal(finished.status, status, finished.output);
  require(finished.output.find(said) != std::string::npos, finished.output);
}

std::string bcrypt(const std::string& password, const char* kind = "$2b$") {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
  const char* made = ::crypt_gensalt_rn(kind, 4, nullptr, 0, salt.data(), salt.size());
  require(made != nullptr, "no salt");
  crypt_data data{};
  return ::crypt_r(password.c_str(), made, &data);
}

std::string stored_hash(const std::string& email) {
  return text_of("SELECT COALESCE(password, '') FROM user WHERE email = " + literal(email));
}

std::int64_t accounts(const std::string& email) {
  return number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(email));
}

}  // namespace

Test(import, people_come_with_their_passwords_and_get_new_hashes_at_their_first_sign_in) {
  const auto owner = sign_up();
  const auto slug = text_of("SELECT slug FROM organization WHERE id = " + binary(owner.org_id));
  std::string text = kHeader;
  std::vector<std::string> emails;
  for (const char* kind : {"$2a$", "$2b$", "$2y$"}) {
    emails.push_back(fresh_email("bcrypt"));
    text += emails.back() + ',' + bcrypt(kPassword, kind) + ',' + slug +
            ",viewer,\"Doe, J.\",\"O\"\"Neil\",true\r\n";
  }
  emails.push_back(fresh_email("argon2"));
  const auto old_argon2 = tenantd::crypto::hash_password(tenantd::Secret{kPassword}, {64, 1, 1});
  text += emails.back() + ",\"" + old_argon2 + "\"," + owner.org_id + ",,,,\r\n";
  expect_import(import(File{text}.path()), 0, "4 created, 0 joined, 0 skipped, 0 refused");
  for (const auto& email : emails) {
    const auto imported = stored_hash(email);
    expect_problem(sign_in(email, "plum orbit canyon 43"), 401, "invalid_credentials");
    require_equal(stored_hash(email), imported, "a wrong password changes nothing");
    const auto reply = sign_in(email, kPassword);
    expect(reply, 200);
    require_equal(reply.text("/organization/id"), owner.org_id);
    require(stored_hash(email).starts_with("$argon2id$v=19$m=") && stored_hash(email) != imported,
            "hashed anew");
    expect(sign_in(email, kPassword), 200);
    expect_problem(sign_in(email, "plum orbit canyon 43"), 401, "invalid_credentials");
  }
  const auto reply = sign_in(emails[0], kPassword);
  require_equal(reply.text("/user/profile/last_name"), "O\"Neil");
  require_equal(reply.text("/user/profile/first_name"), "Doe, J.");
  require(reply.at("/user/email_verified").GetBool(), "verified");
  require_equal(stored_role(owner.org_id, reply.text("/user/id")), "viewer");
  require_equal(owner.client().get("/api/v1/members?include_total=true").number("/total"), 5);
}

// What bcrypt did not see there counts here from the first sign-in on, and what it was made of is tried
// before its normal form.
Test(import, passwords_mean_what_they_meant_where_they_come_from) {
  const auto owner = sign_up();
  const std::string long_one = "plum orbit canyon 42 " + std::string(60, 'x');
  const std::string odd = "m²-pässword-lila";
  const auto long_email = fresh_email("long"), odd_email = fresh_email("odd"), django = fresh_email("django");
  const std::string text = "email,password_hash\n" + long_email + ',' + bcrypt(long_one, "$2y$") + '\n' +
                           odd_email + ',' + bcrypt(odd, "$2y$") + '\n' + django +
                           ",pbkdf2_sha256$1000$saltsalt$N5xjCS5FUSoZOAvqp9G5BJ3H2M/Val0UvdU1P4TYkE4=\n";
  expect_import(import(File{text}.path(), {"--organization", owner.org_id}), 0, "3 created");
  expect_problem(sign_in(long_email, "plum orbit canyon 42"), 401, "invalid_credentials");
  expect(sign_in(long_email, long_one), 200);
  expect_problem(sign_in(long_email, long_one + 'y'), 401, "invalid_credentials");
  expect_problem(sign_in(long_email, long_one.substr(0, 72)), 401, "invalid_credentials");
  expect(sign_in(long_email, long_one), 200);
  for (const auto& email : {odd_email, django}) {
    expect_problem(sign_in(email, "m2-pässword-lila"), 401, "invalid_credentials");
    expect(sign_in(email, odd), 200);
    require(stored_hash(email).starts_with("$argon2id$v=19$m="), "hashed anew");
    // From now on every spelling of it is one.
    expect(sign_in(email, "m²-pa\xCC\x88ssword-lila"), 200);
  }
}

Test(import, who_has_no_password_asks_for_a_link) {
  const auto owner = sign_up();
  const auto email = fresh_email("bare");
  expect_import(import(File{"email\n" + email + '\n'}.path(), {"--organization", owner.org_id}), 0,
                "1 created");
  expect_problem(sign_in(email, ""), 422, "validation_failed");
  expect_problem(sign_in(email, kPassword), 401, "invalid_credentials");
  expect(Client{}.post("/reset_password", object({{"email", email}})), 202);
  const auto token = newest_mail(email, "password_reset").token();
  expect(Client{}.post("/api/v1/auth/password-reset/confirm",
                       object({{"token", token}, {"new_password", kPassword}})),
         204);
  expect(sign_in(email, kPassword), 200);
}

Test(import, an_account_that_exists_gets_a_membership_and_keeps_its_password) {
  const auto owner = sign_up();
  const auto known = sign_up();
  verify(known);
  const auto fresh = fresh_email();
  const auto before = stored_hash(known.email);
  const File file{std::string{kHeader} + known.email + ',' + bcrypt("another password") + ',' + owner.org_id +
                  ",admin,New,Name,\n" + fresh + ",,," + "\n" + fresh + ",," + owner.org_id + ",,,,\n  " +
                  owner.email + ",," + owner.org_id + ",viewer,,,\n" + fresh + ",," + owner.org_id +
                  ",,,,\n" + owner.email + ",," + owner.org_id + ",viewer,,,\n"};
  expect_import(import(file.path()), EX_DATAERR, "1 created, 1 joined, 3 skipped, 1 refused");
  require_equal(stored_hash(known.email), before);
  require_equal(stored_role(owner.org_id, known.user_id), "admin");
  require_equal(stored_role(owner.org_id, owner.user_id), "owner");
  require(sign_in(known.email, kPassword).at("/user/profile").ObjectEmpty(), "a profile");
  expect_import(import(file.path()), EX_DATAERR, "with the runs before: 6 rows, 1 refused");
}

Test(import, rows_that_cannot_be_taken_are_named_and_the_others_come_in) {
  const auto owner = sign_up();
  const auto other = sign_up();
  const auto good = fresh_email("good");
  const std::string org = owner.org_id;
  const std::string hostile = "$argon2id$v=19$m=4194304,t=60,p=1$c2FsdHNhbHRzYWx0$" + std::string(43, 'A');
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"no address,," + org + ",,,,", "email must be a plain e-mail address"},
      {"a@example.com,hunter2," + org + ",,,,",
       "password_hash is of no form that is known here, or not whole" + std::string{kAdvice}},
      {"a@example.com,$2b$16$" + std::string(53, 'a') + ',' + org + ",,,,",
       "password_hash is bcrypt of a cost outside 4 to 14" + std::string{kAdvice}},
      {"a@example.com,$2b$10$short," + org + ",,,,",
       "password_hash is of no form that is known here, or not whole" + std::string{kAdvice}},
      {"a@example.com,\"" + hostile + "\"," + org + ",,,,",
       "password_hash is Argon2 of costs outside 256 MiB, 16 passes, 16 lanes and 1 GiB filled" +
           std::string{kAdvice}},
      {"a@example.com,\"$argon2id$v=19$m=64,t=1,p=1$c2Fs$x\"," + org + ",,,,",
       "password_hash is of no form that is known here, or not whole" + std::string{kAdvice}},
      {"a@example.com,,nowhere,,,,", "organization does not exist"},
      {"a@example.com,," + fresh_id() + ",,,,", "organization does not exist"},
      {"a@example.com,," + other.org_id + ",,,,", "organization is another than --organization"},
      {"a@example.com,," + org + ",emperor,,,",
       "role: there is no such role; the roles are: admin, manager, member, owner, viewer"},
      {"a@example.com,," + org + ",,\"a\nb\",,", "first_name holds a control character"},
      {"a@example.com,," + org + ",,,," + "perhaps", "email_verified is neither true nor false"},
  };
  std::string text = kHeader;
  for (const auto& [row, reason] : refused) text += row + '\n';
  text += good + ",," + org + ",,,,\n";
  const File file{text};
  const File report{"", ".report.csv"};
  expect_import(import(file.path(), {"--organization", org, "--report", report.path()}), EX_DATAERR,
                "1 created, 0 joined, 0 skipped, 12 refused");
  const auto told = content(report.path());
  for (const auto& [row, reason] : refused)
    require(told.find(",\"" + reason + "\"\n") != std::string::npos, reason + " in " + told);
  require(told.starts_with("line,email,reason\n2,\"no address\","), told);
  require(told.find("hunter2") == std::string::npos && told.find("$2b$") == std::string::npos,
          "a hash in the report");
  require_equal(accounts("a@example.com") + accounts(good), 1);
}

Test(import, a_dry_run_says_what_would_be_and_changes_nothing) {
  const auto owner = sign_up();
  const auto known = sign_up();
  verify(known);
  const auto fresh = fresh_email();
  const File file{R"({"email":")" + fresh + R"("}
{"email":")" + known.email +
                      R"("}
{"email":")" + fresh + R"("}
{"email":")" + owner.email +
                      R"("}
{"email":""})",
                  ".jsonl"};
  Unchanged database;
  for (int i = 0; i < 2; ++i)
    expect_import(import(file.path(), {"--organization", owner.org_id, "--dry-run", "--batch", "1"}),
                  EX_DATAERR, "would be: 1 created, 1 joined, 2 skipped, 1 refused");
  database.check("a dry run");
}

Test(import, one_that_was_interrupted_says_how_to_go_on) {
  const auto owner = sign_up();
  std::string text = "email\n";
  const auto stem = fresh_name("row");
  for (int i = 0; i < 20000; ++i) text += stem + '-' + std::to_string(i) + "@example.com\n";
  const File file{text};
  const File said{"", ".stderr"};
  std::vector<std::string> command = {tenantctl(), "import", "--organization", owner.org_id,
                                      "--batch",   "20",     file.path()};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, said.path().c_str(), O_WRONLY | O_TRUNC, 0600);
  pid_t pid = 0;
  require(::posix_spawn(&pid, command[0].c_str(), &actions, nullptr, pointers(command).data(), environ) == 0,
          "spawn");
  ::posix_spawn_file_actions_destroy(&actions);
  wait_until("some rows are in", [&] {
    return number_of("SELECT COUNT(*) FROM member WHERE org_id = " + binary(owner.org_id)) > 40;
  });
  ::kill(pid, SIGINT);
  int status = 0;
  ::waitpid(pid, &status, 0);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 130, "status " + std::to_string(status));
  const auto words = content(said.path());
  require(
      words.find("interrupted: what is in is in; run the same command again to go on") != std::string::npos,
      words);
}

Test(import, one_that_was_killed_goes_on_where_it_stopped_and_no_row_comes_twice) {
  const auto owner = sign_up();
  constexpr int kRows = 3000;
  const auto stem = fresh_name("row");
  std::string text = "email,first_name\n";
  for (int i = 0; i < kRows; ++i)
    text += i % 100 == 50 ? "refused,x\n" : stem + '-' + std::to_string(i) + "@example.com,\"a\r\nb\"\n";
  for (auto at = text.find("\"a\r\nb\""); at != std::string::npos; at = text.find("\"a\r\nb\""))
    text.replace(at, 6, "x");
  const File file{text};
  const File report{"", ".report.csv"};
  std::vector<std::string> command = {tenantctl(), "import",   "--organization", owner.org_id, "--batch",
                                      "20",        "--report", report.path(),    file.path()};
  const auto done = [&] {
    return number_of("SELECT COUNT(*) FROM member WHERE org_id = " + binary(owner.org_id)) - 1;
  };
  std::int64_t before = 0;
  for (int kills = 0; kills < 3; ++kills) {
    pid_t pid = 0;
    require(::posix_spawn(&pid, command[0].c_str(), nullptr, nullptr, pointers(command).data(), environ) == 0,
            "spawn");
    wait_until("some rows are in", [&] { return done() > before + 100; });
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    require(WIFSIGNALED(status), "it was done before it was killed");
    before = done();
    require(before < kRows - 30, "all rows are in already");
  }
  expect_import(run_program(command), EX_DATAERR, "with the runs before: 3000 rows, 30 refused");
  require_equal(done(), kRows - 30);
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email LIKE " + literal(stem + "-%")), kRows - 30);
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'member.imported' AND org_id = " +
                          binary(owner.org_id)),
                kRows - 30);
  require_equal(number_of("SELECT members FROM member_total WHERE block = -1 AND status = 0 AND org_id = " +
                          binary(owner.org_id)),
                kRows - 29);
  // Each refused row is told once, whichever run met it.
  const auto told = content(report.path());
  require_equal(std::count(told.begin(), told.end(), '\n'), 31, told);
  for (int i = 50; i < kRows; i += 100)
    require(told.find('\n' + std::to_string(i + 2) + ",\"refused\"") != std::string::npos, told);
  Unchanged database;
  expect_import(run_program(command), EX_DATAERR,
                "0 created, 0 joined, 0 skipped, 0 refused; with the runs before");
  database.check("an import that was done");
}

Test(import, what_cannot_begin_says_why) {
  const auto owner = sign_up();
  Unchanged database;
  const File good{"email\na@example.com\n"};
  expect_import(import("/nonexistent/people.csv"), EX_NOINPUT, "cannot be opened");
  expect_import(import(run_dir(), {"--format", "csv"}), EX_NOINPUT, "no ordinary file");
  expect_import(import(File{"Alias;Größe\nx;y\n"}.path()), EX_DATAERR,
                "unknown columns \"Alias\" and \"Größe\"");
  expect_import(import(good.path(), {"--organization", "nowhere"}), EX_DATAERR, "there is no organization");
  expect_import(import(good.path(), {"--batch", "0"}), EX_USAGE, "--batch");
  expect_import(import(good.path(), {"--fast"}), EX_USAGE, "unknown option");
  expect_import(import(File{"", ".txt"}.path()), EX_USAGE, "--format");
  expect_import(run_program({tenantctl(), "import", good.path()}, {"DB_SOCKET=/nonexistent/db.sock"}),
                EX_TEMPFAIL, "run the same command again");
  expect_import(import("--help"), 0, "Usage: tenantctl import");
  database.check("imports that cannot begin");
}
