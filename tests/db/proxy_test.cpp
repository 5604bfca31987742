// A proxy before the database: one that passes each connection through is taken, one that mixes connections
// is refused, and shows nobody another tenant's rows until that is noticed.
#include <criterion/criterion.h>

#include <fstream>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/parallel.hpp"
#include "support/script_server.hpp"
#include "support/two_databases.hpp"
#include "tenantd/db/mixing_proxy.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

// The proxy signs in itself, as the application's account.
class Proxy : public ScriptServer {
 public:
  Proxy(NetworkedDatabase& database, const std::string& how)
      : ScriptServer("mixing_proxy.py", {std::to_string(database.port()), "tenantd_app",
                                         setting_of(database.stack(), "DB_PASSWORD"), how}) {}
  std::string address() const { return "127.0.0.1:" + port(); }
  void begin_to_mix() const { write("mix", ""); }

  static std::string setting_of(const PrivateStack& stack, const std::string& key) {
    const auto done =
        run_program({"bash", "-c", ". " + stack.dir() + "/environment && printf %s \"$" + key + '"'});
    require_equal(done.status, 0, done.output);
    return done.output;
  }
};

db::ConnectOptions application(NetworkedDatabase& database, const Proxy& proxy) {
  db::ConnectOptions options;
  options.host = proxy.address();
  options.user = "tenantd_app";
  options.password = Secret{Proxy::setting_of(database.stack(), "DB_PASSWORD")};
  options.schema = "tenantd_app";
  return options;
}

Account founded(NetworkedDatabase& database, const std::string& organization) {
  const auto email = fresh_email();
  const auto reply = database.stack().client().post("/signup", sign_up_body(email, organization));
  expect(reply, 201);
  return account_of(reply, email);
}

}  // namespace

Test(proxy, one_that_mixes_connections_is_refused_when_a_connection_is_made, .timeout = 120) {
  NetworkedDatabase database;
  const Proxy mixing{database, "mix"};
  bool refused = false;
  try {
    const db::Connection connection{application(database, mixing)};
  } catch (const db::MixingProxy& e) {
    refused = true;
    require(e.log_detail().find(mixing.address()) != std::string::npos, e.log_detail());
  }
  require(refused, "it was taken");
}

Test(proxy, one_that_passes_connections_through_is_taken, .timeout = 120) {
  NetworkedDatabase database;
  const Proxy honest{database, "through"};
  const auto owner = founded(database, "Acme");
  SecondHost host{database.stack(), {"DB_HOST=" + honest.address()}};
  auto client = host.client(owner);
  for (int i = 0; i < 10; ++i) {
    expect(client.post("/invite_member", object({{"email", fresh_email()}})), 201);
    expect(client.get("/users/me"), 200);
  }
  expect(host.client().get("/health/ready"), 200);
}

Test(proxy, one_that_begins_to_mix_serves_no_request_and_shows_nobody_anothers_rows, .timeout = 120) {
  NetworkedDatabase database;
  const Proxy proxy{database, "late"};
  const std::vector<Account> owners{founded(database, "Acme"), founded(database, "Beta")};
  SecondHost host{database.stack(), {"DB_HOST=" + proxy.address(), "SESSION_CACHE_SECONDS=0"}};
  const auto rows = [&](const Account& owner) {
    return host.client(owner).get("/api/v1/organizations/" + owner.org_id);
  };
  for (const auto& owner : owners) expect(rows(owner), 200);
  proxy.begin_to_mix();
  const auto faults = at_once(4, [&](std::size_t i) -> std::string {
    const auto& owner = owners[i % 2];
    for (int k = 0; k < 25; ++k) {
      const auto reply = rows(owner);
      const bool is_own = reply.status == 200 && reply.text("/id") == owner.org_id &&
                          reply.text("/name") == (i % 2 == 0 ? "Acme" : "Beta");
      // Until it is noticed a request may fail in any way: where no scope was set nothing is found, and the
      // number of a prepared statement may mean another one there. Nobody is shown what is another's.
      if (reply.status == 200 && !is_own) return reply.describe();
    }
    return "";
  });
  for (const auto& fault : faults) require_equal(fault, "");
  const auto reply = host.client().get("/health/ready");
  expect_problem(reply, 503, "unavailable");
  require_equal(reply.text("/detail"), db::MixingProxy::kAdvice);
  for (const auto& owner : owners) expect_problem(rows(owner), 503, "unavailable");
}
