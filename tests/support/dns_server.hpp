// A name server inside the test, over UDP and TCP on a port of 127.0.0.1, that answers questions about TXT
// records and addresses as the test says, or as no name server should. It ends with its owner.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tenantd::test {

struct DnsAnswer {
  enum class Manner {
    plain,
    truncated,    // over UDP cut, over TCP whole
    silent,       // nothing at all
    failing,      // SERVFAIL
    forged_id,    // with another question's id
    forged_name,  // about another name
    garbage       // bytes that are no message, under the right id
  };
  // Each record's strings, of 255 bytes at most.
  std::vector<std::vector<std::string>> records = {};
  Manner manner = Manner::plain;
  std::vector<std::string> addresses = {};  // IPv4, to who asks for them
};

class DnsServer {
 public:
  DnsServer();
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  // "127.0.0.1:PORT"
  std::string address() const;
  // What is said about `name` from now on; a name that nothing was said of does not exist.
  void say(const std::string& name, DnsAnswer answer);
  void say_txt(const std::string& name, const std::string& text) { say(name, {{{text}}}); }
  void forget(const std::string& name);
  // Questions about `name`, and how many of them came over TCP.
  std::size_t questions(const std::string& name) const;
  std::size_t questions_by_tcp() const { return by_tcp_; }

 private:
  std::string reply_to(const std::string& question, bool tcp);
  void serve();
  void serve_udp();
  void serve_tcp();

  int udp_ = -1, tcp_ = -1;
  int port_ = 0;
  int wake_[2] = {-1, -1};  // readable once it ends
  std::atomic<std::size_t> by_tcp_{0};
  mutable std::mutex mutex_;
  std::map<std::string, DnsAnswer> answers_;
  std::map<std::string, std::size_t> asked_;
  std::thread thread_;
};

}  // namespace tenantd::test
