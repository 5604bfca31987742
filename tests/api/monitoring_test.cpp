// The dashboard and the alerts name only metrics that there are, and the alerts say what they shall.
#include <criterion/criterion.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

std::string file_of(const std::string& name) {
  const auto text = file_text(setting("TENANTD_TOP") + "/systemd/monitoring/" + name);
  require(!text.empty(), name + " cannot be read");
  return text;
}

// The families of a scrape, by their types.
std::map<std::string, std::string> families() {
  std::map<std::string, std::string> found;
  std::istringstream lines{expect(Client{}.get("/metrics"), 200).body};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    const auto blank = line.rfind(' ');
    found[line.substr(7, blank - 7)] = line.substr(blank + 1);
  }
  return found;
}

// Names of metrics that begin like ours, as families: without what a histogram's series have at their end.
std::set<std::string> named_in(const std::string& text, const std::map<std::string, std::string>& known) {
  static const std::regex name{R"(\b(tenantd|process)_[a-z_]+\b)"};
  std::set<std::string> found;
  for (auto at = std::sregex_iterator{text.begin(), text.end(), name}; at != std::sregex_iterator{}; ++at) {
    auto each = at->str();
    for (const char* end : {"_bucket", "_sum", "_count"}) {
      const auto family = each.substr(0, each.rfind('_'));
      const auto type = known.find(family);
      if (each.ends_with(end) && type != known.end() && type->second == "histogram") each = family;
    }
    found.insert(each);
  }
  return found;
}

Finished promtool(const std::string& arguments) {
  return run_program(
      {"bash", "-c", "cd " + setting("TENANTD_TOP") + "/systemd/monitoring && promtool " + arguments});
}

}  // namespace

Test(monitoring, the_dashboard_and_the_alerts_use_only_metrics_that_there_are) {
  const auto known = families();
  for (const char* name : {"tenantd.rules.yml", "tenantd.rules.test.yml", "tenantd.dashboard.json"}) {
    const auto used = named_in(file_of(name), known);
    require(used.size() > 5, std::string{name} + " names hardly any metric");
    for (const auto& each : used) require(known.contains(each), std::string{name} + " names " + each);
  }
}

Test(monitoring, most_metrics_are_on_the_dashboard) {
  const auto known = families();
  const auto shown = named_in(file_of("tenantd.dashboard.json"), known);
  std::string missing;
  std::size_t count = 0;
  for (const auto& [name, type] : known)
    if (!shown.contains(name) && ++count > 0) missing += ' ' + name;
  require(count * 2 < known.size(), "not shown:" + missing);
}

Test(monitoring, a_panels_queries_name_the_hosts_that_were_chosen) {
  rapidjson::Document dashboard;
  dashboard.Parse(file_of("tenantd.dashboard.json"));
  require(!dashboard.HasParseError(), "no JSON");
  std::set<int> ids;
  for (const auto& panel : dashboard["panels"].GetArray()) {
    require(ids.insert(panel["id"].GetInt()).second, "an id comes twice");
    if (!panel.HasMember("targets")) continue;
    for (const auto& target : panel["targets"].GetArray()) {
      const std::string query = target["expr"].GetString();
      require(query.find("$instance") != std::string::npos, query);
    }
  }
}

Test(monitoring, promtool_takes_the_alerts_and_their_tests_hold) {
  const auto checked = promtool("check rules tenantd.rules.yml");
  require(checked.status == 0, checked.output);
  const auto tested = promtool("test rules tenantd.rules.test.yml");
  require(tested.status == 0, tested.output);
}

Test(monitoring, a_scrape_passes_promtools_look_at_metrics) {
  const auto said =
      run_program({"bash", "-c", "curl -sf " + setting("TENANTD_URL") + "/metrics | promtool check metrics"});
  require(said.status == 0, said.output);
}

Test(monitoring, a_scrape_answers_while_the_database_is_gone, .timeout = 120) {
  PrivateStack stack;
  stack.take_the_suites_place();
  const auto owner = sign_up();
  expect(owner.client().get("/users/me"), 200);
  require(expect(Client{}.get("/metrics"), 200).body.find("\ntenantd_database_up 1\n") != std::string::npos,
          "up");
  stack.kill_database();
  Response reply;
  wait_until("the scrape says that it is gone", [&] {
    reply = Client{}.get("/metrics");
    return reply.status == 200 && reply.body.find("\ntenantd_database_up 0\n") != std::string::npos;
  });
  require(
      reply.body.find("tenantd_http_requests_total{method=\"GET\",path=\"/users/me\"") != std::string::npos,
      "what this host knows is missing");
  require(reply.body.find("\ntenantd_outbox_mails") == std::string::npos, "a number that nobody has read");
  stack.restart_database();
  wait_until("it is back", [&] {
    return Client{}.get("/metrics").body.find("\ntenantd_database_up 1\n") != std::string::npos;
  });
}
