// Whom outbound requests may reach. Every refusal is also seen from the other side: nobody knocks.
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>

#include <cstdlib>

#include "support/check.hpp"
#include "support/dns_server.hpp"
#include "support/listener.hpp"
#include "support/stub_server.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/net/outbound.hpp"

using namespace tenantd;
using namespace tenantd::test;
using Kind = net::OutboundError::Kind;

namespace {

net::OutboundPolicy policy_of(const std::string& allow, bool http = true) {
  Settings settings;
  settings.outbound_allow = allow;
  settings.outbound_http = http;
  return net::outbound_policy(settings);
}

// True if the address, as text, may be connected to.
bool reachable(const net::OutboundPolicy& policy, const std::string& text) {
  ::sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1)
    return net::may_connect(policy, reinterpret_cast<const ::sockaddr&>(six));
  ::sockaddr_in four{};
  four.sin_family = AF_INET;
  require(::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1, text + " is no address");
  return net::may_connect(policy, reinterpret_cast<const ::sockaddr&>(four));
}

std::string port_of(const std::string& url) { return url.substr(url.rfind(':') + 1); }

struct Outcome {
  int status = 0;
  std::optional<Kind> kind;
  bool reached = false;
  std::string body;
};

Outcome outcome_of(const net::OutboundPolicy& policy, const net::OutboundRequest& request) {
  try {
    const auto reply = net::call(policy, request);
    return {reply.status, std::nullopt, true, reply.body};
  } catch (const net::OutboundError& e) {
    return {0, e.kind, e.reached, e.what()};
  }
}
Outcome get(const net::OutboundPolicy& policy, const std::string& url) {
  net::OutboundRequest request;
  request.url = url;
  return outcome_of(policy, request);
}

void expect_kind(const Outcome& outcome, Kind kind, const std::string& what,
                 const std::source_location& at = std::source_location::current()) {
  require(outcome.kind == kind, what + ": " + std::to_string(outcome.status) + ' ' + outcome.body, at);
}

// Every spelling of an inner address that a URL can carry.
constexpr const char* kInner[] = {"127.0.0.1",
                                  "127.1",
                                  "127.0.1",
                                  "127.255.255.254",
                                  "2130706433",
                                  "017700000001",
                                  "0x7f000001",
                                  "0x7f.1",
                                  "0177.0.0.1",
                                  "127.0.0.1.",
                                  "%31%32%37.0.0.1",
                                  "0",
                                  "0.0.0.0",
                                  "10.0.0.1",
                                  "10.1",
                                  "172.16.0.1",
                                  "172.31.255.255",
                                  "192.168.1.1",
                                  "192.168.257",
                                  "169.254.169.254",
                                  "0xa9fea9fe",
                                  "2852039166",
                                  "100.64.0.1",
                                  "100.100.100.200",
                                  "198.18.0.1",
                                  "168.63.129.16",
                                  "224.0.0.1",
                                  "255.255.255.255",
                                  "[::]",
                                  "[::1]",
                                  "[0:0:0:0:0:0:0:1]",
                                  "[::127.0.0.1]",
                                  "[::ffff:127.0.0.1]",
                                  "[::ffff:7f00:1]",
                                  "[::ffff:10.0.0.1]",
                                  "[::ffff:0:127.0.0.1]",
                                  "[64:ff9b::127.0.0.1]",
                                  "[64:ff9b::a9fe:a9fe]",
                                  "[64:ff9b:1::127.0.0.1]",
                                  "[2002:7f00:1::]",
                                  "[2002:a9fe:a9fe::1]",
                                  "[2002:a00:1::1]",
                                  "[2001:0:7f00:1::1]",
                                  "[fe80::1]",
                                  "[fe80::1%25eth0]",
                                  "[fec0::1]",
                                  "[fc00::1]",
                                  "[fd00:ec2::254]",
                                  "[ff02::1]",
                                  "[2001:db8::1]",
                                  "[100::1]"};

}  // namespace

Test(net_outbound, no_spelling_of_an_inner_address_is_called) {
  const auto policy = policy_of("");
  for (const std::string host : kInner) {
    for (const auto& url : {"http://" + host + "/", "https://" + host + ":8443/x?y#z"}) {
      const auto why = net::refuse_url(policy, url);
      require(why.has_value(), url + " may be called");
      expect_kind(get(policy, url), Kind::refused, url);
    }
  }
}

