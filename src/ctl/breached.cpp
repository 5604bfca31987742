#include "breached.hpp"

#include <signal.h>
#include <sysexits.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "options.hpp"
#include "progress.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/breached.hpp"
#include "tenantd/crypto/password.hpp"
#include "usage.hpp"

namespace tenantd::ctl {

const char* const kBreachedPage =
    "Usage: tenantctl breached import LIST    make BREACHED_PASSWORDS of a list of leaked passwords: a line "
    "for\n"
    "                                         each SHA-1 hash in hexadecimal, sorted, and behind a colon "
    "how\n"
    "                                         often it was seen. LIST may be - for what comes in\n"
    "                         --output FILE   into another file\n"
    "                         --least N       without those that were seen less than N times\n"
    "       tenantctl breached check          read a password from a line that comes in, and say whether it\n"
    "                                         stands in BREACHED_PASSWORDS\n"
    "A file takes 3 bytes for a hash. It takes the place of the one before when it is whole, and counts "
    "once\n"
    "tenantd is reloaded.\n"
    "Exit status: 0 done, or the password is not in the list; 1 failed, or it is; 64 wrong usage; 65 the "
    "list is\n"
    "none; 66 no such list; 78 wrong settings.\n";

namespace {

volatile sig_atomic_t is_interrupted = 0;

std::string list_in_use() {
  auto path = load_settings().breached_passwords;
  if (path.empty()) throw ConfigError("BREACHED_PASSWORDS names no file");
  return path;
}

int import_list(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  std::string output, least{"1"};
  const auto words = read_options(arguments, {{"--output", output}, {"--least", least}}, 1);
  const auto fewest = parse_int(least);
  if (words.size() != 1) throw UsageError("breached import takes a LIST");
  if (!fewest || *fewest < 1) throw UsageError("--least takes a number from 1 on");
  const auto path = output.empty() ? list_in_use() : output;
  std::ifstream file;
  std::optional<std::int64_t> bytes;
  if (words[0] != "-") {
    std::error_code unknown;
    file.open(words[0], std::ios::binary);
    if (!file || std::filesystem::is_directory(words[0], unknown)) {
      err << "tenantctl: " << words[0] << " cannot be opened\n";
      return EX_NOINPUT;
    }
    const auto size = std::filesystem::file_size(words[0], unknown);
    if (!unknown) bytes = static_cast<std::int64_t>(size);
  }
  struct sigaction action {};
  action.sa_handler = [](int) { is_interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;  // who cannot wait asks twice
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  Progress progress{err};
  const auto tell = [&](std::int64_t lines, std::int64_t read) {
    if (is_interrupted != 0) throw std::runtime_error("interrupted: " + path + " is as it was");
    progress.say(lines, bytes && *bytes > 0 ? static_cast<double>(read) / static_cast<double>(*bytes) : 0);
  };
  try {
    const auto done = crypto::import_breached(words[0] == "-" ? std::cin : file, path, *fewest, bytes, tell);
    progress.end();
    out << path << " holds " << done.taken << " hashes";
    if (done.passed_over > 0) out << "; " << done.passed_over << " were seen too seldom";
    out << ". Reload tenantd to use it: sudo systemctl reload tenantd\n";
    return 0;
  } catch (const crypto::BreachedListError& e) {
    progress.end();
    err << "tenantctl: " << e.what() << '\n';
    return EX_DATAERR;
  }
}

int check_password(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  read_options(arguments, {});
  const crypto::BreachedPasswords list{list_in_use()};
  std::string typed;
  std::getline(std::cin, typed);
  const auto password = crypto::normalize_password(typed);
  if (!password || typed.empty()) {
    err << "tenantctl: no password came in\n";
    return EX_DATAERR;
  }
  const bool is_in = list.contains(*password);
  out << (is_in ? "it stands in the list\n" : "it does not stand in the list\n");
  return is_in ? 1 : 0;
}

}  // namespace

int breached(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  const std::string action = arguments.empty() ? "" : arguments[0];
  const Arguments rest{arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end()};
  if (action == "import") return import_list(rest, out, err);
  if (action == "check") return check_password(rest, out, err);
  throw UsageError("breached takes import LIST [--output FILE] [--least N] or check");
}

}  // namespace tenantd::ctl
