#include "support/galera.hpp"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/processes.hpp"
#include "tenantd/db/error.hpp"

namespace tenantd::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "/usr/lib/galera/libgalera_smm.so";

std::string on_loopback(int port) { return "127.0.0.1:" + std::to_string(port); }

// What belongs to one server alone.
bool is_own(std::string_view option) {
  for (const auto* begin :
       {"--datadir=", "--socket=", "--pid-file=", "--tmpdir=", "--port=", "--bind-address="})
    if (option.starts_with(begin)) return true;
  return false;
}

}  // namespace

bool has_galera() { return fs::exists(kLibrary); }

Cluster::Cluster(NetworkedDatabase& origin) : dir_(run_dir() + "/galera-XXXXXX") {
  require(::mkdtemp(dir_.data()) != nullptr, "a folder");
  auto& stack = origin.stack();
  user_ = stack.database().user;
  for (const auto& option : command_line(part_pid(stack.dir(), "database")))
    if (option.starts_with("--") && option != "--no-defaults" && !is_own(option)) options_.push_back(option);
  for (std::size_t i = 0; i < kNodes; ++i)
    places_.push_back(
        {dir_ + "/node" + std::to_string(i), free_port(), free_port(), free_port(), free_port(), {}});
  stack.kill_database();
  fs::create_directories(places_[0].dir + "/tmp");
  fs::copy(stack.dir() + "/data", places_[0].dir + "/data", fs::copy_options::recursive);
  stack.restart_database();
  // Once by itself, so that the others begin where it ends and nobody has to transfer a whole state.
  start(0, "gcomm://");
  places_[0].server.reset();
  for (std::size_t i = 1; i < kNodes; ++i)
    fs::copy(places_[0].dir, places_[i].dir, fs::copy_options::recursive);
  open_to_rsync();
  start(0, "gcomm://");
  for (std::size_t i = 1; i < kNodes; ++i) start(i, "gcomm://" + on_loopback(places_[0].group));
}

// What tells a node that no whole state comes is written by rsync, which is "nobody" where root starts it.
void Cluster::open_to_rsync() const {
  fs::permissions(dir_, fs::perms::all);
  for (const auto& place : places_)
    for (const auto& folder : {place.dir, place.dir + "/data"}) fs::permissions(folder, fs::perms::all);
}

Cluster::~Cluster() {
  for (auto& place : places_)
    if (place.server) ::kill(place.server->pid(), SIGKILL);
  places_.clear();
  fs::remove_all(dir_);
}

// In a file: those of a command line reach the scripts that transfer a state, which know few of them.
void Cluster::write_options(const Place& place, const std::string& group) const {
  std::ofstream file{place.dir + "/my.cnf"};
  file << "[mysqld]\n";
  for (const auto& option : options_) file << option.substr(2) << '\n';
  for (const auto& option :
       {"datadir=" + place.dir + "/data", "socket=" + place.dir + "/m.sock", "pid-file=" + place.dir + "/pid",
        "tmpdir=" + place.dir + "/tmp", "port=" + std::to_string(place.port),
        std::string{"bind-address=127.0.0.1"}, std::string{"skip-networking=0"}, std::string{"wsrep-on=ON"},
        std::string{"wsrep-provider="} + kLibrary, std::string{"wsrep-cluster-name=tenantd"},
        "wsrep-cluster-address=" + group, "wsrep-node-name=" + fs::path{place.dir}.filename().string(),
        "wsrep-node-address=" + on_loopback(place.group),
        "wsrep-sst-receive-address=" + on_loopback(place.whole), std::string{"binlog-format=ROW"},
        std::string{"innodb-autoinc-lock-mode=2"},
        "wsrep-provider-options=\"gmcast.listen_addr=tcp://" + on_loopback(place.group) +
            ";ist.recv_addr=" + on_loopback(place.missing) +
            ";evs.keepalive_period=PT0.5S;evs.inactive_check_period=PT0.25S;evs.suspect_timeout=PT2S;"
            "evs.inactive_timeout=PT4S;gcache.size=16M\""})
    file << option << '\n';
}

void Cluster::start(std::size_t number, const std::string& group) {
  auto& place = places_[number];
  write_options(place, group);
  std::vector<std::string> command = {"mariadbd", "--defaults-file=" + place.dir + "/my.cnf"};
  if (group == "gcomm://") command.emplace_back("--wsrep-new-cluster");
  place.server = std::make_unique<Background>("galera-" + std::to_string(number), command);
  wait_until(
      "a node is ready",
      [&] {
        place.server->must_live();
        return is_ready(number);
      },
      std::chrono::seconds{60});
}

bool Cluster::is_ready(std::size_t number) const {
  try {
    const db::Connection connection{node(number)};
    return connection.server().is_cluster && connection.server().fault.empty();
  } catch (const std::exception&) {
    return false;
  }
}

std::string Cluster::hosts(std::size_t first) const {
  std::string list;
  for (std::size_t i = 0; i < kNodes; ++i)
    list += (list.empty() ? "" : ",") + on_loopback(places_[(first + i) % kNodes].port);
  return list;
}

db::ConnectOptions Cluster::node(std::size_t number) const {
  db::ConnectOptions options;
  options.socket = places_[number].dir + "/m.sock";
  options.user = user_;
  options.schema = "tenantd";
  return options;
}

// A node that is short of time may be out of the cluster for a moment (1047).
std::int64_t Cluster::number_in(std::size_t number, const std::string& query) const {
  std::int64_t found = 0;
  const auto asked = [&] {
    try {
      db::Connection connection{node(number)};
      auto rows = connection.run_query(query);
      require(rows.next(), query);
      found = rows.integer(0);
      return true;
    } catch (const db::ConnectionLost&) {
      return false;
    }
  };
  wait_until("the node answers", asked, std::chrono::seconds{60});
  return found;
}

void Cluster::tell(std::size_t number, const std::string& statement) const {
  db::Connection{node(number)}.run(statement);
}

void Cluster::kill(std::size_t number) {
  const auto pid = places_[number].server->pid();
  ::kill(pid, SIGKILL);
  wait_until("the node is gone", [&] { return !lives(pid); });
}

}  // namespace tenantd::test
