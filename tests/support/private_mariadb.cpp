#include "support/private_mariadb.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "support/check.hpp"
#include "support/instance_lock.hpp"
#include "support/processes.hpp"
#include "tenantd/db/migrate.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::test {
namespace {

// That the server's programs are found where an ordinary user's PATH does not look.
const char* const kPath = "/usr/local/sbin:/usr/sbin:/sbin";

std::string account() {
  const passwd* found = ::getpwuid(::geteuid());
  require(found != nullptr, "this user has no name");
  return found->pw_name;
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// The procedures that enter a scope, as sql/views.sql has them, for another schema.
std::vector<std::string> scope_procedures(const std::string& schema) {
  const std::string path = setting("TENANTD_TOP", ".") + "/sql/views.sql";
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  std::vector<std::string> found;
  for (const auto& statement : db::split_statements(text.str())) {
    if (statement.find("PROCEDURE tenantd_app.enter_scope") == std::string::npos &&
        statement.find("PROCEDURE tenantd_app.begin_scope") == std::string::npos)
      continue;
    found.push_back(replace_all(replace_all(statement, "DEFINER = tenantd_owner@localhost", ""),
                                "tenantd_app.", schema + '.'));
  }
  require(found.size() == 4, "enter_scope, begin_scope and their likes are not in " + path);
  return found;
}

}  // namespace

// A server in a folder of its own, killed with this process.
class PrivateMariadb::Server {
 public:
  Server() {
    std::string folder = run_dir() + "/db.XXXXXX";
    require(::mkdtemp(folder.data()) != nullptr, "a folder cannot be made");
    folder_ = folder;
    try {
      install();
      start();
    } catch (...) {
      end();
      throw;
    }
  }
  ~Server() { end(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string socket() const { return folder_ + "/m.sock"; }

 private:
  void install() {
    std::vector<std::string> command = {"mariadb-install-db",
                                        "--no-defaults",
                                        "--datadir=" + folder_ + "/data",
                                        "--auth-root-authentication-method=socket",
                                        "--auth-root-socket-user=" + account(),
                                        "--skip-test-db",
                                        "--skip-name-resolve",
                                        "--innodb-log-file-size=16M"};
    if (::geteuid() == 0) command.push_back("--user=root");
    // Two that install at the same time would meet in the common folder for temporary files.
    std::filesystem::create_directory(folder_ + "/tmp");
    const auto finished = run_program(
        command, {"PATH=" + setting("PATH", "/usr/bin:/bin") + ':' + kPath, "TMPDIR=" + folder_ + "/tmp"});
    require(finished.status == 0, "mariadb-install-db: " + finished.output);
  }

  void start() {
    ::setenv("PATH", (setting("PATH", "/usr/bin:/bin") + ':' + kPath).c_str(), 1);
    std::vector<std::string> command = {"mariadbd",
                                        "--no-defaults",
                                        "--datadir=" + folder_ + "/data",
                                        "--socket=" + socket(),
                                        "--pid-file=" + folder_ + "/pid",
                                        "--tmpdir=" + folder_ + "/tmp",
                                        "--log-error=" + folder_ + "/log",
                                        "--skip-networking",
                                        "--skip-name-resolve",
                                        "--skip-log-bin",
                                        "--character-set-server=utf8mb4",
                                        "--innodb-buffer-pool-size=32M",
                                        "--innodb-log-file-size=16M",
                                        "--performance-schema=OFF"};
    if (::geteuid() == 0) command.push_back("--user=root");
    std::vector<char*> arguments;
    for (auto& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int null = ::open("/dev/null", O_RDWR);
      for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
      if (::getppid() == parent) ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    require(pid_ > 0, "fork");
    wait_until("MariaDB answers", [this] {
      require(lives(pid_), "mariadbd ended while starting");
      try {
        db::ConnectOptions options;
        options.socket = socket();
        options.user = account();
        db::Connection{options};
        return true;
      } catch (const ApiError&) {
        return false;
      }
    });
  }

  void end() noexcept {
    if (pid_ > 0) {
      ::kill(pid_, SIGTERM);
      ::waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string folder_;
  pid_t pid_ = -1;
};

PrivateMariadb::PrivateMariadb() {
  static int count = 0;
  schema_ = "tenantd_unit_" + std::to_string(::getpid()) + '_' + std::to_string(++count);
  if (std::getenv("TENANTD_RUN_DIR") != nullptr) {
    share_instance();
    socket_ = setting("DB_SOCKET");
    user_ = setting("DB_ADMIN_USER", "root");
  } else {
    server_ = std::make_unique<Server>();
    socket_ = server_->socket();
    user_ = account();
  }
  auto options = this->options();
  options.schema.clear();
  side_ = std::make_unique<db::Connection>(options);
  side_->run("DROP DATABASE IF EXISTS " + schema_);
  side_->run("CREATE DATABASE " + schema_ + " CHARACTER SET utf8mb4");
  side_->run("USE " + schema_);
  for (const auto& procedure : scope_procedures(schema_)) side_->run(procedure);
}

PrivateMariadb::~PrivateMariadb() {
  try {
    side_->run("DROP DATABASE " + schema_);
  } catch (const std::exception&) {
    // A test may have ended the connection; the next run with this name drops what is left.
  }
}

db::ConnectOptions PrivateMariadb::options(int timeout_seconds) const {
  db::ConnectOptions options;
  options.socket = socket_;
  options.user = user_;
  options.schema = schema_;
  options.timeout_seconds = timeout_seconds;
  return options;
}

std::int64_t PrivateMariadb::number_of(const std::string& sql) {
  auto rows = side_->run_query(sql);
  require(rows.next(), "no row for " + sql);
  return rows.integer(0);
}

}  // namespace tenantd::test
