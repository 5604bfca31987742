#include "support/background.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.hpp"
#include "support/processes.hpp"

namespace tenantd::test {

Background::Background(const std::string& name, std::vector<std::string> command)
    : log_(run_dir() + "/log/" + name + ".log"), pid_(-1) {
  const pid_t parent = ::getpid();
  auto arguments = pointers(command);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int fd = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    for (const int output : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(fd, output);
    ::setenv("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", 1);
    if (::getppid() == parent) ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  require(pid_ > 0, "fork");
}

Background::~Background() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

void Background::must_live() const { require(lives(pid_), "a program has ended; see " + log_); }

}  // namespace tenantd::test
