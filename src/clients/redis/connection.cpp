#include "connection.hpp"

#include <curl/curl.h>
#include <hiredis/hiredis.h>
#include <hiredis/read.h>
#include <sys/select.h>

#include <array>
#include <cstdlib>

namespace tenantd::service {
namespace {

constexpr std::size_t kMostWaiting = 1 << 20, kMostUnread = 1 << 20;
constexpr int kMostReads = 64;  // of a turn
constexpr long kConnectMs = 1500;

template <class Value>
void set_option(CURL* easy, CURLoption option, Value value) {
  if (const auto status = curl_easy_setopt(easy, option, value); status != CURLE_OK)
    throw RedisError(curl_easy_strerror(status));
}

std::string url_of(const RedisOptions& options) {
  if (!options.socket.empty()) return "http://localhost";
  return (options.tls ? "https://" : "http://") + options.host + ':' + std::to_string(options.port);
}

struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};

}  // namespace

struct RedisConnection::Handles {
  Handles() {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = ready == CURLE_OK ? curl_multi_init() : nullptr;
    easy = curl_easy_init();
    reader = redisReaderCreate();
    if (multi == nullptr || easy == nullptr || reader == nullptr) throw std::bad_alloc();
  }
  ~Handles() {
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
    redisReaderFree(reader);
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;

  CURLM* multi = nullptr;
  CURL* easy = nullptr;
  redisReader* reader = nullptr;
  std::array<char, CURL_ERROR_SIZE> why{};
};

RedisConnection::RedisConnection(const RedisOptions& options)
    : handles_(std::make_unique<Handles>()), is_local_(!options.socket.empty()) {
  auto* easy = handles_->easy;
  set_option(easy, CURLOPT_URL, url_of(options).c_str());
  set_option(easy, CURLOPT_CONNECT_ONLY, 1L);
  set_option(easy, CURLOPT_PROXY, "");
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  set_option(easy, CURLOPT_ERRORBUFFER, handles_->why.data());
  set_option(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
  set_option(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set_option(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set_option(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca.empty()) set_option(easy, CURLOPT_CAINFO, options.ca.c_str());
  if (!options.socket.empty()) set_option(easy, CURLOPT_UNIX_SOCKET_PATH, options.socket.c_str());
  if (curl_multi_add_handle(handles_->multi, easy) != CURLM_OK) throw RedisError("no connection");
  if (options.password.empty()) return;
  if (options.user.empty())
    send({"AUTH", options.password.reveal()});
  else
    send({"AUTH", options.user, options.password.reveal()});
}

RedisConnection::~RedisConnection() = default;

void RedisConnection::send(const std::vector<std::string_view>& command) {
  if (out_.size() > kMostWaiting) return;
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const auto word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* text = nullptr;
  const int size = redisFormatCommandArgv(&text, static_cast<int>(words.size()), words.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  out_.append(text, static_cast<std::size_t>(size));
  redisFreeCommand(text);
}

void RedisConnection::turn(const std::function<void(const redisReply&)>& take) {
  if (!is_connected_) connect();
  if (!is_connected_) return;
  write();
  read(take);
}

void RedisConnection::connect() {
  int running = 0, left = 0;
  curl_multi_perform(handles_->multi, &running);
  const auto* done = curl_multi_info_read(handles_->multi, &left);
  if (done == nullptr || done->msg != CURLMSG_DONE) return;
  if (const auto result = done->data.result; result != CURLE_OK)
    throw RedisError(handles_->why[0] != '\0' && !is_local_ ? handles_->why.data()
                                                            : curl_easy_strerror(result));
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(handles_->easy, CURLINFO_ACTIVESOCKET, &socket);
  if (socket == CURL_SOCKET_BAD) throw RedisError("no connection");
  fd_ = socket;
  is_connected_ = true;
}

void RedisConnection::write() {
  while (!out_.empty()) {
    std::size_t sent = 0;
    const auto status = curl_easy_send(handles_->easy, out_.data(), out_.size(), &sent);
    if (status == CURLE_AGAIN) return;
    if (status != CURLE_OK) throw RedisError("the connection was lost");
    out_.erase(0, sent);
  }
}

void RedisConnection::read(const std::function<void(const redisReply&)>& take) {
  std::array<char, 16384> bytes{};
  for (int i = 0; i < kMostReads; ++i) {
    std::size_t got = 0;
    const auto status = curl_easy_recv(handles_->easy, bytes.data(), bytes.size(), &got);
    if (status == CURLE_AGAIN) return;
    if (status != CURLE_OK || got == 0) throw RedisError("the connection was closed");
    auto* reader = handles_->reader;
    if (redisReaderFeed(reader, bytes.data(), got) != REDIS_OK || reader->len > kMostUnread)
      throw RedisError("what came is no reply of Redis");
    for (void* reply = nullptr;;) {
      if (redisReaderGetReply(reader, &reply) != REDIS_OK) throw RedisError("what came is no reply of Redis");
      const std::unique_ptr<void, FreeReply> owned{reply};
      if (reply == nullptr) break;
      take(*static_cast<const redisReply*>(reply));
    }
  }
}

void RedisConnection::watch(std::vector<pollfd>& into) const {
  if (is_connected_) {
    into.push_back({fd_, static_cast<short>(out_.empty() ? POLLIN : POLLIN | POLLOUT), 0});
    return;
  }
  fd_set reads, writes, errors;
  FD_ZERO(&reads);
  FD_ZERO(&writes);
  FD_ZERO(&errors);
  int most = -1;
  curl_multi_fdset(handles_->multi, &reads, &writes, &errors, &most);
  for (int fd = 0; fd <= most; ++fd) {
    const int events = (FD_ISSET(fd, &reads) ? POLLIN : 0) | (FD_ISSET(fd, &writes) ? POLLOUT : 0);
    if (events != 0) into.push_back({fd, static_cast<short>(events), 0});
  }
}

}  // namespace tenantd::service
