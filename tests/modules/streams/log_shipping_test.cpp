// The configurations of rsyslog that systemd/monitoring ships, run by rsyslogd itself: a stream's receiver,
// and a host that sends its logs there.
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "modules/streams/stream_fixture.hpp"
#include "support/background.hpp"
#include "support/certificates.hpp"
#include "support/loopback.hpp"

using namespace tenantd::test;
namespace fs = std::filesystem;

namespace {

bool is_taken(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

using Swaps = std::vector<std::pair<std::string, std::string>>;

// An rsyslogd with one of the shipped files and nothing else but what a test adds.
class Rsyslogd {
 public:
  Rsyslogd(const std::string& shipped, const Swaps& swaps, const std::string& more = "") {
    dir_ = run_dir() + "/rsyslog-XXXXXX";
    require(::mkdtemp(dir_.data()) != nullptr, "a folder");
    auto text = file_text(setting("TENANTD_TOP") + "/systemd/monitoring/" + shipped);
    auto changes = swaps;
    if (text.find("/var/log/tenantd/") != std::string::npos)
      changes.emplace_back("/var/log/tenantd/", dir_ + "/out/");
    for (const auto& [from, to] : changes) {
      require(text.find(from) != std::string::npos, shipped + " has no " + from);
      for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    }
    std::ofstream{conf()} << "global(workDirectory=\"" << dir_ << "\")\n" << more << text;
    const auto checked = run_program({"rsyslogd", "-N1", "-f", conf(), "-i", dir_ + "/pid.check"});
    require(checked.status == 0, checked.output);
    start();
  }
  ~Rsyslogd() {
    process_.reset();
    fs::remove_all(dir_);
  }
  Rsyslogd(const Rsyslogd&) = delete;
  Rsyslogd& operator=(const Rsyslogd&) = delete;

  void start() {
    fs::remove(dir_ + "/pid");
    process_.emplace(name_, std::vector<std::string>{"rsyslogd", "-n", "-f", conf(), "-i", dir_ + "/pid"});
  }
  void kill() {
    ::kill(process_->pid(), SIGKILL);
    process_.reset();
  }
  void wait_for(int port) const {
    wait_until("rsyslogd listens", [&] {
      process_->must_live();
      return is_taken(port);
    });
  }
  // The lines of all files whose names begin so.
  std::vector<std::string> lines(const std::string& name) const {
    std::vector<std::string> all;
    if (!fs::exists(dir_ + "/out")) return all;
    for (const auto& one : fs::directory_iterator{dir_ + "/out"}) {
      if (!one.path().filename().string().starts_with(name)) continue;
      std::ifstream file{one.path()};
      for (std::string line; std::getline(file, line);) all.push_back(line);
    }
    return all;
  }
  // What it says of itself.
  std::string said() const { return file_text(run_dir() + "/log/" + name_ + ".log"); }

 private:
  std::string conf() const { return dir_ + "/rsyslog.conf"; }

  std::string dir_;
  std::string name_ = fresh_name("rsyslogd");
  std::optional<Background> process_;
};

Swaps collector_swaps(const Certificates& certificates, int port) {
  return {{"/etc/ssl/tenantd/ca.pem", certificates.path("ca.pem")},
          {"/etc/ssl/tenantd/collector.pem", certificates.path("server.pem")},
          {"/etc/ssl/tenantd/collector.key", certificates.path("server.key")},
          {"6514", std::to_string(port)}};
}

Arrived arrived_at(const Rsyslogd& collector) {
  Arrived found;
  for (const auto& line : collector.lines("audit-")) {
    rapidjson::Document item;
    item.Parse(line.data(), line.size());
    require(!item.HasParseError(), "cut or changed: " + line.substr(0, 300));
    found.add(item);
  }
  return found;
}

}  // namespace

Test(log_shipping, a_stream_fills_rsyslogs_files_in_its_order_and_loses_nothing, .timeout = 240) {
  const Certificates certificates;
  const int port = free_port();
  Rsyslogd collector{"tenantd-collector.rsyslog.conf", collector_swaps(certificates, port)};
  collector.wait_for(port);
  StreamStack streams{{"OUTBOUND_CA_FILE=" + certificates.path("ca.pem")}};
  const auto first = chain_head(streams.owner.org_id) + 1;
  const auto path = streams.make(streams.owner, StreamStack::body("tls://localhost:" + std::to_string(port),
                                                                  R"(,"kind":"syslog")", R"(["audit"])"));
  const auto caught_up = [&] {
    wait_until("the stream has caught up",
               [&] { return streams.owner.client().get(path).number("/behind") == 0; });
  };
  StreamStack::happen(streams.owner, 40);
  // Longer than what rsyslogd takes unless it is told to.
  expect(streams.owner.client().post("/api/v1/projects",
                                     object({{"name", "Long"}, {"description", std::string(9500, 'x')}})),
         201);
  caught_up();
  require_all(arrived_at(collector), streams.owner.org_id, first);
  collector.kill();
  StreamStack::happen(streams.owner, 20);
  wait_until("it cannot be sent", [&] { return streams.owner.client().get(path).number("/failures") > 0; });
  collector.start();
  caught_up();
  require_all(arrived_at(collector), streams.owner.org_id, first);
}

Test(log_shipping, a_hosts_logs_reach_the_collector_and_wait_while_it_is_away, .timeout = 240) {
  const Certificates certificates;
  const int port = free_port();
  Rsyslogd collector{"tenantd-collector.rsyslog.conf", collector_swaps(certificates, port)};
  collector.wait_for(port);
  const auto access_log = run_dir() + '/' + fresh_name("shipped") + ".log";
  std::ofstream nginx{access_log};
  const auto socket = run_dir() + '/' + fresh_name("log");
  const Rsyslogd host{
      "tenantd-sender.rsyslog.conf",
      {{"/etc/ssl/tenantd/ca.pem", certificates.path("ca.pem")},
       {"/var/log/nginx/tenantd.log", access_log},
       {"logs.example.com", "localhost"},
       {"6514", std::to_string(port)}},
      "module(load=\"imuxsock\" SysSock.Use=\"off\")\ninput(type=\"imuxsock\" Socket=\"" + socket + "\")\n"};
  wait_until("the host's socket is there", [&] { return fs::exists(socket); });
  const auto say = [&](int number) {
    const auto line =
        R"({"event":"started","number":)" + std::to_string(number) + R"(,"text":"Größe \"x\""})";
    nginx << line << std::endl;
    const auto said =
        run_program({"logger", "-u", socket, "-t", "tenantd-courier", "-p", "daemon.info", line});
    require(said.status == 0, said.output);
    return line;
  };
  std::vector<std::string> all;
  const auto expect_arrived = [&] {
    for (const char* name : {"tenantd-nginx-", "tenantd-courier-"}) {
      wait_until(std::string{name} + " has arrived",
                 [&] { return collector.lines(name).size() >= all.size(); });
      require(collector.lines(name) == all, std::string{name} + ": other lines, or in another order");
    }
  };
  for (int i = 0; i < 5; ++i) all.push_back(say(i));
  expect_arrived();
  collector.kill();
  for (int i = 10; i < 15; ++i) all.push_back(say(i));
  collector.start();
  expect_arrived();
  // A name that would lead out of the folder.
  const std::string stray = "<14>1 2026-01-01T00:00:00Z host ../../x - - - stray";
  run_program({"bash", "-c",
               "printf %s \"$1\" | openssl s_client -quiet -no_ign_eof -connect localhost:$2 2>/dev/null",
               "sh", std::to_string(stray.size()) + ' ' + stray, std::to_string(port)});
  wait_until("it is among the others", [&] { return collector.lines("other-").size() == 1; });
  // A program that is none of ours.
  run_program({"logger", "-u", socket, "-t", "cron", "-p", "daemon.info", "no line of ours"});
  all.push_back(say(5));
  expect_arrived();
  require_equal(collector.lines("").size(), 2 * all.size() + 1);
  nginx.close();
  fs::remove(access_log);
  fs::remove(socket);
}

// Whoever listens at the collector's address without its certificate gets nothing.
Test(log_shipping, a_host_sends_nothing_to_a_collector_of_another_authority, .timeout = 120) {
  const Certificates certificates, foreign;
  const int port = free_port();
  Rsyslogd collector{"tenantd-collector.rsyslog.conf", collector_swaps(foreign, port)};
  collector.wait_for(port);
  const auto access_log = run_dir() + '/' + fresh_name("shipped") + ".log";
  std::ofstream{access_log} << "{\"secret\":1}\n";
  const Rsyslogd host{"tenantd-sender.rsyslog.conf",
                      {{"/etc/ssl/tenantd/ca.pem", certificates.path("ca.pem")},
                       {"/var/log/nginx/tenantd.log", access_log},
                       {"logs.example.com", "localhost"},
                       {"6514", std::to_string(port)}}};
  wait_until("the host says that it does not trust it",
             [&] { return host.said().find("not permitted to talk to peer") != std::string::npos; });
  require(collector.lines("").empty(), "lines for a stranger");
  fs::remove(access_log);
}
