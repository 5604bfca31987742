#include "tenantd/net/outbound.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "exchange.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/base/trace.hpp"
#include "tenantd/net/dns.hpp"

namespace tenantd::net {
namespace {

// Not on the public internet: IANA's special-purpose address registries (RFC 6890 and its updates),
// multicast, and what was reserved for later; and the one public address behind which a cloud keeps what is
// for its own machines alone (168.63.129.16).
constexpr std::array kReserved = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",    "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",     "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",   "224.0.0.0/4",    "240.0.0.0/4",
    "::/96",         "::ffff:0:0:0/96", "168.63.129.16/32", "100:0:0:1::/64", "64:ff9b:1::/48",
    "100::/64",      "2001::/23",       "2001:db8::/32",    "3fff::/20",      "5f00::/16",
    "fc00::/7",      "fe80::/10",       "fec0::/10",        "ff00::/8"};

constexpr std::string_view kMapped{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

std::optional<std::string> parse_address(const std::string& text) {
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return std::string{bytes.data(), 16};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1)
    return std::string{kMapped} + std::string{bytes.data(), 4};
  return std::nullopt;
}

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto bytes = parse_address(std::string{text.substr(0, slash)});
  if (!bytes) return std::nullopt;
  const bool four = text.find(':') == std::string_view::npos;
  const int most = four ? 32 : 128;
  int bits = most;
  if (slash != std::string_view::npos) {
    const auto number = parse_int(std::string{text.substr(slash + 1)});
    if (!number || *number < 0 || *number > most) return std::nullopt;
    bits = static_cast<int>(*number);
  }
  return Network{*bytes, bits + (four ? 96 : 0)};
}

bool contains(const Network& network, const std::string& address) {
  const auto whole = static_cast<std::size_t>(network.bits / 8);
  if (address.compare(0, whole, network.bytes, 0, whole) != 0) return false;
  const int rest = network.bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<unsigned char>(0xFF00U >> static_cast<unsigned>(rest));
  return (static_cast<unsigned char>(address[whole]) & mask) ==
         (static_cast<unsigned char>(network.bytes[whole]) & mask);
}

const std::vector<Network>& reserved() {
  static const std::vector<Network> kNetworks = [] {
    std::vector<Network> networks;
    for (const auto* text : kReserved) networks.push_back(parse_network(text).value());
    return networks;
  }();
  return kNetworks;
}

// The IPv4 address that an IPv6 one stands for (NAT64, 6to4), as a mapped one; else the address itself.
std::string embedded(const std::string& address) {
  static const auto kNat64 = parse_network("64:ff9b::/96").value();
  static const auto kSixToFour = parse_network("2002::/16").value();
  if (contains(kNat64, address)) return std::string{kMapped} + address.substr(12, 4);
  if (contains(kSixToFour, address)) return std::string{kMapped} + address.substr(2, 4);
  return address;
}

bool may_connect(const OutboundPolicy& policy, const std::string& raw) {
  const auto address = embedded(raw);
  const auto holds = [&](const Network& network) { return contains(network, address); };
  if (std::any_of(policy.allow.begin(), policy.allow.end(), holds)) return true;
  return std::none_of(reserved().begin(), reserved().end(), holds);
}

using Url = std::unique_ptr<CURLU, void (*)(CURLU*)>;

