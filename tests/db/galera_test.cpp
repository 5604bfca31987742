// A host on three nodes of a Galera cluster: the writer node dies or is cut off, and nothing that was
// acknowledged is lost.
#include <criterion/criterion.h>

#include <cmath>
#include <optional>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/galera.hpp"
#include "support/invitation_load.hpp"
#include "tenantd/base/time.hpp"

using namespace tenantd::test;

namespace {

class Nodes {
 public:
  Nodes() {
    const auto email = fresh_email();
    const auto reply = origin_.stack().client().post("/signup", sign_up_body(email, "Acme"));
    expect(reply, 201);
    owner_ = account_of(reply, email);
    cluster_.emplace(origin_);
    host_.emplace(origin_.stack(), std::vector<std::string>{"DB_HOST=" + cluster_->hosts()});
  }
  ~Nodes() { host_.reset(); }

  Cluster& cluster() { return *cluster_; }
  SecondHost& host() { return *host_; }
  PrivateStack& stack() { return origin_.stack(); }
  Client client() { return host_->client(owner_); }
  // How many connections of the service the node has.
  std::int64_t used(std::size_t node) {
    return cluster_->number_in(
        node, "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'tenantd_app'");
  }
  int lost(const InvitationLoad& load, std::size_t node) {
    const auto count = [&] {
      return load.missing([&](const std::string& email) {
        return cluster_->number_in(node, "SELECT COUNT(*) FROM invite WHERE email = " + literal(email)) > 0;
      });
    };
    int missing = count();
    // It may still apply the last ones.
    for (int i = 0; missing > 0 && i < 5; ++i) missing = count();
    return missing;
  }

 private:
  NetworkedDatabase origin_;
  Account owner_;
  std::optional<Cluster> cluster_;
  std::optional<SecondHost> host_;
};

}  // namespace

Test(galera, a_killed_writer_node_is_left_for_the_next) {
  if (!has_galera() || on_mysql()) cr_skip_test("no Galera here");
  Nodes nodes;
  InvitationLoad load{[&] { return nodes.client(); }};
  load.wait_for(30);
  require(nodes.used(0) > 0 && nodes.used(1) == 0 && nodes.used(2) == 0, "one writer");
  nodes.cluster().kill(0);
  load.wait_for(60);
  load.stop();
  load.say("writer node killed");
  require(nodes.used(1) > 0 && nodes.used(2) == 0, "one writer");
  require_equal(nodes.lost(load, 1), 0, "lost");
  require_equal(nodes.lost(load, 2), 0, "lost");
}

Test(galera, a_writer_node_that_is_cut_off_is_left_and_taken_again_when_it_is_back) {
  if (!has_galera() || on_mysql()) cr_skip_test("no Galera here");
  Nodes nodes;
  InvitationLoad load{[&] { return nodes.client(); }};
  load.wait_for(30);
  nodes.cluster().tell(0, "SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'");
  load.wait_for(60);
  load.say("writer node cut off");
  require(nodes.used(1) > 0 && nodes.used(2) == 0, "the next is the one writer");
  nodes.cluster().tell(0, "SET GLOBAL wsrep_provider_options = 'gmcast.isolate=0'");
  wait_until(
      "the first is used again", [&] { return nodes.used(0) > 0; }, std::chrono::seconds{60});
  wait_until(
      "by all", [&] { return nodes.used(1) == 0; }, std::chrono::seconds{60});
  load.wait_for(30);
  load.stop();
  load.say("and back");
  require_equal(nodes.lost(load, 0), 0, "lost");
  require_equal(nodes.lost(load, 2), 0, "lost");
}

Test(galera, a_host_that_writes_through_another_node_is_told_of) {
  if (!has_galera() || on_mysql()) cr_skip_test("no Galera here");
  Nodes nodes;
  const auto doctor = [&](std::size_t first) {
    return run_program({"bash", "-c",
                        ". " + nodes.stack().dir() +
                            "/environment && export DB_HOST=" + nodes.cluster().hosts(first) + " && exec " +
                            setting("TENANTD_BUILD") + "/tenantctl doctor"});
  };
  wait_until("the stack that was copied counts as gone", [&] {
    return nodes.cluster().number_in(0, "SELECT COUNT(*) = 1 AND MAX(name) = 'second' FROM host") == 1;
  });
  const auto alone = doctor(0);
  require(alone.output.find("of a Galera cluster, at 127.0.0.1:") != std::string::npos, alone.output);
  require(alone.output.find("ok    writer: writes go to node0:") != std::string::npos, alone.output);
  SecondHost other{nodes.stack(), {"DB_HOST=" + nodes.cluster().hosts(1), "HOST_NAME=third"}};
  wait_until("it has said where it writes", [&] {
    return nodes.cluster().number_in(0, "SELECT COUNT(DISTINCT server) FROM host WHERE server <> ''") == 2;
  });
  const auto both = doctor(0);
  require_equal(both.status, 1, both.output);
  require(both.output.find("FAIL  writer: the hosts write through more than one server") != std::string::npos,
          both.output);
  require(both.output.find("third through node1:") != std::string::npos, both.output);
}

Test(galera, what_a_node_says_of_nodes_that_lag_is_in_the_metrics) {
  if (!has_galera() || on_mysql()) cr_skip_test("no Galera here");
  Nodes nodes;
  const auto metric = [&](const std::string& name) -> std::string {
    const auto text = expect(nodes.client().get("/metrics"), 200).body;
    const auto at = text.find('\n' + name + ' ');
    if (at == std::string::npos) return "absent";
    const auto from = at + name.size() + 2;
    return text.substr(from, text.find('\n', from) - from);
  };
  const std::string paused = "tenantd_database_paused_seconds_total";
  require_equal(metric("tenantd_database_unapplied_write_sets"), "0");
  require(metric(paused) != "absent", "a node says for how long it waited");
  // The others ask for a pause as soon as a write set waits for them.
  for (const std::size_t node : {1U, 2U})
    nodes.cluster().tell(node, "SET GLOBAL wsrep_provider_options = 'gcs.fc_limit=1'");
  InvitationLoad load{[&] { return nodes.client(); }};
  load.wait_for(60);
  load.stop();
  tenantd::db::Connection node{nodes.cluster().node(0)};
  wait_until("the metrics say what the node does", [&] {
    auto rows = node.run_query("SHOW GLOBAL STATUS LIKE 'wsrep_flow_control_paused_ns'");
    require(rows.next(), "a node counts for how long it has paused");
    return std::llround(std::stod(metric(paused)) * 1e6) == rows.integer(1) / 1000;
  });
  // Where there is no cluster, nobody says that all is well.
  require(expect(Client{}.get("/metrics"), 200).body.find('\n' + paused + ' ') == std::string::npos,
          "no node");
}
