#include "tenantd/net/tls_sending.hpp"

#include <curl/curl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "tenantd/base/time.hpp"

namespace tenantd::net {
namespace {

using Failure = OutboundError::Kind;

class TlsSending {
 public:
  TlsSending(const OutboundPolicy& policy, const std::string& place)
      : policy_(policy),
        url_("https://" + place),
        until_us_(monotonic_microseconds() + policy.seconds * 1'000'000) {
    if (const auto why = refuse_url(policy_, url_)) throw OutboundError(Failure::refused, false, *why);
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    handle_ = curl_easy_init();
    if (ready != CURLE_OK || handle_ == nullptr) throw std::runtime_error("libcurl cannot start");
  }
  ~TlsSending() { curl_easy_cleanup(handle_); }
  TlsSending(const TlsSending&) = delete;
  TlsSending& operator=(const TlsSending&) = delete;

  void connect() {
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_CONNECT_ONLY, 1L);
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_SSL_ENABLE_ALPN, 0L);  // it speaks no HTTP
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(policy_.seconds * 1000));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(policy_.seconds * 1000));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!policy_.ca_file.empty()) set(CURLOPT_CAINFO, policy_.ca_file.c_str());
    set(CURLOPT_OPENSOCKETFUNCTION, open);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_ERRORBUFFER, error_.data());
    const auto status = curl_easy_perform(handle_);
    if (refused_) throw OutboundError(Failure::refused, false, "the host has no public address");
    if (status != CURLE_OK) fail(status == CURLE_OPERATION_TIMEDOUT, said(status));
    if (curl_easy_getinfo(handle_, CURLINFO_ACTIVESOCKET, &socket_) != CURLE_OK || socket_ == CURL_SOCKET_BAD)
      fail(false, "no connection");
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      std::size_t sent = 0;
      const auto status = curl_easy_send(handle_, bytes.data(), bytes.size(), &sent);
      if (status == CURLE_AGAIN) {
        await(POLLOUT);
        continue;
      }
      if (status != CURLE_OK) fail(false, said(status));
      bytes.remove_prefix(sent);
    }
  }

  // What still comes (tickets of the session, the end of it in TLS) is nothing that anybody needs.
  void await_end() {
    if (::shutdown(socket_, SHUT_WR) != 0) fail(false, std::strerror(errno));
    std::array<char, 4096> rest{};
    for (;;) {
      await(POLLIN);
      const auto got = ::recv(socket_, rest.data(), rest.size(), 0);
      if (got == 0) return;
      if (got < 0 && errno != EAGAIN && errno != EINTR) fail(false, std::strerror(errno));
    }
  }

 private:
  template <class Given>
  void set(CURLoption option, Given value) {
    if (curl_easy_setopt(handle_, option, value) != CURLE_OK) throw std::runtime_error("libcurl is too old");
  }
  static curl_socket_t open(void* self, curlsocktype purpose, curl_sockaddr* address) {
    auto& sending = *static_cast<TlsSending*>(self);
    if (purpose != CURLSOCKTYPE_IPCXN || !may_connect(sending.policy_, address->addr)) {
      sending.refused_ = true;
      return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }
  void await(short what) const {
    const auto left = std::max<std::int64_t>(0, until_us_ - monotonic_microseconds()) / 1000;
    ::pollfd one{socket_, what, 0};
    if (left == 0 || ::poll(&one, 1, static_cast<int>(left)) == 0)
      fail(true, "the server did not take all of it in time");
  }
  std::string said(CURLcode status) const {
    return error_.front() != '\0' ? error_.data() : curl_easy_strerror(status);
  }
  [[noreturn]] static void fail(bool late, const std::string& why) {
    throw OutboundError(late ? Failure::timeout : Failure::unreachable, true, why);
  }

  const OutboundPolicy& policy_;
  std::string url_;
  std::int64_t until_us_;  // monotonic
  CURL* handle_ = nullptr;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  bool refused_ = false;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace

void send_over_tls(const OutboundPolicy& policy, const std::string& place, std::string_view bytes) {
  TlsSending sending{policy, place};
  sending.connect();
  sending.send(bytes);
  sending.await_end();
}

}  // namespace tenantd::net