std::string url_part(const Url& url, CURLUPart part) {
  char* raw = nullptr;
  if (curl_url_get(url.get(), part, &raw, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, void (*)(void*)> owned{raw, curl_free};
  return raw;
}

// Returns why the URL may not be called, or fills `host`, without the brackets of an IPv6 address.
std::optional<std::string> read_target(const OutboundPolicy& policy, const std::string& text,
                                       std::string& host) {
  const Url url{curl_url(), curl_url_cleanup};
  if (!url) throw std::runtime_error("libcurl has no memory");
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!plain || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return "is no URL";
  const auto scheme = url_part(url, CURLUPART_SCHEME);
  if (scheme != "https" && !(scheme == "http" && policy.allow_http)) return "must begin with https://";
  if (!url_part(url, CURLUPART_USER).empty() || !url_part(url, CURLUPART_PASSWORD).empty())
    return "must not carry a user or password";
  host = url_part(url, CURLUPART_HOST);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  while (!host.empty() && host.back() == '.') host.pop_back();
  if (host.empty()) return "names no host";
  return std::nullopt;
}

// One for a name that is unknown and one that leads inside: which names there are inside is nobody's
// business.
constexpr const char* kNoPublicAddress = "names a host that has no public address";
constexpr const char* kRefusedAddress = "names a loopback, private or reserved address";

// The address that the host is, in any spelling; null for a name. Asks nobody.
std::unique_ptr<::addrinfo, void (*)(::addrinfo*)> written_address(const std::string& host) {
  ::addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  ::addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) found = nullptr;
  return {found, ::freeaddrinfo};
}

std::optional<std::string> judge_addresses(const OutboundPolicy& policy, const ::addrinfo* written) {
  for (; written != nullptr; written = written->ai_next)
    if (!may_connect(policy, *written->ai_addr)) return kRefusedAddress;
  return std::nullopt;
}

// Waits for the reply, and tells the thread's work of it.
OutboundReply perform(Exchange& exchange) {
  const auto began = monotonic_microseconds();
  const auto status = curl_easy_perform(exchange.handle());
  if (auto* work = trace::current())
    work->add({"request", began, monotonic_microseconds() - began, true, status != CURLE_OK});
  return exchange.finish(status);
}

}  // namespace

OutboundPolicy outbound_policy(const Settings& settings) {
  OutboundPolicy policy;
  std::string_view rest = settings.outbound_allow;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const auto text = trim(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    if (text.empty()) continue;
    const auto network = parse_network(text);
    if (!network)
      throw ConfigError("OUTBOUND_ALLOW must name addresses and networks like 10.1.2.0/24, not \"" +
                        std::string{text} + "\"");
    policy.allow.push_back(*network);
  }
  policy.allow_http = settings.outbound_http;
  policy.ca_file = settings.outbound_ca_file;
  policy.seconds = settings.outbound_seconds;
  policy.bytes = static_cast<std::size_t>(settings.outbound_bytes);
  return policy;
}

bool may_connect(const OutboundPolicy& policy, const ::sockaddr& address) {
  if (address.sa_family == AF_INET) {
    ::sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return may_connect(policy,
                       std::string{kMapped} + std::string{reinterpret_cast<const char*>(&four.sin_addr), 4});
  }
  if (address.sa_family != AF_INET6) return false;
  ::sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  return may_connect(policy, std::string{reinterpret_cast<const char*>(&six.sin6_addr), 16});
}

std::optional<std::string> refuse_url(const OutboundPolicy& policy, const std::string& url) {
  std::string host;
  if (auto why = read_target(policy, url, host)) return why;
  return judge_addresses(policy, written_address(host).get());
}

std::optional<std::string> refuse_url_resolved(const Settings& settings, const std::string& url) {
  const auto policy = outbound_policy(settings);
  std::string host;
  if (auto why = read_target(policy, url, host)) return why;
  if (const auto written = written_address(host)) return judge_addresses(policy, written.get());
  const auto found = look_up_addresses(settings, host);
  const bool leads_out = std::ranges::all_of(found, [&](const ::sockaddr_storage& one) {
    return may_connect(policy, reinterpret_cast<const ::sockaddr&>(one));
  });
  return found.empty() || !leads_out ? std::optional{kNoPublicAddress} : std::nullopt;
}

struct Client::Kept {
  CURLSH* share = curl_share_init();

  Kept() {
    if (share == nullptr || curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) != CURLSHE_OK)
      throw std::runtime_error("libcurl cannot keep connections");
  }
  ~Kept() { curl_share_cleanup(share); }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
};

Client::Client(OutboundPolicy policy) : policy_(std::move(policy)) {}
Client::~Client() = default;

OutboundReply Client::call(const OutboundRequest& request) {
  if (!kept_) kept_ = std::make_unique<Kept>();
  Exchange exchange{policy_, request, kept_->share};
  return perform(exchange);
}

void Client::idle() { kept_.reset(); }

OutboundReply call(const OutboundPolicy& policy, const OutboundRequest& request) {
  Exchange exchange{policy, request};
  return perform(exchange);
}

}  // namespace tenantd::net
