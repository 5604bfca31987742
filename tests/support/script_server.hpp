// The Python servers of tests/support for the length of a test, each with a folder of its own. They end with
// their input, even if the test is killed.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include <rapidjson/document.h>

namespace tenantd::test {

class ScriptServer {
 public:
  // `script`: "smtp_sink.py".
  ScriptServer(const std::string& script, const std::vector<std::string>& options);
  ~ScriptServer();
  ScriptServer(const ScriptServer&) = delete;
  ScriptServer& operator=(const ScriptServer&) = delete;

  const std::string& dir() const { return dir_; }
  std::string port() const;
  // "http://127.0.0.1:PORT"
  std::string url(const std::string& scheme = "http") const { return scheme + "://127.0.0.1:" + port(); }

 protected:
  // For those that write into the folder before the server starts.
  ScriptServer();
  void start(const std::string& script, const std::vector<std::string>& options);
  std::string read(const std::string& name) const;
  void write(const std::string& name, const std::string& text) const;

 private:
  std::string dir_;
  int input_ = -1;
  pid_t child_ = -1;
};

// tests/support/provider_stub.py
class ProviderStub : public ScriptServer {
 public:
  explicit ProviderStub(const std::string& kind, const std::string& script = "200");

  // What is said from the next request on: its first word is about it.
  void say(const std::string& script) const;
  int requests() const;
  // The nth request, waited for.
  rapidjson::Document request(int number) const;
  std::string text(int number, const std::string& pointer) const;
};

// tests/support/smtp_sink.py
class SmtpSink : public ScriptServer {
 public:
  explicit SmtpSink(const std::vector<std::string>& options = {}) : ScriptServer("smtp_sink.py", options) {}
  int mails() const;
  std::string mail(int number) const;
};

}  // namespace tenantd::test