Test(net_outbound, a_public_address_may_be_called_in_every_form) {
  const auto policy = policy_of("");
  for (const char* host :
       {"https://8.8.8.8/", "https://[2606:4700::1111]/", "https://[::ffff:8.8.8.8]/",
        "https://[64:ff9b::808:808]/", "https://[2002:808:808::1]/", "https://example.com/",
        "https://172.32.0.1/", "https://192.0.3.1/", "https://11.0.0.1:8443/"})
    require_equal(net::refuse_url(policy, host).value_or(""), "", host);
  for (const char* address :
       {"8.8.8.8", "::ffff:8.8.8.8", "2606:4700::1111", "172.15.255.255", "128.0.0.1", "126.255.255.255",
        "169.253.255.255", "169.255.0.0", "100.63.255.255", "100.128.0.0", "2a00::1"})
    require(reachable(policy, address), std::string{address} + " is refused");
}

Test(net_outbound, what_is_connected_to_is_judged_at_the_edges_of_every_block) {
  const auto policy = policy_of("");
  for (const char* address : {"0.255.255.255",
                              "10.255.255.255",
                              "127.0.0.0",
                              "169.254.0.0",
                              "169.254.255.255",
                              "172.16.0.0",
                              "172.31.255.255",
                              "192.168.0.0",
                              "192.168.255.255",
                              "100.64.0.0",
                              "100.127.255.255",
                              "198.19.255.255",
                              "203.0.113.7",
                              "240.0.0.1",
                              "::",
                              "::1",
                              "::ffff:192.168.0.1",
                              "::ffff:0:10.0.0.1",
                              "64:ff9b::10.0.0.1",
                              "2002:c0a8:101::1",
                              "fdff::1",
                              "febf::1",
                              "feff::1",
                              "ff0e::1",
                              "64:ff9b:1:ffff::1"})
    require(!reachable(policy, address), std::string{address} + " is allowed");
}

Test(net_outbound, only_https_urls_without_a_user_are_called_unless_http_is_allowed_too) {
  const auto strict = policy_of("", false);
  for (const char* url :
       {"http://example.com/", "file:///etc/passwd", "ftp://example.com/", "gopher://example.com/x",
        "dict://example.com/", "ldap://example.com/", "//example.com/", "example.com", "", "https://",
        "https://user@example.com/", "https://user:word@example.com/", "https://example.com\n/",
        "https://exa mple.com/", "https://ex\xC3\xA4mple.com/", "javascript:alert(1)",
        "https://example.com:99999/"}) {
    require(net::refuse_url(strict, url).has_value(), std::string{"may be called: "} + url);
    expect_kind(get(strict, url), Kind::refused, url);
  }
  require(!net::refuse_url(policy_of("", true), "http://example.com/").has_value(), "http is allowed");
  require(net::refuse_url(policy_of("", true), "file:///etc/passwd").has_value(), "file is never allowed");
}

Test(net_outbound, a_name_that_leads_inside_is_refused_without_a_connection) {
  const Listener listener;
  const auto url = "http://localhost:" + port_of(listener.url()) + '/';
  const auto policy = policy_of("");
  // A name says nothing before it is resolved.
  require(!net::refuse_url(policy, url).has_value(), "a name was resolved");
  require(net::refuse_url_resolved(Settings{}, url).has_value(), "a name that leads inside");
  expect_kind(get(policy, url), Kind::refused, url);
  require(!listener.was_knocked_at(0), "somebody knocked");
  require(net::refuse_url_resolved(Settings{}, "https://nobody.invalid/").has_value(),
          "a name that nobody has");
}

Test(net_outbound, a_name_is_judged_by_all_of_its_addresses_and_not_for_longer_than_the_settings_say) {
  DnsServer dns;
  dns.say("out.example", {.addresses = {"8.8.8.8", "9.9.9.9"}});
  dns.say("both.example", {.addresses = {"8.8.8.8", "10.1.2.3"}});
  dns.say("slow.example", {.manner = DnsAnswer::Manner::silent});
  Settings settings;
  settings.dns_servers = dns.address();
  settings.dns_seconds = 1;
  require(!net::refuse_url_resolved(settings, "https://out.example/x").has_value(),
          "a public name is refused");
  for (const char* url : {"https://both.example/", "https://none.example/", "https://slow.example/"})
    require_equal(net::refuse_url_resolved(settings, url).value_or("nothing"),
                  "names a host that has no public address", url);
  require(dns.questions("slow.example") > 0, "nobody asked");
  const auto began = monotonic_microseconds();
  require(net::refuse_url_resolved(settings, "https://slow.example/").has_value(), "silence is no address");
  require(monotonic_microseconds() - began < 2'500'000, "it waited for longer than a second");
}

