// The database on another host: TLS that never falls back, and several hosts that are tried in order.
#include <criterion/criterion.h>

#include <filesystem>
#include <optional>

#include "support/certificates.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/two_databases.hpp"
#include "tenantd/db/access_denied.hpp"
#include "tenantd/domain/error.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

// A server that listens on 127.0.0.1, with an account "visitor" that signs in from there.
class Networked {
 public:
  explicit Networked(const std::string& options)
      : port(free_port()),
        stack({"DATABASE_OPTIONS=--skip-networking=0 --bind-address=127.0.0.1 --port=" +
               std::to_string(port) + ' ' + options}),
        admin(stack.database()) {
    admin.run("CREATE USER visitor@127.0.0.1 IDENTIFIED BY 'velvet anchor'");
  }
  std::string at(const std::string& host) const { return host + ':' + std::to_string(port); }

  const int port;
  PrivateStack stack;
  db::Connection admin;
};

db::ConnectOptions visitor(const std::string& hosts, const std::string& ca = "") {
  db::ConnectOptions options;
  options.host = hosts;
  options.user = "visitor";
  options.password = Secret{std::string{"velvet anchor"}};
  options.tls.ca = ca;
  return options;
}

// Why there was no connection, or "" if there was one.
std::string refusal(const db::ConnectOptions& options) {
  try {
    const db::Connection connection{options};
    return "";
  } catch (const ApiError& e) {
    require(e.code() == ErrorCode::unavailable, e.what());
    return e.log_detail();
  }
}

void expect_refused(const db::ConnectOptions& options, const std::string& text) {
  const auto said = refusal(options);
  require(said.find(text) != std::string::npos, "\"" + text + "\" is not in \"" + said + '"');
}

std::string value(db::Connection& connection, const std::string& query, unsigned column = 0) {
  auto rows = connection.run_query(query);
  require(rows.next(), query);
  return rows.text(column);
}

constexpr const char* kAdvice =
    "(DB_TLS_CA: the server must speak TLS and show a certificate for this name that ";

}  // namespace

Test(database_tls, only_the_right_certificate_for_the_right_name_will_do) {
  const Certificates certificates;
  Networked server{certificates.shown("server")};
  const auto ca = certificates.path("ca.pem");
  {
    db::Connection connection{visitor(server.at("localhost"), ca)};
    require(value(connection, "SHOW SESSION STATUS LIKE 'Ssl_version'", 1).starts_with("TLSv1."),
            "encrypted");
  }
  expect_refused(visitor(server.at("127.0.0.1"), ca), kAdvice);
  expect_refused(visitor(server.at("127.0.0.1"), ca), server.at("127.0.0.1"));
  expect_refused(visitor(server.at("localhost"), certificates.path("other-ca.pem")), kAdvice);
  auto wrong_password = visitor(server.at("localhost"), ca);
  wrong_password.password = Secret{std::string{"x"}};
  expect_refused(wrong_password, "1045");

  // A server that wants the client's certificate too, and one that takes nothing in plaintext.
  server.admin.run("ALTER USER visitor@127.0.0.1 REQUIRE X509");
  expect_refused(visitor(server.at("localhost"), ca), "1045");
  auto with_certificate = visitor(server.at("localhost"), ca);
  with_certificate.tls.cert = certificates.path("client.pem");
  with_certificate.tls.key = certificates.path("client.key");
  require_equal(refusal(with_certificate), "");
  server.admin.run("ALTER USER visitor@127.0.0.1 REQUIRE NONE");
  server.admin.run("SET GLOBAL require_secure_transport = ON");
  expect_refused(visitor(server.at("localhost")), "the server takes TLS alone: set DB_TLS_CA");
}

Test(database_tls, an_expired_certificate_and_a_server_without_tls_are_refused) {
  const Certificates certificates;
  const auto ca = certificates.path("ca.pem");
  {
    const Networked expired{certificates.shown("expired")};
    expect_refused(visitor(expired.at("localhost"), ca), kAdvice);
  }
  const Networked plain{on_mysql() ? "--tls-version=" : "--skip-ssl"};
  require_equal(refusal(visitor(plain.at("localhost"))), "", "in plaintext, when nothing else was asked for");
  expect_refused(visitor(plain.at("localhost"), ca), kAdvice);
}

Test(database_tls, hosts_are_tried_in_order_and_one_that_takes_no_writes_is_passed_over) {
  Networked first{""}, second{""};
  const auto port_of = [](const std::string& hosts) {
    db::Connection connection{visitor(hosts)};
    return std::stoi(value(connection, "SELECT @@port"));
  };
  const auto both = first.at("127.0.0.1") + ',' + second.at("127.0.0.1");
  const auto nobody = "127.0.0.1:" + std::to_string(free_port());
  require_equal(port_of(both), first.port);
  require_equal(port_of(nobody + ',' + second.at("127.0.0.1")), second.port);
  first.admin.run("SET GLOBAL read_only = ON");
  require_equal(port_of(both), second.port);
  require_equal(port_of(first.at("127.0.0.1")), first.port, "the only one, for what is read");
  second.admin.run("SET GLOBAL read_only = ON");
  expect_refused(visitor(both), first.at("127.0.0.1") + ": it is read-only; " + second.at("127.0.0.1") +
                                    ": it is read-only");
  // A refused password is no reason to ask the next one.
  auto wrong_password = visitor(both);
  wrong_password.password = Secret{std::string{"x"}};
  expect_refused(wrong_password, first.at("127.0.0.1") + ": 1045");
}
