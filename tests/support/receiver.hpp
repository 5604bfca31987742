// A receiver of webhooks on a loopback port: keeps what it gets and answers as told, or not at all.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/api_client.hpp"

namespace tenantd::test {

struct Received {
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  rapidjson::Document json;

  std::string event_type() const { return json["type"].GetString(); }
};

class Receiver {
 public:
  struct Answer {
    int status = 200;
    std::string headers = {};  // "Location: /x\r\n"
    std::string body = {};
    bool hang = false;  // until release(), or for ever
  };

  Receiver();
  // Lets go of those it holds.
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  // What is answered to a request, from then on; by default 200 with nothing. Called in other threads.
  void answer(std::function<Answer(const Received&)> how);
  // Requests that hang are answered with 200.
  void release();

  // "http://127.0.0.1:PORT" and what follows.
  std::string url(const std::string& path = "/") const;
  int port() const { return port_; }

  // Waits until `count` requests came to `path`, answered or not, and returns copies of all of them.
  std::vector<Received> wait_for(std::size_t count, const std::string& path = "/");
  std::size_t count(const std::string& path = "/");
  // Requests that are held right now.
  std::size_t held();

 private:
  void accept_all();
  void serve(int fd);
  bool handle(int fd, Received request);

  int listener_;
  int port_ = 0;
  int stop_;  // an eventfd: no more connections
  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<Answer(const Received&)> answer_ = [](const Received&) { return Answer{}; };
  std::vector<Received> received_;
  std::size_t held_ = 0;
  bool released_ = false;
  bool ending_ = false;
  std::vector<int> open_;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace tenantd::test
