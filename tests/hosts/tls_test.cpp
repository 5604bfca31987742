// nginx/tls.conf.example and nginx/haproxy.cfg.example as an administrator runs them, with an authority of
// the test's own.
#include <criterion/criterion.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "support/background.hpp"
#include "support/certificates.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/key_folder.hpp"
#include "support/own_nginx.hpp"
#include "support/script_server.hpp"

using namespace tenantd::test;
namespace fs = std::filesystem;

namespace {

std::string nginx_file(const std::string& name) {
  return read_file(setting("TENANTD_TOP") + "/nginx/" + name);
}

void replace(std::string& text, const std::string& what, const std::string& with) {
  const std::string before = text;
  text = std::regex_replace(text, std::regex{what}, with);
  require(text != before, "the example has no " + what);
}

std::string port_nobody_has() {
  const ScriptServer server{"smtp_sink.py", {}};
  return server.port();
}

class Site {
 public:
  // `proxy`: as the head of the example says for a balancer that passes TLS on.
  explicit Site(bool proxy = false) : nginx_(configuration(proxy), setting("FAST_SOCKET")) {}

  std::string plain() const { return "http://localhost" + nginx_.url().substr(nginx_.url().rfind(':')); }
  std::string secure() const { return secure_at(port_); }
  std::string secure_at(const std::string& port) const { return "https://localhost:" + port; }
  const std::string& port() const { return port_; }
  std::string proof(const std::string& name) const {
    fs::create_directories(acme_.path() + "/.well-known/acme-challenge");
    std::ofstream{acme_.path() + "/.well-known/acme-challenge/" + name} << "proof of " << name;
    return "/.well-known/acme-challenge/" + name;
  }
  // What curl says, headers first; certificates are those of the test's authority.
  std::string curl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {"curl", "-sS", "-i", "-m", "20", "--cacert", certificates_.path("ca.pem")});
    const auto done = run_program(arguments);
    require_equal(done.status, 0, done.output);
    return done.output;
  }
  const Certificates& certificates() const { return certificates_; }

 private:
  OwnNginx::Configuration configuration(bool proxy) {
    return [this, proxy](const OwnNginx::Place& at) {
      auto text = nginx_file("tls.conf.example");
      replace(text, "include tenantd/(http|limits)\\.conf;\n", "");
      replace(text, "upstream [^}]*\\}\n", "");
      replace(text, " *listen \\[::\\][^\n]*\n", "");
      replace(text, "listen 80;", "listen 127.0.0.1:" + std::to_string(at.port) + ';');
      replace(text, "listen 443 ssl http2;",
              "listen 127.0.0.1:" + port_ + " ssl http2" + (proxy ? " proxy_protocol;" : ";"));
      replace(text, "accounts\\.example\\.com", "localhost");
      replace(text, "/var/lib/tenantd-acme", acme_.path());
      replace(text, "/usr/share/tenantd/www", setting("TENANTD_TOP") + "/nginx/www");
      replace(text, "access_log /var/log[^\n]*\n", "");
      replace(text, "/etc/ssl/tenantd/fullchain.pem", certificates_.path("server.pem"));
      replace(text, "/etc/ssl/tenantd/privkey.pem", certificates_.path("server.key"));
      replace(text, "include tenantd/files-dir.conf;", "set $$tenantd_files \"" + at.dir + "\";");
      if (proxy) {
        auto server = nginx_file("server.conf");
        replace(server, "include tenantd/real-ip.conf;",
                "set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;");
        text.replace(text.find("include tenantd/server.conf;"), 28, server);
      }
      return "limit_conn_zone \"\" zone=tenantd_connections:1m;\nlimit_req_zone \"\" "
             "zone=tenantd_requests:1m "
             "rate=200r/s;\n" +
             text;
    };
  }

  const Certificates certificates_;
  const TempFolder acme_;
  const std::string port_ = port_nobody_has();
  OwnNginx nginx_;
};

bool has(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

constexpr const char* kHsts = "trict-transport-security: max-age=63072000";

// The hook with programs of the test's own for nginx and systemctl.
Finished run_hook(const TempFolder& place, int verdict) {
  const auto program = [&](const std::string& name, const std::string& script) {
    std::ofstream{place.path() + '/' + name} << "#!/bin/sh\n" << script;
    fs::permissions(place.path() + '/' + name, fs::perms::owner_all);
  };
  const auto log = place.path() + "/log";
  program("nginx", "echo \"nginx $*\" >>" + log +
                       "; [ \"$1\" = -t ] || exit 0; echo a directive is wrong >&2; exit " +
                       std::to_string(verdict) + '\n');
  program("systemctl", "echo \"systemctl $*\" >>" + log + '\n');
  return run_program(
      {"env", "PATH=" + place.path() + ":/usr/bin:/bin", setting("TENANTD_TOP") + "/nginx/reload-nginx.sh"});
}

}  // namespace

