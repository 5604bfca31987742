#include "support/script_server.hpp"

#include <fcntl.h>
#include <rapidjson/pointer.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/check.hpp"
#include "support/processes.hpp"

namespace tenantd::test {
namespace fs = std::filesystem;

ScriptServer::ScriptServer() {
  std::string name = (fs::temp_directory_path() / "tenantd-server-XXXXXX").string();
  require(::mkdtemp(name.data()) != nullptr, "no folder");
  dir_ = name;
}

ScriptServer::ScriptServer(const std::string& script, const std::vector<std::string>& options)
    : ScriptServer() {
  start(script, options);
}

void ScriptServer::start(const std::string& script, const std::vector<std::string>& options) {
  int ends[2];
  require(::pipe2(ends, O_CLOEXEC) == 0, "no pipe");
  input_ = ends[1];
  std::vector<std::string> words{"/usr/bin/python3", setting("TENANTD_TOP", ".") + "/tests/support/" + script,
                                 dir_};
  words.insert(words.end(), options.begin(), options.end());
  child_ = ::fork();
  if (child_ == 0) {
    ::dup2(ends[0], STDIN_FILENO);
    const int log = ::open((dir_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    for (const int output : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(log, output);
    auto arguments = pointers(words);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(ends[0]);
  wait_until(script + " listens", [&] {
    require(lives(child_), script + " ended: " + read("log"));
    return fs::exists(dir_ + "/port");
  });
}

ScriptServer::~ScriptServer() {
  ::close(input_);
  if (child_ > 0) ::waitpid(child_, nullptr, 0);
  fs::remove_all(dir_);
}

std::string ScriptServer::read(const std::string& name) const {
  std::ifstream file{dir_ + '/' + name, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void ScriptServer::write(const std::string& name, const std::string& text) const {
  std::ofstream{dir_ + '/' + name + ".new", std::ios::binary} << text;
  fs::rename(dir_ + '/' + name + ".new", dir_ + '/' + name);
}

std::string ScriptServer::port() const { return read("port"); }

namespace {

int count_files(const std::string& dir, const std::string& stem, const std::string& end) {
  int number = 0;
  while (fs::exists(dir + '/' + stem + std::to_string(number) + end)) ++number;
  return number;
}

}  // namespace

ProviderStub::ProviderStub(const std::string& kind, const std::string& script) {
  write("script", script);
  start("provider_stub.py", {kind});
}

void ProviderStub::say(const std::string& script) const {
  std::string words;
  for (int i = 0; i < requests(); ++i) words += "200 ";
  write("script", words + script);
}

int ProviderStub::requests() const { return count_files(dir(), "request-", ".json"); }

rapidjson::Document ProviderStub::request(int number) const {
  const auto name = "request-" + std::to_string(number) + ".json";
  wait_until("the provider has " + name, [&] { return fs::exists(dir() + '/' + name); });
  rapidjson::Document document;
  document.Parse(read(name));
  require(document.IsObject(), name + " is no JSON");
  return document;
}

std::string ProviderStub::text(int number, const std::string& pointer) const {
  const auto document = request(number);
  const auto* value = rapidjson::Pointer{pointer}.Get(document);
  require(value != nullptr && value->IsString(), "no text at " + pointer);
  return value->GetString();
}

int SmtpSink::mails() const { return count_files(dir(), "mail-", ".eml"); }

std::string SmtpSink::mail(int number) const {
  const auto name = "mail-" + std::to_string(number) + ".eml";
  wait_until("the sink has " + name, [&] { return fs::exists(dir() + '/' + name); });
  return read(name);
}

}  // namespace tenantd::test
