#include "web_probe.hpp"

#include <curl/curl.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "tenantd/base/text.hpp"

namespace tenantd::ctl {
namespace {

constexpr long kSeconds = 5;
constexpr std::size_t kMostBytes = 1 << 20;

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + size * count > kMostBytes) return 0;
  body.append(data, size * count);
  return size * count;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* user) {
  const std::string_view line{data, size * count};
  if (const auto colon = line.find(':'); colon != std::string_view::npos)
    (*static_cast<std::map<std::string, std::string>*>(user))[ascii_lower(line.substr(0, colon))] =
        std::string{trim(line.substr(colon + 1))};
  return size * count;
}

std::optional<TimePoint> end_of_certificate(CURL* handle) {
  curl_certinfo* shown = nullptr;
  if (curl_easy_getinfo(handle, CURLINFO_CERTINFO, &shown) != CURLE_OK || shown == nullptr ||
      shown->num_of_certs < 1)
    return std::nullopt;
  constexpr std::string_view kHead = "Expire date:";
  for (const auto* line = shown->certinfo[0]; line != nullptr; line = line->next)
    if (const std::string_view text{line->data}; text.starts_with(kHead))
      if (const auto time = curl_getdate(std::string{text.substr(kHead.size())}.c_str(), nullptr); time > 0)
        return from_unix(time);
  return std::nullopt;
}

class Request {
 public:
  Request(const std::string& url, const std::string& request_id, const std::string& authorities) {
    if (!handle_) throw std::runtime_error("libcurl has no memory");
    headers_.reset(curl_slist_append(nullptr, ("X-Request-Id: " + request_id).c_str()));
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT, kSeconds);
    set(CURLOPT_CERTINFO, 1L);
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_WRITEFUNCTION, take_body);
    set(CURLOPT_HEADERFUNCTION, take_header);
    if (!authorities.empty()) set(CURLOPT_CAINFO, authorities.c_str());
  }

  // `trusting`: any certificate does.
  WebReply send(bool trusting) {
    WebReply reply;
    set(CURLOPT_SSL_VERIFYPEER, trusting ? 0L : 1L);
    set(CURLOPT_SSL_VERIFYHOST, trusting ? 0L : 2L);
    set(CURLOPT_WRITEDATA, &reply.body);
    set(CURLOPT_HEADERDATA, &reply.headers);
    error_[0] = '\0';
    const auto status = curl_easy_perform(handle_.get());
    reply.certificate_ends = end_of_certificate(handle_.get());
    if (status == CURLE_OK) {
      long code = 0;
      curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &code);
      reply.status = static_cast<int>(code);
      return reply;
    }
    reply.is_untrusted = status == CURLE_PEER_FAILED_VERIFICATION;
    reply.error = error_[0] != '\0' ? error_.data() : curl_easy_strerror(status);
    return reply;
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(handle_.get(), option, value) != CURLE_OK)
      throw std::runtime_error("libcurl does not know an option");
  }

  std::unique_ptr<CURL, void (*)(CURL*)> handle_{curl_easy_init(), curl_easy_cleanup};
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers_{nullptr, curl_slist_free_all};
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace

WebReply ask_web(const std::string& url, const std::string& request_id, const std::string& authorities) {
  Request request{url, request_id, authorities};
  auto reply = request.send(false);
  // When it ends is of interest above all once it has ended.
  if (reply.is_untrusted && !reply.certificate_ends)
    reply.certificate_ends = request.send(true).certificate_ends;
  return reply;
}

}  // namespace tenantd::ctl
