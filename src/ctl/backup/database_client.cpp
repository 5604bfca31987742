#include "database_client.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "pipeline.hpp"
#include "tenantd/base/descriptor.hpp"
#include "tenantd/db/server.hpp"

namespace tenantd::ctl {
namespace {

// A line of an option file; a backslash and a quote are written as two characters there.
std::string option_line(const std::string& name, const std::string& value) {
  std::string line = name + "=\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') line += '\\';
    line += c;
  }
  return line + "\"\n";
}

std::string options_of(const Settings& s, const std::string& address, bool mysql) {
  std::string text = "[client]\n" + option_line("user", s.db_admin_user);
  if (!s.db_admin_password.empty()) text += option_line("password", s.db_admin_password.reveal());
  if (s.db_host.empty()) return text + option_line("socket", s.db_socket);
  const auto host = db::parse_hosts(address, static_cast<int>(s.db_port)).at(0);
  text += option_line("host", host.name) + "port=" + std::to_string(host.port) + "\nprotocol=tcp\n";
  if (s.db_tls_ca.empty()) return text;
  text += option_line("ssl-ca", s.db_tls_ca) +
          (mysql ? "ssl-mode=VERIFY_IDENTITY\n" : "ssl-verify-server-cert\n");
  if (!s.db_tls_cert.empty())
    text += option_line("ssl-cert", s.db_tls_cert) + option_line("ssl-key", s.db_tls_key);
  return text;
}

// The one that came with the server; the other one's speaks to it too, if it must.
std::string first_installed(std::initializer_list<const char*> names) {
  std::string all;
  for (const char* name : names) {
    if (!file_of_program(name).empty()) return name;
    all += (all.empty() ? "" : " or ") + std::string{name};
  }
  throw std::runtime_error(all + " is not installed: sudo apt-get install mariadb-client");
}

}  // namespace

DatabaseClient::DatabaseClient(const Settings& settings, db::Connection& db, const std::string& dir)
    : path_(dir + "/client.cnf"), mysql_(db.engine() == db::Engine::mysql) {
  const auto file = open_file(path_, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file || !write_all(file, options_of(settings, db.server().address, mysql_)))
    throw std::runtime_error(path_ + " cannot be written: " + std::strerror(errno));
}

DatabaseClient::~DatabaseClient() { ::unlink(path_.c_str()); }

std::vector<std::string> DatabaseClient::dump(const std::string& schema, bool position) const {
  std::vector<std::string> command = {mysql_ ? first_installed({"mysqldump", "mariadb-dump"})
                                             : first_installed({"mariadb-dump", "mysqldump"}),
                                      "--defaults-file=" + path_,
                                      "--single-transaction",
                                      "--quick",
                                      "--routines",
                                      "--triggers",
                                      "--hex-blob",
                                      "--no-tablespaces",
                                      "--default-character-set=utf8mb4"};
  // MariaDB's goes by the name of MySQL's too, and can ask a MySQL neither of these.
  const bool mysqls = file_of_program(command[0]).find("mariadb") == std::string::npos;
  if (mysqls) command.emplace_back("--set-gtid-purged=OFF");
  if (position && mysqls == mysql_) command.emplace_back(mysqls ? "--source-data=2" : "--master-data=2");
  command.push_back(schema);
  return command;
}

std::vector<std::string> DatabaseClient::load(const std::string& schema) const {
  return {mysql_ ? first_installed({"mysql", "mariadb"}) : first_installed({"mariadb", "mysql"}),
          "--defaults-file=" + path_, "--default-character-set=utf8mb4", schema};
}

}  // namespace tenantd::ctl
