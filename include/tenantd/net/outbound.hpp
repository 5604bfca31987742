// Requests to others: identity providers, webhooks, mail providers. Whom they reach is judged by the address
// that is really connected to, so that no name, redirect or spelling leads inside: loopback, private,
// link-local and reserved addresses are refused unless the settings allow them. Redirects are not followed;
// time and size are bounded; certificates are checked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenantd/base/secret.hpp"
#include "tenantd/config/settings.hpp"

struct sockaddr;

namespace tenantd::net {

// An address block: 16 bytes (IPv4 as ::ffff:a.b.c.d) and how many of its bits count.
struct Network {
  std::string bytes;
  int bits = 128;
};

struct OutboundPolicy {
  std::vector<Network> allow;
  bool allow_http = false;
  std::string ca_file;  // empty = the system's authorities
  std::int64_t seconds = 10;
  std::size_t bytes = 1 << 20;  // of a reply's body
};

// Throws ConfigError if OUTBOUND_ALLOW cannot be read.
OutboundPolicy outbound_policy(const Settings& settings);

// True for a public unicast address (IANA special-purpose registries), or one that the policy allows. An IPv4
// address inside an IPv6 one (mapped, 6to4, NAT64) counts as itself.
bool may_connect(const OutboundPolicy& policy, const ::sockaddr& address);

// Returns why `url` may not be called, or nullopt: scheme, user info, host, and, if the host is an address in
// any spelling, whether that may be connected to. Resolves no names.
std::optional<std::string> refuse_url(const OutboundPolicy& policy, const std::string& url);
// The same, and the host's name is resolved: refused if it has no address, or any that may not be connected
// to. Waits for the name servers, DNS_SECONDS at most: for the outbound lane.
std::optional<std::string> refuse_url_resolved(const Settings& settings, const std::string& url);

// Signature Version 4 of AWS, by libcurl.
struct AwsCredentials {
  std::string region;
  std::string service;
  std::string access_key_id;
  Secret secret_access_key;
};

struct OutboundRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // sent with POST and PUT
  std::optional<AwsCredentials> aws;
  std::optional<std::int64_t> milliseconds = {};  // bound on this one, instead of the policy's
};

struct OutboundReply {
  int status = 0;
  std::string body;
  std::string content_type;
  std::string cache_control;
  std::string error_type;                           // X-Amzn-ErrorType
  std::optional<std::int64_t> content_length = {};  // as the header says, of HEAD too
  std::optional<std::int64_t> retry_after = {};     // seconds from now; a date counts from this host's clock
};

// No reply. `reached`: the request may have been received.
struct OutboundError : std::runtime_error {
  enum class Kind { refused, unreachable, timeout, too_large };
  OutboundError(Kind which, bool maybe_reached, const std::string& what)
      : runtime_error(what), kind(which), reached(maybe_reached) {}
  Kind kind;
  bool reached;
};

// Calls and waits. Any HTTP status is a reply. Throws OutboundError.
OutboundReply call(const OutboundPolicy& policy, const OutboundRequest& request);

// Calls like call(), and keeps its connections for the next one. For one thread.
class Client {
 public:
  explicit Client(OutboundPolicy policy);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  OutboundReply call(const OutboundRequest& request);
  // Closes the connections that are kept.
  void idle();

 private:
  struct Kept;
  OutboundPolicy policy_;
  std::unique_ptr<Kept> kept_;
};

}  // namespace tenantd::net