Test(net_outbound, the_allow_list_opens_what_it_names_and_nothing_beside_it) {
  const StubServer inside{[](const auto&) { return StubReply{200, "{}"}; }, "127.0.0.2"};
  const Listener beside;
  const auto policy = policy_of(" 127.0.0.2 , 10.1.0.0/16,fd00:1::/32");
  require_equal(get(policy, inside.url() + '/').status, 200);
  expect_kind(get(policy, beside.url() + '/'), Kind::refused, "127.0.0.1");
  require(!beside.was_knocked_at(0), "somebody knocked");
  for (const char* address :
       {"127.0.0.2", "::ffff:127.0.0.2", "10.1.2.3", "fd00:1:2::3", "64:ff9b::10.1.2.3"})
    require(reachable(policy, address), std::string{address} + " is refused");
  for (const char* address : {"127.0.0.1", "127.0.0.3", "10.2.0.1", "fd00:2::1"})
    require(!reachable(policy, address), std::string{address} + " is allowed");
}

Test(net_outbound, an_allow_list_that_cannot_be_read_is_refused_at_the_start) {
  for (const char* text :
       {"localhost", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "::/129", "10.0.0/8", "/8"}) {
    bool refused = false;
    try {
      policy_of(text);
    } catch (const ConfigError&) {
      refused = true;
    }
    require(refused, std::string{"taken: "} + text);
  }
}

Test(net_outbound, a_redirect_is_a_reply_and_is_not_followed) {
  const Listener inside;
  const StubServer server{[&](const auto&) {
                            return StubReply{302, "", "Location: " + inside.url() + "/latest/meta-data\r\n"};
                          },
                          "127.0.0.2"};
  require_equal(get(policy_of("127.0.0.0/8"), server.url() + '/').status, 302);
  require(!inside.was_knocked_at(0), "the redirect was followed");
  require_equal(server.knocks(), 1U);
}

Test(net_outbound, a_reply_beyond_the_bound_is_cut) {
  const StubServer server{[](const auto& request) {
    if (request.path == "/headers")
      return StubReply{200, "", "X-Long: " + std::string(100'000, 'x') + "\r\n"};
    return StubReply{200, "{}", "", false, request.path == "/large" ? 10U << 20U : (1U << 20U) - 2};
  }};
  const auto policy = policy_of("127.0.0.1");
  const auto fits = get(policy, server.url() + "/fits");
  require_equal(fits.body.size(), std::size_t{1} << 20U);
  expect_kind(get(policy, server.url() + "/large"), Kind::too_large, "10 MB");
  require(get(policy, server.url() + "/headers").kind.has_value(), "100 KB of header");
}

Test(net_outbound, a_server_that_says_nothing_is_given_up_in_time) {
  const StubServer server{[](const auto&) {
    StubReply reply;
    reply.hang = true;
    return reply;
  }};
  auto policy = policy_of("127.0.0.1");
  policy.seconds = 1;
  const auto begun = monotonic_microseconds();
  const auto outcome = get(policy, server.url() + '/');
  expect_kind(outcome, Kind::timeout, "a hanging server");
  require(outcome.reached, "it was reached");
  net::OutboundRequest hurried;
  hurried.url = server.url() + '/';
  hurried.milliseconds = 50;
  expect_kind(outcome_of(policy, hurried), Kind::timeout, "a hanging server, in a hurry");
  const auto took = monotonic_microseconds() - begun;
  require(took >= 1'000'000 && took < 5'000'000, std::to_string(took) + " us");
}

Test(net_outbound, nobody_at_the_port_is_told_as_not_reached) {
  std::string url;
  {
    const StubServer gone{[](const auto&) { return StubReply{}; }};
    url = gone.url();
  }
  const auto outcome = get(policy_of("127.0.0.1"), url + '/');
  expect_kind(outcome, Kind::unreachable, "a closed port");
  require(!outcome.reached, "it was not reached");
}

Test(net_outbound, what_is_sent_arrives_and_what_the_environment_says_of_proxies_does_not_count) {
  const Listener proxy;
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
    ::setenv(name, proxy.url().c_str(), 1);
  StubRequest seen;
  const StubServer server{[&](const auto& request) {
    seen = request;
    return StubReply{201, "made", "Content-Type: text/x\r\nCache-Control: max-age=5\r\n"};
  }};
  net::OutboundRequest request;
  request.method = "POST";
  request.url = server.url() + "/in?a=b";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"X-One", "1"}};
  request.body = std::string{"a=b\0c", 5};
  const auto reply = net::call(policy_of("127.0.0.1"), request);
  require_equal(reply.status, 201);
  require_equal(reply.body + '|' + reply.content_type + '|' + reply.cache_control, "made|text/x|max-age=5");
  require_equal(seen.method + ' ' + seen.path, "POST /in?a=b");
  require(seen.body == request.body, "the body");
  for (const char* line : {"x-one: 1\r\n", "user-agent: tenantd\r\n", "content-type: application/x-www-form"})
    require(ascii_lower(seen.header).find(line) != std::string::npos, line + (": " + seen.header));
  require(ascii_lower(seen.header).find("expect") == std::string::npos, seen.header);
  require(!proxy.was_knocked_at(0), "the proxy was asked");
}
