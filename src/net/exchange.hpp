// One request on its way, as a libcurl handle: driven by curl_easy_perform, or with others by a multi handle.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

#include "tenantd/net/outbound.hpp"

namespace tenantd::net {

class Exchange {
 public:
  // Throws OutboundError(refused) for an URL that may not be called.
  // `share`: where connections are kept, or nullptr.
  Exchange(const OutboundPolicy& policy, OutboundRequest request, CURLSH* share = nullptr);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  CURL* handle() const { return handle_; }
  // What came of it. Throws OutboundError.
  OutboundReply finish(CURLcode status);

 private:
  template <class Value>
  void set(CURLoption option, Value value);
  void prepare();
  void prepare_headers();
  void pass_trace_on();
  void prepare_signature();
  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self);

  const OutboundPolicy& policy_;
  OutboundRequest request_;
  CURL* handle_ = nullptr;
  curl_slist* headers_ = nullptr;
  OutboundReply reply_;
  std::size_t header_bytes_ = 0;
  bool refused_ = false;
  bool too_large_ = false;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace tenantd::net
