#include "support/two_databases.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/processes.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::test {
namespace {

namespace fs = std::filesystem;

// An administrator's account that signs in from 127.0.0.1.
constexpr const char* kBoss = "boss";
constexpr const char* kBossPassword = "velvet anchor";

// `command` with the stack's settings and these.
Finished run_with(const PrivateStack& stack, const std::vector<std::string>& settings,
                  const std::string& command) {
  std::string script = ". " + stack.dir() + "/environment && export";
  for (const auto& each : settings) script += ' ' + each;
  return run_program({"bash", "-c", script + " && exec " + setting("TENANTD_BUILD") + '/' + command});
}

std::int64_t first_number(const db::ConnectOptions& options, const std::string& query) {
  db::Connection connection{options};
  auto rows = connection.run_query(query);
  require(rows.next(), query);
  return rows.integer(0);
}

}  // namespace

std::vector<std::string> command_line(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary};
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  require(!words.empty(), "the process is gone");
  return words;
}

NetworkedDatabase::NetworkedDatabase(const std::string& options)
    : port_(free_port()),
      stack_({"DATABASE_OPTIONS=--skip-networking=0 --bind-address=127.0.0.1 --port=" +
                  std::to_string(port_) + ' ' + options,
              "FILES_SHARED=true"}) {
  db::Connection admin{stack_.database()};
  const std::string boss = std::string{kBoss} + "@127.0.0.1";
  admin.run("CREATE USER " + boss + " IDENTIFIED BY '" + kBossPassword + '\'');
  admin.run("GRANT ALL ON *.* TO " + boss + " WITH GRANT OPTION");
  const auto migrated = run_with(stack_,
                                 {"DB_HOST=" + address(), std::string{"DB_ADMIN_USER="} + kBoss,
                                  std::string{"DB_ADMIN_PASSWORD='"} + kBossPassword + '\''},
                                 "tenantctl migrate");
  require_equal(migrated.status, 0, migrated.output);
}

TwoDatabases::TwoDatabases(const std::vector<std::string>& settings) : port_(free_port()) {
  const auto email = fresh_email();
  const auto reply = first().client().post("/signup", sign_up_body(email, "Acme"));
  expect(reply, 201);
  owner_ = account_of(reply, email);
  copy_data();
  start_second();
  auto own = settings;
  own.push_back("DB_HOST=" + hosts());
  host_.emplace(first(), own);
}

TwoDatabases::~TwoDatabases() {
  host_.reset();
  second_.reset();
  fs::remove_all(dir_);
}

// As after a power cut.
void TwoDatabases::copy_data() {
  dir_ = run_dir() + "/twin-XXXXXX";
  require(::mkdtemp(dir_.data()) != nullptr, "a folder");
  first().kill_database();
  fs::copy(first().dir() + "/data", dir_ + "/data", fs::copy_options::recursive);
  fs::remove(dir_ + "/data/auto.cnf");
  fs::create_directory(dir_ + "/tmp");
  first().restart_database();
}

// The first one's command line, for another folder and port.
void TwoDatabases::start_second() {
  std::vector<std::string> command;
  for (auto argument : command_line(part_pid(first().dir(), "database"))) {
    for (auto at = argument.find(first().dir()); at != std::string::npos;
         at = argument.find(first().dir(), at + dir_.size()))
      argument.replace(at, first().dir().size(), dir_);
    if (argument.starts_with("--port=")) argument = "--port=" + std::to_string(port_);
    if (argument.starts_with("--socket=")) argument = "--socket=" + dir_ + "/m.sock";
    if (argument.starts_with("--pid-file=")) argument = "--pid-file=" + dir_ + "/pid";
    command.push_back(argument);
  }
  second_.emplace("twin", command);
  wait_until("the second database answers", [&] {
    second_->must_live();
    try {
      const db::Connection connection{second()};
      return true;
    } catch (const ApiError&) {
      return false;
    }
  });
}

std::string TwoDatabases::hosts() const { return first_.address() + ",127.0.0.1:" + std::to_string(port_); }

db::ConnectOptions TwoDatabases::second() const {
  auto options = first_.stack().database();
  options.socket = dir_ + "/m.sock";
  return options;
}

Finished TwoDatabases::run(const std::string& command) const {
  return run_with(first_.stack(), {"DB_HOST=" + hosts()}, command);
}

std::int64_t TwoDatabases::in_first(const std::string& query) const {
  return first_number(first_.stack().database(), query);
}
std::int64_t TwoDatabases::in_second(const std::string& query) const { return first_number(second(), query); }

void TwoDatabases::tell_first(const std::string& statement) const {
  db::Connection{first_.stack().database()}.run(statement);
}
void TwoDatabases::tell_second(const std::string& statement) const {
  db::Connection{second()}.run(statement);
}

}  // namespace tenantd::test
