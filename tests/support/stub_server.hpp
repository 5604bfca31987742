// An HTTP server inside the test, on a loopback address of its choice, that answers as the test says:
// whatever a stranger's server may do. It ends with its owner.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tenantd::test {

struct StubRequest {
  std::string method;
  std::string path;    // with its query
  std::string header;  // the lines, as sent
  std::string body;
};

struct StubReply {
  int status = 200;
  std::string body = {};
  std::string header = "Content-Type: application/json\r\n";  // lines
  bool hang = false;                                          // says nothing at all
  std::size_t padding = 0;                                    // this many blanks after the body
};

class StubServer {
 public:
  using Answer = std::function<StubReply(const StubRequest&)>;

  explicit StubServer(Answer answer, const std::string& address = "127.0.0.1");
  ~StubServer();
  StubServer(const StubServer&) = delete;
  StubServer& operator=(const StubServer&) = delete;

  // "http://127.0.0.1:PORT"
  const std::string& url() const { return url_; }
  // How many requests came whose path begins so.
  std::size_t count(const std::string& path = "/") const;
  // Connections that were taken.
  std::size_t knocks() const { return knocks_; }

 private:
  void listen();
  void serve(int connection);

  Answer answer_;
  std::string url_;
  int socket_ = -1;
  int wake_[2] = {-1, -1};  // readable once it ends
  std::atomic<std::size_t> knocks_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> paths_;
  std::vector<std::thread> connections_;
  std::thread listener_;
};

}  // namespace tenantd::test
