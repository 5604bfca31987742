// How Redis is found, and that nothing but the right server will do where TLS is asked for.
#include "tenantd/clients/redis.hpp"

#include <criterion/criterion.h>
#include <signal.h>

#include "support/certificates.hpp"
#include "support/check.hpp"
#include "support/redis_server.hpp"
#include "support/two_databases.hpp"

using namespace tenantd;
using namespace tenantd::test;
using service::RedisOptions;

namespace {

RedisOptions options_of(const std::string& url, const std::string& password = "") {
  Settings settings;
  settings.redis_url = url;
  settings.redis_password = Secret{password};
  return service::redis_options(settings).value();
}

// Why there was no answer, or "".
std::string redis_fault(const RedisOptions& options) {
  try {
    service::probe_redis(options);
    return "";
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

void expect_fault(const RedisOptions& options, const std::string& text) {
  const auto said = redis_fault(options);
  require(said.find(text) != std::string::npos, "\"" + text + "\" is not in \"" + said + '"');
}

}  // namespace

Test(redis, an_address_says_where_it_is_and_who_asks) {
  const auto plain = options_of("redis://cache.example.com");
  require_equal(plain.describe(), "cache.example.com:6379");
  require(plain.user.empty() && plain.password.empty() && !plain.tls, "nothing else");
  const auto whole = options_of("rediss://tenantd:v%40lvet:x@cache.example.com:6380/3", "unused");
  require_equal(whole.describe(), "cache.example.com:6380, encrypted");
  require_equal(whole.user, "tenantd");
  require_equal(whole.password.reveal(), "v@lvet:x");
  const auto local = options_of("unix:///run/redis.sock", "anchor");
  require_equal(local.socket, "/run/redis.sock");
  require_equal(local.password.reveal(), "anchor");
  require_equal(options_of("redis://[::1]:7000").host, "[::1]");
  require(!service::redis_options(Settings{}), "none");
}

Test(redis, an_address_that_cannot_be_meant_is_refused_without_its_password) {
  for (const std::string url :
       {"cache.example.com", "http://x:geheim@cache", "redis://", "redis://x:geheim@", "redis://cache:0",
        "redis://cache:65536", "redis://x:geheim@cache:port", "redis://cache/tenantd",
        "unix://run/redis.sock", "redis://x:geheim%zz@cache", "redis://ca che"}) {
    std::string said;
    try {
      options_of(url);
    } catch (const ConfigError& e) {
      said = e.what();
    }
    require(said.starts_with("REDIS_URL must look like"), url + ": " + said);
    require(said.find("geheim") == std::string::npos, said);
  }
  Settings settings;
  settings.redis_url = "redis://cache";
  settings.redis_tls_ca = "/etc/hostname";
  cr_assert_throw(service::redis_options(settings), ConfigError);
}

Test(redis, a_server_answers_who_has_its_password) {
  const RedisServer server{{"--requirepass", "velvet"}};
  require_equal(redis_fault(options_of(server.url(), "velvet")), "");
  require_equal(redis_fault(options_of("unix://default:velvet@" + server.socket())), "");
  expect_fault(options_of(server.url(), "anchor"), "WRONGPASS");
  expect_fault(options_of(server.url()), "NOAUTH");
  expect_fault(options_of("unix:///nowhere/redis.sock"), "/nowhere/redis.sock: ");
}

Test(redis, an_account_needs_two_commands_and_the_channels_of_tenantd) {
  const RedisServer server;
  for (const auto& [name, channels] : {std::pair{"tenantd", "&tenantd:*"}, {"other", "&x:*"}})
    server.ask({"acl", "setuser", name, "on", ">velvet", "resetchannels", channels, "-@all", "+subscribe",
                "+publish"});
  require_equal(redis_fault(options_of("unix://tenantd:velvet@" + server.socket())), "");
  expect_fault(options_of("unix://other:velvet@" + server.socket()), "NOPERM");
}

Test(redis, a_server_that_hangs_is_none) {
  const RedisServer server;
  server.signal(SIGSTOP);
  expect_fault(options_of(server.url()), "it does not answer");
}

Test(redis, only_the_right_certificate_for_the_right_name_will_do) {
  const Certificates certificates;
  const auto start = [&](const std::string& shown, int port) {
    return std::vector<std::string>{"--bind",
                                    "127.0.0.1",
                                    "--tls-port",
                                    std::to_string(port),
                                    "--tls-cert-file",
                                    certificates.path(shown + ".pem"),
                                    "--tls-key-file",
                                    certificates.path(shown + ".key"),
                                    "--tls-ca-cert-file",
                                    certificates.path("ca.pem"),
                                    "--tls-auth-clients",
                                    "no"};
  };
  const auto at = [&](const std::string& host, int port, const std::string& ca) {
    auto options = options_of("rediss://" + host + ':' + std::to_string(port));
    options.ca = certificates.path(ca);
    return options;
  };
  const int port = free_port();
  {
    const RedisServer server{start("server", port)};
    require_equal(redis_fault(at("localhost", port, "ca.pem")), "");
    expect_fault(at("127.0.0.1", port, "ca.pem"), "target host name");
    expect_fault(at("localhost", port, "other-ca.pem"), "certificate");
    require(!redis_fault(options_of("redis://localhost:" + std::to_string(port))).empty(), "in plain text");
  }
  {
    const RedisServer server{start("expired", port)};
    expect_fault(at("localhost", port, "ca.pem"), "expired");
  }
  const int plain = free_port();
  const RedisServer server{{"--bind", "127.0.0.1", "--port", std::to_string(plain)}};
  require_equal(redis_fault(options_of("redis://localhost:" + std::to_string(plain))), "");
  require(!redis_fault(at("localhost", plain, "ca.pem")).empty(), "a plain server is not spoken to");
}
