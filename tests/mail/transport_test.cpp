#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "support/loopback.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/mail/transports.hpp"

extern char** environ;

using namespace tenantd;
using mail::Message;
using mail::Outcome;
using mail::Result;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kPatience = 20'000'000;  // microseconds

// A folder of its own, gone with the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "tenantd-mail-XXXXXX").string();
    cr_assert(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string str() const { return path_.string(); }

 private:
  fs::path path_;
};

std::string slurp(const std::string& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Waits until `path` is there; the watch is set before the look, so nothing is missed.
void await_file(const std::string& path) {
  const int watch = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  cr_assert(::inotify_add_watch(watch, fs::path{path}.parent_path().c_str(), IN_MOVED_TO) >= 0);
  const auto deadline = monotonic_microseconds() + kPatience;
  while (!fs::exists(path)) {
    const auto left = (deadline - monotonic_microseconds()) / 1000;
    cr_assert(left > 0, "%s did not appear", path.c_str());
    pollfd event{watch, POLLIN, 0};
    ::poll(&event, 1, static_cast<int>(left));
    char drop[4096];
    while (::read(watch, drop, sizeof drop) > 0) {
    }
  }
  ::close(watch);
}

// Starts a program with its input from `input` (or nothing). Returns its process id.
pid_t start(const std::vector<std::string>& words, int input = -1) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (input >= 0) posix_spawn_file_actions_adddup2(&actions, input, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int status = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  cr_assert_eq(status, 0, "%s cannot be started", arguments[0]);
  return child;
}

// tests/support/smtp_sink.py for the length of a test. It ends with its input, even if the test is killed.
class Sink {
 public:
  explicit Sink(const std::vector<std::string>& options = {}) {
    int ends[2];
    cr_assert(::pipe2(ends, O_CLOEXEC) == 0);
    input_ = ends[1];
    for (const auto& option : options)
      if (option == "--starttls" || option == "--smtps") make_certificate();
    std::vector<std::string> words{"/usr/bin/python3", script(), folder_.str()};
    words.insert(words.end(), options.begin(), options.end());
    child_ = start(words, ends[0]);
    ::close(ends[0]);
    await_file(folder_ / "port");
  }
  ~Sink() {
    ::close(input_);
    ::waitpid(child_, nullptr, 0);
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  std::string url(const std::string& scheme = "smtp", const std::string& host = "127.0.0.1") const {
    return scheme + "://" + host + ":" + slurp(folder_ / "port");
  }
  std::string certificate() const { return folder_ / "cert.pem"; }
  bool has(int number) const { return fs::exists(folder_ / ("mail-" + std::to_string(number) + ".eml")); }
  std::string mail(int number) const { return slurp(folder_ / ("mail-" + std::to_string(number) + ".eml")); }
  std::string facts(int number) const {
    return slurp(folder_ / ("mail-" + std::to_string(number) + ".json"));
  }

 private:
  static std::string script() {
    const char* root = std::getenv("TENANTD_TOP");
    return std::string{root ? root : "."} + "/tests/support/smtp_sink.py";
  }
  void make_certificate() const {
    const pid_t maker = start({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                               "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                               "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                               "-keyout", folder_ / "key.pem", "-out", folder_ / "cert.pem"});
    int status = 0;
    ::waitpid(maker, &status, 0);
    cr_assert(status == 0, "openssl made no certificate");
  }

  Folder folder_;
  int input_ = -1;
  pid_t child_ = -1;
};

Message sample(const std::string& body = "Hello\r\n.\r\n..dots\r\n") {
  return {"no-reply@acme.example", "carol@example.com", "0190b7a4-7c11-7000-8000-000000000001@acme.example",
          "Subject: test\r\n\r\n" + body, from_unix(1795231900)};
}

mail::SmtpOptions plain(const Sink& sink) {
  mail::SmtpOptions options;
  options.url = sink.url();
  options.require_tls = false;
  options.timeout_seconds = 10;
  return options;
}

mail::SmtpOptions secure(const Sink& sink, const std::string& scheme) {
  mail::SmtpOptions options = plain(sink);
  options.url = sink.url(scheme);
  options.require_tls = true;
  options.ca_file = sink.certificate();
  options.user = "robot";
  options.password = Secret{"open sesame"};
  return options;
}

Result send(const mail::SmtpOptions& options) { return mail::make_smtp_transport(options)->send(sample()); }

bool contains(const std::string& text, std::string_view piece) {
  return text.find(piece) != std::string::npos;
}

bool refuses_settings(void (*change)(Settings&)) {
  Settings settings;
  change(settings);
  try {
    mail::make_transport(settings);
    return false;
  } catch (const ConfigError&) {
    return true;
  }
}

}  // namespace

Test(smtp, delivers_envelope_and_bytes_over_a_plain_connection) {
  const Sink sink;
  const Result result = send(plain(sink));
  cr_assert(result.outcome == Outcome::sent, "%s", result.detail.c_str());
  cr_assert(contains(result.detail, "250"));
  cr_assert(contains(sink.mail(0), sample().data));
  cr_assert(contains(sink.facts(0), "\"sender\": \"no-reply@acme.example\""));
  cr_assert(contains(sink.facts(0), "\"recipients\": [\"carol@example.com\"]"));
}

Test(smtp, delivers_over_starttls_with_authentication) {
  const Sink sink{{"--starttls", "--auth"}};
  const Result result = send(secure(sink, "smtp"));
  cr_assert(result.outcome == Outcome::sent, "%s", result.detail.c_str());
  cr_assert(contains(sink.facts(0), "\"tls\": true"));
  cr_assert(contains(sink.facts(0), "\"authenticated\": true"));
}

Test(smtp, delivers_over_tls_from_the_first_byte) {
  const Sink sink{{"--smtps", "--auth"}};
  const Result result = send(secure(sink, "smtps"));
  cr_assert(result.outcome == Outcome::sent, "%s", result.detail.c_str());
  cr_assert(contains(sink.facts(0), "\"authenticated\": true"));
}

Test(smtp, keeps_its_connection_between_mails_until_idle) {
  const Sink sink;
  const auto transport = mail::make_smtp_transport(plain(sink));
  for (int i = 0; i < 3; ++i) cr_assert(transport->send(sample()).outcome == Outcome::sent);
  cr_assert(contains(sink.facts(2), "\"connections\": 1"));
  transport->idle();
  cr_assert(transport->send(sample()).outcome == Outcome::sent);
  cr_assert(contains(sink.facts(3), "\"connections\": 2"));
}

Test(smtp, a_mail_on_a_kept_connection_is_two_round_trips_where_the_server_pipelines) {
  for (const bool pipelining : {false, true}) {
    const int trips = pipelining ? 2 : 4;
    const Sink sink{pipelining ? std::vector<std::string>{"--pipelining"} : std::vector<std::string>{}};
    const auto transport = mail::make_smtp_transport(plain(sink));
    for (int i = 0; i < 3; ++i) cr_assert(transport->send(sample()).outcome == Outcome::sent);
    cr_assert(contains(sink.facts(2), "\"connections\": 1"));
    cr_assert(contains(sink.facts(2), "\"flights\": " + std::to_string(trips)), "%s", sink.facts(2).c_str());
    cr_assert(contains(sink.mail(2), sample().data));
  }
}

Test(smtp, a_refused_mail_ends_neither_the_connection_nor_the_next_mail) {
  for (const bool asks_for_nobodys : {false, true})
    for (const bool pipelining : {false, true})
      for (const char* stage : {"rcpt", "data"}) {
        std::vector<std::string> words{"--reply", "550 5.7.1 not this one", "--at", stage};
        if (pipelining) words.push_back("--pipelining");
        if (asks_for_nobodys) words.push_back("--always-354");
        const Sink sink{words};
        const auto transport = mail::make_smtp_transport(plain(sink));
        cr_assert(transport->send(sample()).outcome == Outcome::refused);
        for (int i = 0; i < 2; ++i) {
          const auto result = transport->send(sample());
          cr_assert(result.outcome == Outcome::sent, "%s", result.detail.c_str());
        }
        cr_assert(contains(sink.facts(1), "\"connections\": 1"), "%s", sink.facts(1).c_str());
        cr_assert_not(sink.has(2));
      }
}

Test(smtp, a_kept_connection_that_the_server_ends_costs_no_mail) {
  const Sink sink{{"--ends-after", "1"}};
  const auto transport = mail::make_smtp_transport(plain(sink));
  for (int i = 0; i < 3; ++i) {
    const auto result = transport->send(sample());
    cr_assert(result.outcome == Outcome::sent, "%s", result.detail.c_str());
  }
  cr_assert(contains(sink.facts(2), "\"connections\": 3"), "%s", sink.facts(2).c_str());
}

Test(smtp, tls_that_is_required_and_not_offered_sends_nothing) {
  const Sink sink;
  mail::SmtpOptions options = plain(sink);
  options.require_tls = true;
  const Result result = send(options);
  cr_assert(result.outcome == Outcome::retry && result.connection_failed);
  cr_assert_not(sink.has(0));
}

Test(smtp, a_certificate_of_an_unknown_authority_sends_nothing) {
  const Sink sink{{"--starttls"}};
  mail::SmtpOptions options = secure(sink, "smtp");
  options.ca_file.clear();
  const Result result = send(options);
  cr_assert(result.outcome == Outcome::retry && result.connection_failed, "%s", result.detail.c_str());
  cr_assert_not(sink.has(0));
}

Test(smtp, wrong_credentials_are_retried_since_the_operator_mends_them) {
  const Sink sink{{"--starttls", "--auth"}};
  mail::SmtpOptions options = secure(sink, "smtp");
  options.password = Secret{"wrong"};
  const Result wrong = send(options);
  cr_assert(wrong.outcome == Outcome::retry && wrong.connection_failed);
  cr_assert(contains(wrong.detail, "535"), "%s", wrong.detail.c_str());
  options.user.clear();
  const Result none = send(options);
  cr_assert(none.outcome == Outcome::retry && none.connection_failed);
  cr_assert(contains(none.detail, "530"), "%s", none.detail.c_str());
}

Test(smtp, a_4xx_is_retried_and_passes_when_the_server_relents) {
  for (const char* stage : {"rcpt", "data"}) {
    const Sink sink{{"--reply", "451 4.3.0 later", "--at", stage}};
    const auto transport = mail::make_smtp_transport(plain(sink));
    const Result first = transport->send(sample());
    cr_assert(first.outcome == Outcome::retry && !first.connection_failed, "%s", first.detail.c_str());
    cr_assert_eq(first.detail, "451 4.3.0 later");
    cr_assert(transport->send(sample()).outcome == Outcome::sent);
  }
}

Test(smtp, a_5xx_about_the_mail_is_refused_and_the_next_mail_passes) {
  for (const char* stage : {"rcpt", "data"}) {
    const Sink sink{{"--reply", "550 5.1.1 no such user", "--at", stage}};
    const auto transport = mail::make_smtp_transport(plain(sink));
    const Result first = transport->send(sample());
    cr_assert(first.outcome == Outcome::refused, "%s", first.detail.c_str());
    cr_assert_eq(first.detail, "550 5.1.1 no such user");
    cr_assert(transport->send(sample()).outcome == Outcome::sent);
  }
}

Test(smtp, only_a_definite_answer_to_the_recipient_says_that_there_is_nobody) {
  struct Case {
    const char* reply;
    const char* stage;
    bool nobody;
  };
  for (const auto& [reply, stage, nobody] :
       {Case{"550 5.1.1 no such user", "rcpt", true}, Case{"550 5.1.6 moved", "rcpt", true},
        Case{"556 5.1.10 null MX", "rcpt", true}, Case{"550 5.1.1 no such user", "data", false},
        Case{"550 no such user", "rcpt", false}, Case{"550 5.7.1 relay denied", "rcpt", false},
        Case{"550 5.1.12 something else", "rcpt", false}, Case{"552 5.2.2 mailbox full", "rcpt", false},
        Case{"450 5.1.1 greylisted", "rcpt", false}}) {
    const Sink sink{{"--reply", reply, "--at", stage}};
    cr_assert_eq(send(plain(sink)).no_such_recipient, nobody, "%s at %s", reply, stage);
  }
}

Test(smtp, a_server_that_says_421_is_no_fault_of_the_mail) {
  const Sink sink{{"--reply", "421 4.3.2 shutting down"}};
  const Result result = send(plain(sink));
  cr_assert(result.outcome == Outcome::retry && result.connection_failed);
}

Test(smtp, a_server_that_hangs_costs_the_timeout_and_a_retry) {
  const Sink sink{{"--hang"}};
  mail::SmtpOptions options = plain(sink);
  options.timeout_seconds = 1;
  const auto before = monotonic_microseconds();
  cr_assert(send(options).outcome == Outcome::retry);
  const auto taken = monotonic_microseconds() - before;
  cr_assert(taken > 900'000 && taken < 10'000'000, "%lld", static_cast<long long>(taken));
}

Test(smtp, a_server_that_dies_after_the_message_is_retried) {
  const Sink sink{{"--die"}};
  cr_assert(send(plain(sink)).outcome == Outcome::retry);
}

Test(smtp, a_server_that_is_not_there_is_retried) {
  // Bound and not listening: nobody else can take the port meanwhile.
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int port = test::bind_to_loopback(socket);
  mail::SmtpOptions options;
  options.url = "smtp://127.0.0.1:" + std::to_string(port);
  options.require_tls = false;
  const Result result = send(options);
  cr_assert(result.outcome == Outcome::retry && result.connection_failed);
  ::close(socket);
}

Test(smtp_options, remote_hosts_need_tls_and_loopback_does_not) {
  Settings settings;
  settings.smtp_url = "smtp://mail.example.com:587";
  cr_assert(mail::smtp_options(settings).require_tls && mail::smtp_options(settings).verify_peer);
  for (const char* local :
       {"smtp://localhost:25", "smtp://LOCALHOST", "smtp://127.0.0.1:2525", "smtp://[::1]:25"}) {
    settings.smtp_url = local;
    cr_assert_not(mail::smtp_options(settings).require_tls || mail::smtp_options(settings).verify_peer, "%s",
                  local);
  }
  for (const char* remote :
       {"smtp://127.0.0.1.example.com", "smtp://localhost.example.com", "smtp://128.0.0.1"}) {
    settings.smtp_url = remote;
    cr_assert(mail::smtp_options(settings).require_tls, "%s", remote);
  }
  settings.smtp_starttls = false;
  cr_assert_not(mail::smtp_options(settings).require_tls);
}

Test(smtp_options, settings_that_cannot_work_are_refused_at_the_start) {
  cr_assert(refuses_settings([](Settings& s) { s.smtp_url = "http://mail.example.com"; }));
  cr_assert(refuses_settings([](Settings& s) { s.smtp_url = "mail.example.com"; }));
  cr_assert(refuses_settings([](Settings& s) { s.smtp_url = ""; }));
  cr_assert(refuses_settings([](Settings& s) { s.smtp_url = "smtp://robot:pw@mail.example.com"; }));
  cr_assert(refuses_settings([](Settings& s) { s.smtp_user = "robot"; }));
  cr_assert(refuses_settings([](Settings& s) { s.smtp_ca_file = "/nowhere/ca.pem"; }));
  cr_assert(refuses_settings([](Settings& s) { s.mail_transport = "pigeon"; }));
  cr_assert(refuses_settings([](Settings& s) { s.mail_from = "nobody"; }));
  cr_assert_not(refuses_settings([](Settings&) {}));
}

Test(file_transport, writes_one_private_file_a_message_however_often_it_is_sent) {
  const Folder folder;
  const std::string dir = folder / "deep/mail";
  const auto transport = mail::make_file_transport(dir + "/");
  for (int i = 0; i < 3; ++i) {
    cr_assert(transport->send(sample()).outcome == Outcome::sent);
    if (i > 0) cr_assert_not(transport->settle().has_value());
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{dir}) files.push_back(entry.path());
  cr_assert_eq(files.size(), 1U);
  cr_assert_eq(files[0].filename().string(),
               "20261121T033140Z-0190b7a4-7c11-7000-8000-000000000001@acme.example.eml");
  cr_assert_eq(slurp(files[0].string()), sample().data);
  struct stat found {};
  cr_assert(::stat(dir.c_str(), &found) == 0 && (found.st_mode & 0777U) == 0700U);
  cr_assert(::stat(files[0].c_str(), &found) == 0 && (found.st_mode & 0777U) == 0600U);
}

Test(file_transport, a_message_id_is_never_a_path) {
  const Folder folder;
  Message message = sample();
  message.message_id = std::string{"../../up\0x", 10};
  const auto transport = mail::make_file_transport(folder.str());
  cr_assert(transport->send(message).outcome == Outcome::sent);
  cr_assert_not(transport->settle().has_value());
  cr_assert(fs::exists(folder / "20261121T033140Z-.._.._up_x.eml"));
}

Test(file_transport, a_mail_has_its_name_once_all_of_the_batch_is_on_the_disk) {
  const Folder folder;
  const auto names = [&] {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator{folder.str()}) found.insert(entry.path().extension());
    return found;
  };
  const auto transport = mail::make_file_transport(folder.str());
  for (int i = 0; i < 5; ++i) {
    Message message = sample();
    message.message_id = std::to_string(i);
    cr_assert(transport->send(message).outcome == Outcome::sent);
  }
  cr_assert(names() == std::set<std::string>{".tmp"});
  cr_assert_not(transport->settle().has_value());
  cr_assert(names() == std::set<std::string>{".eml"});
}

Test(file_transport, a_batch_that_cannot_be_named_is_retried_whole) {
  const Folder folder;
  const auto transport = mail::make_file_transport(folder.str());
  Message message = sample();
  message.message_id = "first";
  transport->send(message);
  message.message_id = "second";
  transport->send(message);
  fs::create_directory(folder / "20261121T033140Z-second.eml");
  const auto failure = transport->settle();
  cr_assert(failure && failure->outcome == Outcome::retry && failure->connection_failed);
  cr_assert_not(transport->settle().has_value());
  fs::remove(folder / "20261121T033140Z-second.eml");
  for (const auto& entry : fs::directory_iterator{folder.str()})
    cr_assert_neq(entry.path().extension(), ".tmp");
}

Test(file_transport, removes_what_a_killed_courier_left_unnamed_once_it_is_old) {
  const Folder folder;
  const auto path = [&](const std::string& name) { return folder / ("20261121T033140Z-" + name); };
  for (const char* name : {"old.eml.7-0.tmp", "new.eml.7-1.tmp", "old.eml"}) std::ofstream{path(name)} << "x";
  for (const char* name : {"old.eml.7-0.tmp", "old.eml"})
    fs::last_write_time(path(name), fs::file_time_type::clock::now() - std::chrono::hours{2});
  const auto transport = mail::make_file_transport(folder.str());
  cr_assert(transport->send(sample()).outcome == Outcome::sent);
  cr_assert_not(fs::exists(path("old.eml.7-0.tmp")));
  cr_assert(fs::exists(path("new.eml.7-1.tmp")) && fs::exists(path("old.eml")));
}

Test(file_transport, a_folder_that_cannot_be_made_is_retried) {
  const Folder folder;
  std::ofstream{folder / "file"} << "x";
  const Result result = mail::make_file_transport(folder / "file/mail")->send(sample());
  cr_assert(result.outcome == Outcome::retry && result.connection_failed);
}
