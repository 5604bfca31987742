// A real serve() on a unix socket, spoken to in FastCGI records made here.
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tenantd/http/server.hpp"

using namespace tenantd::http;

namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

constexpr int kPatienceMs = 15000;

std::string record(int type, const std::string& content, int id = 1) {
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xFFU); };
  std::string out{'\1',
                  byte(static_cast<std::size_t>(type)),
                  byte(static_cast<std::size_t>(id) >> 8U),
                  byte(static_cast<std::size_t>(id)),
                  byte(content.size() >> 8U),
                  byte(content.size()),
                  '\0',
                  '\0'};
  return out + content;
}

// FCGI_BEGIN_REQUEST as responder; the flag is FCGI_KEEP_CONN.
std::string begin(bool keep = true) {
  return record(1, std::string{'\0', '\1', keep ? '\1' : '\0', 0, 0, 0, 0, 0});
}

std::string length_prefix(std::size_t length) {
  if (length < 128) return {static_cast<char>(length)};
  const auto byte = [&](unsigned shift) { return static_cast<char>((length >> shift) & 0xFFU); };
  return {static_cast<char>(byte(24) | '\x80'), byte(16), byte(8), byte(0)};
}

std::string parameters(const Parameters& list) {
  std::string content;
  for (const auto& [name, value] : list)
    content += length_prefix(name.size()) + length_prefix(value.size()) + name + value;
  return record(4, content) + record(4, "");
}

std::string input(const std::string& body) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += 32768) out += record(5, body.substr(at, 32768));
  return out + record(5, "");
}

std::string message(const std::string& method, const std::string& path, const Parameters& more = {},
                    const std::string& body = {}, bool keep = true) {
  Parameters list = {{"REQUEST_METHOD", method}, {"DOCUMENT_URI", path}, {"REQUEST_ID", "r-1"}};
  list.insert(list.end(), more.begin(), more.end());
  return begin(keep) + parameters(list) + input(body);
}

std::string get(const std::string& path, const Parameters& more = {}) { return message("GET", path, more); }

class Connection {
 public:
  explicit Connection(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    struct sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    cr_assert(::connect(fd_, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == 0);
  }
  ~Connection() { close(); }
  Connection(Connection&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}
  Connection(const Connection&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }

  // Returns false if the server has closed the connection.
  bool send(const std::string& bytes) const {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto count = ::send(fd_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (count < 0) return false;
      at += static_cast<std::size_t>(count);
    }
    return true;
  }

  // Returns what the next request's reply says on its standard output, or nullopt if the connection is closed
  // first.
  std::optional<std::string> reply() {
    std::string out;
    for (;;) {
      if (!fill(8)) return std::nullopt;
      const auto byte = [&](std::size_t at) {
        return static_cast<std::size_t>(static_cast<unsigned char>(buffer_[at]));
      };
      const std::size_t type = byte(1), length = byte(4) * 256 + byte(5), padding = byte(6);
      if (!fill(8 + length + padding)) return std::nullopt;
      if (type == 6) out += buffer_.substr(8, length);
      buffer_.erase(0, 8 + length + padding);
      if (type == 3) return out;
    }
  }

  std::optional<std::string> exchange(const std::string& bytes) {
    if (!send(bytes)) return std::nullopt;
    return reply();
  }

  // Returns true once the server has closed the connection.
  bool closed_by_server() {
    while (read_some(kPatienceMs)) continue;
    return ended_;
  }
  bool read_some(int timeout_ms) {
    struct pollfd event = {fd_, POLLIN, 0};
    if (::poll(&event, 1, timeout_ms) != 1) return false;
    std::array<char, 65536> bytes;
    const auto count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    ended_ = count <= 0;
    if (!ended_) buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    return !ended_;
  }
  bool ended() const { return ended_; }

 private:
  bool fill(std::size_t size) {
    while (buffer_.size() < size)
      if (!read_some(kPatienceMs)) return false;
    return true;
  }

  int fd_;
  bool ended_ = false;
  std::string buffer_;
};

Response echo(Request& request) {
  Response response;
  if (request.path == "/split") response.header("X-Note", "a\r\nSet-Cookie: x=1").header("X-\nBad", "b");
  if (request.path == "/empty") response.status = 204;
  response.body = std::string{method_name(request.method)} + "|" + request.path + "|" + request.query_text +
                  "|" + request.content_type + "|" + request.authorization + "|" + request.tenant_id + "|" +
                  request.body;
  if (request.path == "/large") response.body.assign(3'000'000, 'x');
  return response;
}

// A server on its own thread and socket.
class Fixture {
 public:
  explicit Fixture(const std::function<void(ServerOptions&)>& change = {}, Handler handler = echo) {
    char folder[] = "/tmp/tenantd-http.XXXXXX";
    cr_assert(::mkdtemp(folder) != nullptr);
    folder_ = folder;
    listen();
    options_.listen_fd = listen_fd_;
    options_.stop_fd = ::eventfd(0, EFD_CLOEXEC);
    options_.threads = 2;
    options_.on_drain = [this] { draining_.set_value(); };
    if (change) change(options_);
    served_ = std::async(std::launch::async, [this, handler] { return serve(options_, handler); });
  }
  ~Fixture() {
    stop();
    if (served_.valid()) served_.wait();
    ::close(listen_fd_);
    ::close(options_.stop_fd);
    ::unlink(path().c_str());
    ::rmdir(folder_.c_str());
  }
  Fixture(const Fixture&) = delete;