Test(tls, over_plain_http_the_proof_is_shown_and_all_else_is_sent_to_https) {
  const Site site;
  const auto proof = site.curl({site.plain() + site.proof("token-1")});
  require(has(proof, "HTTP/1.1 200") && has(proof, "proof of token-1"), proof);
  require(has(site.curl({site.plain() + "/.well-known/acme-challenge/token-2"}), "HTTP/1.1 404"),
          "another proof");
  for (const std::string path :
       {"/", "/signin", "/users/me?a=b", "/.well-known/jwks.json", "/.well-known/acme-challenge"}) {
    const auto reply = site.curl({"-X", "POST", "-d", "{}", site.plain() + path});
    require(has(reply, "HTTP/1.1 308") && has(reply, "Location: https://localhost" + path + "\r\n"), reply);
    require(!has(reply, "trict-"), "a browser ignores it over plain HTTP: " + reply);
  }
}

Test(tls, over_tls_http_2_is_spoken_hsts_is_said_and_nothing_is_stapled) {
  const Site site;
  for (const std::string path : {"/health", "/app/", "/users/me", "/nothing/here"}) {
    const auto reply = site.curl({site.secure() + path});
    require(has(reply, "HTTP/2 ") && has(reply, kHsts), path + ": " + reply);
  }
  require(has(site.curl({"--http1.1", site.secure() + "/health"}), "HTTP/1.1 200"), "a client of before");
  const auto old =
      run_program({"curl", "-sS", "-m", "20", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0",
                   "--cacert", site.certificates().path("ca.pem"), site.secure() + "/health"});
  require(old.status != 0, "TLS 1.1 is spoken");
  const auto seen = run_program({"bash", "-c",
                                 "openssl s_client -connect 127.0.0.1:" + site.port() +
                                     " -servername localhost -status </dev/null 2>&1"});
  require(has(seen.output, "OCSP response: no response sent"), seen.output);
}

Test(tls, the_hook_reloads_nginx_after_it_has_accepted_its_configuration) {
  const TempFolder place;
  const auto refused = run_hook(place, 1);
  require_equal(refused.status, 1, refused.output);
  require(has(refused.output, "was not reloaded") && has(refused.output, "a directive is wrong"),
          refused.output);
  require_equal(read_file(place.path() + "/log"), "nginx -t\n");
  const auto done = run_hook(place, 0);
  require_equal(done.status, 0, done.output);
  const auto log = read_file(place.path() + "/log");
  require(
      log == "nginx -t\nnginx -t\nnginx -s reload\n" || log == "nginx -t\nnginx -t\nsystemctl reload nginx\n",
      log);
}

// HAProxy passes TLS on to a host and tells it who the client is; so the host, and not the balancer, is on
// record.
Test(tls, behind_haproxy_the_client_is_who_the_proxy_protocol_says) {
  const Site site{true};
  const auto tls_port = port_nobody_has(), plain_port = port_nobody_has();
  auto text = nginx_file("haproxy.cfg.example");
  replace(text, "bind :443", "bind 127.0.0.1:" + tls_port);
  replace(text, "bind :80", "bind 127.0.0.1:" + plain_port);
  replace(text, "192\\.0\\.2\\.11:443", "127.0.0.1:" + site.port());
  replace(text, " *server web-2[^\n]*\n", "");
  replace(text, "192\\.0\\.2\\.11:80", "127.0.0.1" + site.plain().substr(site.plain().rfind(':')));
  const TempFolder place;
  std::ofstream{place.path() + "/haproxy.cfg"} << text;
  const auto check = run_program({"/usr/sbin/haproxy", "-c", "-f", place.path() + "/haproxy.cfg"});
  require(check.status == 0 && !has(check.output, "WARNING"), check.output);
  const Background haproxy{"haproxy", {"haproxy", "-db", "-f", place.path() + "/haproxy.cfg"}};
  wait_until("the balancer has found the host", [&] {
    haproxy.must_live();
    return run_program({"curl", "-sS", "-f", "-m", "5", "--cacert", site.certificates().path("ca.pem"),
                        site.secure_at(tls_port) + "/health/ready"})
               .status == 0;
  });
  const auto email = fresh_email();
  const auto made =
      site.curl({"--interface", "127.0.0.9", "-H", "Content-Type: application/json", "-H",
                 "X-Forwarded-For: 198.51.100.1", "-d",
                 object({{"email", email}, {"password", kPassword}, {"organization_name", "Behind"}}),
                 site.secure_at(tls_port) + "/signup"});
  require(has(made, "HTTP/2 201") && has(made, kHsts), made);
  const auto signed_in =
      site.curl({"--interface", "127.0.0.9", "-H", "Content-Type: application/json", "-d",
                 object({{"email", email}, {"password", kPassword}}), site.secure_at(tls_port) + "/signin"});
  require(has(signed_in, "HTTP/2 200"), signed_in);
  require_equal(
      text_of("SELECT GROUP_CONCAT(DISTINCT e.address) FROM account_event e JOIN user u ON u.id = e.user_id "
              "WHERE u.email = " +
              literal(email)),
      "127.0.0.9");
  const auto plain = "http://localhost:" + plain_port;
  require(has(site.curl({plain + site.proof("token-3")}), "proof of token-3"),
          "no proof through the balancer");
  require(has(site.curl({plain + "/signin"}), "HTTP/1.1 308"), "not sent to https");
}
