#include "support/second_host.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "support/check.hpp"

namespace tenantd::test {
namespace {

std::string fresh_dir() {
  // Short: a socket's path takes 107 characters.
  std::string pattern = "/tmp/tenantd-host-XXXXXX";
  require(::mkdtemp(pattern.data()) != nullptr, "no folder");
  return pattern;
}

std::vector<std::string> start_command(const PrivateStack& stack, const std::string& dir,
                                       const std::vector<std::string>& settings, const std::string& passed) {
  std::string script = ". " + stack.dir() +
                       "/environment && export HOST_NAME=second FILES_SHARED=true FAST_SOCKET=" + dir +
                       "/fast.sock HASH_SOCKET=" + dir + "/hash.sock OUTBOUND_SOCKET=" + dir +
                       "/outbound.sock EXPORT_SOCKET=" + dir + "/export.sock";
  for (const auto& each : settings) script += " " + each;
  script += passed;
  return {"bash", "-c", script + " && exec " + setting("TENANTD_BUILD") + "/tenantd"};
}

int listening(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  // Above those that the program gets, and inherited by the shell that gives them.
  const int low = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int fd = ::fcntl(low, F_DUPFD, 20);
  ::close(low);
  require(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
              ::listen(fd, SOMAXCONN) == 0,
          "no socket " + path);
  return fd;
}

OwnNginx::Configuration sites() {
  return [](const OwnNginx::Place& at) {
    return "limit_conn_zone \"\" zone=tenantd_connections:1m;\nlimit_req_zone \"\" zone=tenantd_requests:1m "
           "rate=200r/s;\nserver { listen 127.0.0.1:" +
           std::to_string(at.port) + "; server_name _; set_real_ip_from 127.0.0.1; set $tenantd_files \"" +
           at.dir + "\"; include tenantd/server.conf; }\n";
  };
}

}  // namespace

pid_t poller_of(pid_t master) {
  for (const auto pid : children_of(master)) {
    std::string name;
    std::getline(std::ifstream{"/proc/" + std::to_string(pid) + "/comm"}, name);
    if (name == "tenantd-hosts") return pid;
  }
  return 0;
}

std::int64_t metric(const std::string& url, const std::string& name) {
  const auto body = Client{url}.get("/metrics").body;
  const auto at = body.find('\n' + name + ' ');
  require(at != std::string::npos, "no metric " + name);
  return std::atoll(body.c_str() + at + name.size() + 2);
}

void wait_until_trusting(const std::string& url) {
  wait_until(url + " trusts what it remembers",
             [&] { return metric(url, "tenantd_session_cache_trusted") == 1; });
}

SecondHost::SecondHost(const PrivateStack& stack, const std::vector<std::string>& settings, Sockets sockets)
    : dir_(fresh_dir()) {
  std::string passed;
  if (sockets == Sockets::kept) {
    passed = " LISTEN_PID=$$ LISTEN_FDS=3 LISTEN_FDNAMES=fast:hash:outbound; exec";
    int descriptor = 3;
    std::size_t at = 0;
    for (const char* lane : {"fast", "hash", "outbound"}) {
      kept_[at] = listening(dir_ + '/' + lane + ".sock");
      passed += ' ' + std::to_string(descriptor++) + "<&" + std::to_string(kept_[at++]);
    }
  }
  command_ = start_command(stack, dir_, settings, passed);
  start();
}

void SecondHost::start() {
  tenantd_.emplace("second-host", command_);
  if (!nginx_) {
    nginx_.emplace(sites(),
                   OwnNginx::Sockets{dir_ + "/fast.sock", dir_ + "/hash.sock", dir_ + "/outbound.sock"});
    url_ = nginx_->url();
  }
  wait_until("the second host answers", [&] {
    tenantd_->must_live();
    return client().get("/health/ready").status == 200;
  });
}

SecondHost::~SecondHost() {
  if (tenantd_) signal_all(SIGCONT);
  nginx_.reset();
  tenantd_.reset();
  for (const int fd : kept_)
    if (fd >= 0) ::close(fd);
  std::filesystem::remove_all(dir_);
}

Client SecondHost::client(const Account& account) const {
  auto made = client();
  made.bearer(account.access_token);
  return made;
}

void SecondHost::signal_all(int signal) const {
  for (const auto pid : children_of(master())) ::kill(pid, signal);
  ::kill(master(), signal);
}

// The master first, or it would start others.
void SecondHost::kill() {
  const auto workers = children_of(master());
  ::kill(master(), SIGKILL);
  for (const auto pid : workers) ::kill(pid, SIGKILL);
  tenantd_.reset();
}

void SecondHost::stop() { tenantd_.reset(); }

void SecondHost::restart() {
  stop();
  start();
}

}  // namespace tenantd::test