  std::string path() const { return folder_ + "/s"; }
  Connection connect() const { return Connection{path()}; }
  void stop() const { ::eventfd_write(options_.stop_fd, 1); }
  void wait_for_drain() { draining_.get_future().wait(); }
  std::int64_t wait() { return served_.get(); }
  bool running() const { return served_.wait_for(std::chrono::seconds{0}) != std::future_status::ready; }
  bool answers() const {
    auto connection = connect();
    const auto reply = connection.exchange(get("/alive"));
    return reply && reply->find("GET|/alive|") != std::string::npos;
  }

 private:
  void listen() {
    listen_fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    cr_assert(::bind(listen_fd_, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == 0);
    cr_assert(::listen(listen_fd_, 1024) == 0);
  }

  std::string folder_;
  int listen_fd_ = -1;
  ServerOptions options_;
  std::promise<void> draining_;
  std::future<std::int64_t> served_;
};

bool has(const std::optional<std::string>& reply, const std::string& part) {
  return reply && reply->find(part) != std::string::npos;
}

void one_second(ServerOptions& options) {
  options.threads = 1;
  options.request_deadline = std::chrono::seconds{1};
}

}  // namespace

TestSuite(server, .timeout = 60);

Test(server, one_request_is_answered_and_the_connection_closed_unless_kept) {
  const Fixture server;
  auto connection = server.connect();
  const auto reply = connection.exchange(message(
      "POST", "/a b", {{"QUERY_STRING", "x=%20"}, {"CONTENT_LENGTH", "4"}, {"CONTENT_TYPE", "text/plain"}},
      "body", false));
  cr_assert(has(reply, "Status: 200 OK\r\n"));
  cr_assert(has(reply, "Content-Type: application/json\r\n"));
  cr_assert(has(reply, "X-Request-Id: r-1\r\n"));
  cr_assert(has(reply, "Content-Length: 33\r\n"));
  cr_assert(has(reply, "\r\n\r\nPOST|/a b|x=%20|text/plain|||body"));
  cr_assert(connection.closed_by_server());
}

Test(server, a_kept_connection_serves_the_next_request_without_leftovers) {
  const Fixture server;
  auto connection = server.connect();
  cr_assert(has(
      connection.exchange(message(
          "PUT", "/1",
          {{"HTTP_AUTHORIZATION", "Bearer t"}, {"CONTENT_LENGTH", "3"}, {"HTTP_X_TENANT_ID", "o"}}, "abc")),
      "PUT|/1|||Bearer t|o|abc"));
  for (int i = 0; i < 50; ++i) {
    const auto reply = connection.exchange(get("/2"));
    cr_assert(reply && reply->ends_with("GET|/2|||||"));
  }
}

Test(server, a_request_without_id_gets_one) {
  const Fixture server;
  auto connection = server.connect();
  const auto reply = connection.exchange(
      begin() + parameters({{"REQUEST_METHOD", "GET"}, {"DOCUMENT_URI", "/"}}) + input(""));
  cr_assert(has(reply, "X-Request-Id: "));
  cr_assert(!has(reply, "X-Request-Id: \r\n"));
}

Test(server, head_and_204_send_no_body) {
  const Fixture server;
  auto connection = server.connect();
  const auto head = connection.exchange(message("HEAD", "/h"));
  cr_assert(has(head, "Content-Length: 12\r\n") && head->ends_with("\r\n\r\n"));
  const auto empty = connection.exchange(get("/empty"));
  cr_assert(has(empty, "Status: 204 No Content\r\n") && empty->ends_with("\r\n\r\n"));
  cr_assert(!has(empty, "Content-Length"));
}

Test(server, line_breaks_in_headers_are_dropped) {
  const Fixture server;
  auto connection = server.connect();
  const auto reply = connection.exchange(get("/split", {{"REQUEST_ID", "r\r\nX: y"}}));
  cr_assert(has(reply, "X-Note: aSet-Cookie: x=1\r\n"));
  cr_assert(has(reply, "X-Bad: b\r\n"));
  cr_assert(!has(reply, "\nSet-Cookie"));
}

Test(server, a_large_reply_arrives_whole) {
  const Fixture server;
  auto connection = server.connect();
  const auto reply = connection.exchange(get("/large"));
  cr_assert(has(reply, "Content-Length: 3000000\r\n"));
  cr_assert_eq(reply->size() - reply->find("\r\n\r\n") - 4, 3'000'000);
}

Test(server, a_body_shorter_than_its_length_is_refused) {
  const Fixture server;
  auto connection = server.connect();
  const auto reply = connection.exchange(message("POST", "/", {{"CONTENT_LENGTH", "10"}}, "abc"));
  cr_assert(has(reply, "Status: 400 Bad Request\r\n"));
  cr_assert(has(reply, "Content-Type: application/problem+json\r\n"));
  cr_assert(has(reply, R"("code":"truncated_body")"));
  cr_assert(has(connection.exchange(get("/next")), "GET|/next|"));
}

Test(server, an_oversize_body_is_read_refused_and_leaves_the_connection_in_step) {
  const Fixture server{[](ServerOptions& options) { options.max_body = 1000; }};
  auto connection = server.connect();
  const std::string body(700'000, 'x');
  const auto reply = connection.exchange(message("POST", "/", {{"CONTENT_LENGTH", "700000"}}, body));
  cr_assert(has(reply, "Status: 413 Content Too Large\r\n"));
  cr_assert(has(reply, R"("code":"body_too_large")"));
  cr_assert(has(connection.exchange(get("/next")), "GET|/next|"));
}

Test(server, a_length_that_is_no_number_is_refused) {
  const Fixture server;
  auto connection = server.connect();
  for (const char* length : {"x", "-1", "1x", "0x10", " 5", "9223372036854775808"})
    cr_assert(has(connection.exchange(message("POST", "/", {{"CONTENT_LENGTH", length}}, "abcde")),
                  R"("code":"bad_content_length")"),
              "%s", length);
}

Test(server, headers_that_must_be_single_are_refused_twice) {
  const Fixture server;
  auto connection = server.connect();
  for (const char* name : {"HTTP_AUTHORIZATION", "CONTENT_TYPE", "HTTP_CONTENT_TYPE", "HTTP_HOST",
                           "HTTP_X_TENANT_ID", "HTTP_X_API_KEY", "HTTP_IDEMPOTENCY_KEY", "HTTP_IF_MATCH"})
    cr_assert(has(connection.exchange(get("/", {{name, "a"}, {name, "a"}})), R"("code":"duplicate_header")"),
              "%s", name);
  cr_assert(has(connection.exchange(get("/", {{"HTTP_ACCEPT", "a"}, {"HTTP_ACCEPT", "b"}})), "Status: 200"));
  cr_assert(
      has(connection.exchange(get("/", {{"CONTENT_TYPE", "a"}, {"HTTP_CONTENT_TYPE", "a"}})), "Status: 200"));
}

Test(server, paths_and_queries_that_are_not_utf8_are_refused) {
  const Fixture server;
  auto connection = server.connect();
  cr_assert(has(connection.exchange(get("/\xff")), R"("code":"bad_path")"));
  cr_assert(has(connection.exchange(get("")), R"("code":"bad_path")"));
  cr_assert(has(connection.exchange(get("/", {{"QUERY_STRING", "a=%00"}})), R"("code":"malformed_query")"));
  cr_assert(has(connection.exchange(get("/", {{"QUERY_STRING", "a=%ff"}})), R"("code":"malformed_query")"));
  cr_assert(
      has(connection.exchange(get("/", {{"QUERY_STRING", "a=1&a=2"}})), R"("code":"duplicate_parameter")"));
}

Test(server, garbage_closes_the_connection_and_harms_nobody) {
  std::atomic<int> handled{0};
  const Fixture server{[](ServerOptions& options) { options.threads = 1; },
                       [&](Request& request) {
                         ++handled;
                         return echo(request);
                       }};
  const std::string whole = get("/x", {{"CONTENT_LENGTH", "0"}, {"HTTP_X_TENANT_ID", "o"}});
  std::vector<std::string> attempts = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                                       std::string(100, '\0'),
                                       std::string(9000, '\xff'),
                                       record(9, "\x0e") + "x",
                                       begin() +
                                           record(4,
                                                  "\x7f\x7f"
                                                  "ab") +
                                           record(4, ""),
                                       begin() + record(5, "body before parameters"),
                                       begin() + begin() + record(2, "")};
  for (std::size_t cut = 1; cut < whole.size(); ++cut) attempts.push_back(whole.substr(0, cut));
  for (const auto& bytes : attempts) {
    auto connection = server.connect();
    connection.send(bytes);
    ::shutdown(connection.fd(), SHUT_WR);
    cr_assert(connection.closed_by_server());
  }
  cr_assert_eq(handled, 0);
  cr_assert(server.answers());
}

Test(server, an_unknown_record_with_a_huge_length_is_skipped_or_closed) {
  const Fixture server;
  auto connection = server.connect();
  connection.send(record(77, std::string(65535, 'x'), 9) + get("/x"));
  ::shutdown(connection.fd(), SHUT_WR);
  cr_assert(connection.closed_by_server());
  cr_assert(server.answers());
}

Test(server, half_a_request_is_cut_at_the_deadline) {
  const Fixture server{one_second};
  auto half = server.connect();
  half.send(begin() + record(4, "\x0e"));
  auto waiting = server.connect();
  cr_assert(has(waiting.exchange(get("/after")), "GET|/after|"));
  cr_assert(half.closed_by_server());
}

Test(server, a_body_that_comes_byte_by_byte_is_cut_at_the_deadline) {
  const Fixture server{one_second};
  auto slow = server.connect();
  slow.send(begin() +
            parameters({{"REQUEST_METHOD", "POST"}, {"DOCUMENT_URI", "/"}, {"CONTENT_LENGTH", "1000"}}));
  int sent = 0;
  for (; sent < 100 && !slow.ended(); ++sent) {
    if (!slow.send(record(5, "x"))) break;
    slow.read_some(100);
  }
  cr_assert(sent < 50);
  cr_assert(server.answers());
}

Test(server, a_peer_that_does_not_read_is_cut_at_the_deadline) {
  const Fixture server{one_second};
  auto deaf = server.connect();
  deaf.send(get("/large"));
  cr_assert(server.answers());
  cr_assert(deaf.reply() == std::nullopt);
}

Test(server, silent_connections_do_not_stop_others) {
  const Fixture server;
  std::vector<Connection> silent;
  for (int i = 0; i < 200; ++i) silent.push_back(server.connect());
  cr_assert(server.answers());
  cr_assert(has(silent.back().exchange(get("/late")), "GET|/late|"));
}

Test(server, a_slow_handler_does_not_stop_other_threads) {
  std::promise<void> release;
  auto released = release.get_future().share();
  Fixture server{{}, [released](Request& request) {
                   if (request.path == "/slow") released.wait();
                   return echo(request);
                 }};
  auto slow = server.connect();
  slow.send(get("/slow"));
  for (int i = 0; i < 20; ++i) cr_assert(server.answers());
  release.set_value();
  cr_assert(has(slow.reply(), "GET|/slow|"));
}

Test(server, draining_serves_open_connections_until_their_peers_close) {
  Fixture server;
  auto kept = server.connect();
  cr_assert(has(kept.exchange(get("/1")), "GET|/1|"));
  server.stop();
  server.wait_for_drain();
  auto late = server.connect();
  for (int i = 0; i < 5; ++i) cr_assert(has(kept.exchange(get("/2")), "GET|/2|"));
  cr_assert(server.running());
  kept.close();
  cr_assert_eq(server.wait(), 6);
}

Test(server, draining_finishes_what_is_being_handled) {
  std::promise<void> entered;
  std::promise<void> release;
  Fixture server{{}, [&](Request& request) {
                   entered.set_value();
                   release.get_future().wait();
                   return echo(request);
                 }};
  auto connection = server.connect();
  connection.send(message("GET", "/slow", {}, {}, false));
  entered.get_future().wait();
  server.stop();
  server.wait_for_drain();
  release.set_value();
  cr_assert(has(connection.reply(), "GET|/slow|"));
  cr_assert_eq(server.wait(), 1);
}

Test(server, the_drain_deadline_cuts_idle_and_half_sent_connections) {
  Fixture server{[](ServerOptions& options) { options.drain_deadline = std::chrono::seconds{1}; }};
  auto idle = server.connect();
  cr_assert(has(idle.exchange(get("/1")), "GET|/1|"));
  auto half = server.connect();
  cr_assert(has(half.exchange(get("/1")), "GET|/1|"));
  half.send(begin());
  server.stop();
  cr_assert_eq(server.wait(), 2);
  cr_assert(idle.closed_by_server());
  cr_assert(half.closed_by_server());
}

Test(server, it_drains_by_itself_after_max_requests) {
  Fixture server{[](ServerOptions& options) { options.max_requests = 3; }};
  auto connection = server.connect();
  for (int i = 0; i < 3; ++i) cr_assert(has(connection.exchange(get("/n")), "GET|/n|"));
  server.wait_for_drain();
  cr_assert(has(connection.exchange(get("/n")), "GET|/n|"));
  connection.close();
  cr_assert_eq(server.wait(), 4);
}

Test(server, every_thread_says_when_it_ends) {
  std::atomic<int> ended{0};
  {
    const Fixture server{[&](ServerOptions& options) {
      options.threads = 3;
      options.on_thread_exit = [&] { ++ended; };
    }};
    cr_assert(server.answers());
  }
  cr_assert_eq(ended, 3);
}

Test(server, a_request_that_is_put_aside_takes_no_thread_and_is_answered_in_its_turn) {
  std::atomic<bool> ready{false};
  std::atomic<int> runs{0};
  const Handler handler = [&](Request& request) {
    if (request.path != "/later" || ready) return echo(request);
    ++runs;
    throw Later{"somebody", [&] { return ready.load(); }, [&] { return echo(request); }};
  };
  const Fixture server{[&](ServerOptions& options) {
                         options.threads = 1;
                         options.again = handler;
                       },
                       handler};
  auto later = server.connect();
  cr_assert(later.send(message("POST", "/later", {{"CONTENT_LENGTH", "4"}}, "body")));
  while (runs == 0) std::this_thread::yield();
  for (int i = 0; i < 20; ++i) cr_assert(server.answers());
  cr_assert_eq(runs.load(), 1, "it was run again although it was not ready");
  ready = true;
  cr_assert(has(later.reply(), "POST|/later|||||body"));
  cr_assert(has(later.exchange(get("/next")), "GET|/next|"));
}

Test(server, a_request_whose_turn_does_not_come_is_given_up) {
  const Handler handler = [](Request& request) {
    if (request.path == "/alive") return echo(request);
    throw Later{"somebody", [] { return false; },
                [] {
                  Response busy;
                  busy.status = 429;
                  return busy;
                }};
  };
  const Fixture server{[&](ServerOptions& options) {
                         options.request_deadline = std::chrono::seconds{1};
                         options.again = handler;
                       },
                       handler};
  std::vector<Connection> connections;
  for (std::size_t i = 0; i < Later::kMostOfOne + 1; ++i) connections.push_back(server.connect());
  for (auto& connection : connections) cr_assert(connection.send(get("/never")));
  for (auto& connection : connections) cr_assert(has(connection.reply(), "Status: 429 "));
  cr_assert(has(connections.front().exchange(get("/alive")), "GET|/alive|"));
}
