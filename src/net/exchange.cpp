#include "exchange.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/base/trace.hpp"

namespace tenantd::net {
namespace {

constexpr std::size_t kHeaderBytes = 65536;

using Kind = OutboundError::Kind;

// True of what happens before a request is on its way.
bool before_request(CURLcode status) {
  switch (status) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return true;
    default: return false;
  }
}

// Retry-After (RFC 9110 section 10.2.3): seconds or a date. nullopt for anything else, and for the past.
std::optional<std::int64_t> seconds_until(const std::string& value) {
  auto seconds = parse_int(value);
  if (!seconds) {
    const auto date = curl_getdate(value.c_str(), nullptr);
    if (date >= 0) seconds = date - unix_seconds(now());
  }
  return seconds && *seconds > 0 ? seconds : std::nullopt;
}

}  // namespace

Exchange::Exchange(const OutboundPolicy& policy, OutboundRequest request, CURLSH* share)
    : policy_(policy), request_(std::move(request)) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) throw std::runtime_error("libcurl cannot start");
  if (const auto why = refuse_url(policy_, request_.url)) throw OutboundError(Kind::refused, false, *why);
  handle_ = curl_easy_init();
  if (handle_ == nullptr) throw std::runtime_error("libcurl has no memory");
  try {
    prepare();
    if (share != nullptr) set(CURLOPT_SHARE, share);
  } catch (...) {
    curl_slist_free_all(headers_);
    curl_easy_cleanup(handle_);
    throw;
  }
}

Exchange::~Exchange() {
  curl_easy_cleanup(handle_);
  curl_slist_free_all(headers_);
}

template <class Value>
void Exchange::set(CURLoption option, Value value) {
  const CURLcode status = curl_easy_setopt(handle_, option, value);
  if (status != CURLE_OK) throw std::runtime_error(std::string{"libcurl: "} + curl_easy_strerror(status));
}

void Exchange::prepare() {
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, policy_.allow_http ? "http,https" : "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");  // whatever the environment says
  set(CURLOPT_NOSIGNAL, 1L);
  const auto patience = static_cast<long>(request_.milliseconds.value_or(policy_.seconds * 1000));
  set(CURLOPT_TIMEOUT_MS, patience);
  set(CURLOPT_CONNECTTIMEOUT_MS, patience);
  set(CURLOPT_QUICK_EXIT, 1L);  // or a name server that is silent would be waited for beyond the timeout
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!policy_.ca_file.empty()) set(CURLOPT_CAINFO, policy_.ca_file.c_str());
  set(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_WRITEFUNCTION, take_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, take_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_PRIVATE, this);
  if (request_.method == "POST" || request_.method == "PUT") {
    set(CURLOPT_POSTFIELDS, request_.body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  }
  if (request_.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  set(CURLOPT_USERAGENT, "tenantd");
  prepare_headers();
  if (request_.aws) prepare_signature();
}

void Exchange::prepare_headers() {
  // libcurl signs every header of this list, those that it does not send too: an empty Expect would make a
  // signature that nobody can verify. It sends one only with more than a megabyte.
  if (!request_.aws) request_.headers.emplace_back("Expect", "");
  pass_trace_on();
  for (const auto& [name, value] : request_.headers) {
    // libcurl sends "Name:" only if it is spelled "Name;", and drops a header that is spelled "Name:".
    auto* longer = curl_slist_append(headers_, (name + ": " + value).c_str());
    if (longer == nullptr) throw std::runtime_error("libcurl has no memory");
    headers_ = longer;
  }
  set(CURLOPT_HTTPHEADER, headers_);
}

// Of the thread's work, unless the request brings a place of its own. What AWS verifies stays as it is.
void Exchange::pass_trace_on() {
  const auto* work = trace::current();
  const auto is_place = [](const auto& header) { return header.first == "traceparent"; };
  const bool has_one = std::any_of(request_.headers.begin(), request_.headers.end(), is_place);
  if (work == nullptr || work->place().is_none() || request_.aws || has_one) return;
  request_.headers.emplace_back("traceparent", trace::traceparent(work->place()));
  if (!work->tracestate().empty())
    request_.headers.emplace_back("tracestate", std::string{work->tracestate()});
}

void Exchange::prepare_signature() {
  const auto& aws = *request_.aws;
  set(CURLOPT_AWS_SIGV4, ("aws:amz:" + aws.region + ':' + aws.service).c_str());
  set(CURLOPT_USERPWD, (aws.access_key_id + ':' + aws.secret_access_key.reveal()).c_str());
}

// The one place where a connection begins: whatever name led here, the address must be one that may be
// called.
curl_socket_t Exchange::open_socket(void* self, curlsocktype purpose, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (purpose != CURLSOCKTYPE_IPCXN || !may_connect(exchange.policy_, address->addr)) {
    exchange.refused_ = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t Exchange::take_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const std::size_t length = size * count;
  if (exchange.reply_.body.size() + length > exchange.policy_.bytes) {
    exchange.too_large_ = true;
    return 0;
  }
  exchange.reply_.body.append(data, length);
  return length;
}

std::size_t Exchange::take_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const std::string_view line{data, size * count};
  exchange.header_bytes_ += line.size();
  if (exchange.header_bytes_ > kHeaderBytes) {
    exchange.too_large_ = true;
    return 0;
  }
  const auto colon = line.find(':');
  if (colon != std::string_view::npos) {
    const auto name = ascii_lower(line.substr(0, colon));
    const std::string value{trim(line.substr(colon + 1))};
    if (name == "content-type") exchange.reply_.content_type = value;
    if (name == "x-amzn-errortype") exchange.reply_.error_type = value;
    if (name == "content-length") exchange.reply_.content_length = parse_int(value);
    if (name == "retry-after") exchange.reply_.retry_after = seconds_until(value);
    if (name == "cache-control") exchange.reply_.cache_control = value;
  }
  return line.size();
}

OutboundReply Exchange::finish(CURLcode status) {
  if (status == CURLE_OK) {
    long code = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &code);
    reply_.status = static_cast<int>(code);
    return std::move(reply_);
  }
  const std::string why = error_.front() != '\0' ? error_.data() : curl_easy_strerror(status);
  if (refused_) throw OutboundError(Kind::refused, false, "the address is loopback, private or reserved");
  if (too_large_) throw OutboundError(Kind::too_large, true, "the reply is too large");
  const auto kind = status == CURLE_OPERATION_TIMEDOUT ? Kind::timeout : Kind::unreachable;
  throw OutboundError(kind, !before_request(status), why);
}

}  // namespace tenantd::net
