// What watches the service: probes, keys, metrics.
#include <criterion/criterion.h>

#include <map>
#include <regex>
#include <sstream>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd::test;

namespace {

// The Prometheus text format: comments, and name{labels} value.
std::map<std::string, double> samples(const std::string& text) {
  static const std::regex help{R"(# HELP [a-zA-Z_:][a-zA-Z0-9_:]* .*)"};
  static const std::regex type{
      R"(# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (counter|gauge|histogram|summary|untyped))"};
  static const std::regex sample{
      R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*",?)*\})? ([0-9.eE+-]+|NaN|[+-]Inf))"};
  require(!text.empty() && text.back() == '\n', "the last line is not ended");
  std::map<std::string, double> found;
  std::map<std::string, bool> typed;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      require(std::regex_match(line, type), line);
      const auto name = line.substr(7, line.find(' ', 7) - 7);
      require(!typed[name], name + " is typed twice");
      typed[name] = true;
    } else if (line.starts_with('#')) {
      require(std::regex_match(line, help), line);
    } else {
      require(std::regex_match(line, sample), "no sample: " + line);
      const auto blank = line.rfind(' ');
      require(!found.contains(line.substr(0, blank)), "a series comes twice: " + line);
      found[line.substr(0, blank)] = std::stod(line.substr(blank + 1));
      std::string family = line.substr(0, line.find_first_of("{ "));
      for (const char* suffix : {"_bucket", "_sum", "_count"})
        if (family.ends_with(suffix) && typed[family.substr(0, family.rfind('_'))])
          family.resize(family.rfind('_'));
      require(typed[family], "a sample without a type: " + line);
    }
  }
  return found;
}

}  // namespace

Test(health, probes_answer_on_both_spellings_for_get_and_head) {
  Client client;
  for (const char* path : {"/health", "/health-check"}) {
    const auto reply = client.get(path);
    expect(reply, 200);
    require_equal(reply.text("/status"), "ok");
    expect(client.send({"HEAD", path, std::nullopt, "", {}}), 200);
  }
  for (const char* path : {"/health/ready", "/ready"}) {
    const auto reply = client.get(path);
    expect(reply, 200);
    require_equal(reply.header("cache-control"), "no-store");
  }
  expect_problem(client.get("/health?verbose=1"), 422, "validation_failed");
  expect_problem(client.post("/health", "{}"), 405, "method_not_allowed");
}

Test(health, published_keys_are_public_parts_only_and_verify_what_is_signed) {
  const auto owner = sign_up();
  const auto reply = Client{}.get("/.well-known/jwks.json");
  expect(reply, 200);
  require(reply.size("/keys") >= 1, reply.describe());
  for (std::size_t i = 0; i < reply.size("/keys"); ++i) {
    const std::string key = "/keys/" + std::to_string(i);
    require(!reply.has(key + "/d") && !reply.has(key + "/p"), "a private key is published");
    if (reply.text(key + "/alg") == "RS256") {
      require_equal(tenantd::base64url_decode(reply.text(key + "/n")).value().size(), 256U);
      continue;
    }
    require_equal(reply.text(key + "/kty"), "OKP");
    require_equal(reply.text(key + "/crv"), "Ed25519");
    require_equal(reply.text(key + "/alg"), "EdDSA");
    require_equal(reply.text(key + "/use"), "sig");
    require_equal(tenantd::base64url_decode(reply.text(key + "/x")).value().size(), 32U);
  }
  const auto header =
      tenantd::base64url_decode(owner.access_token.substr(0, owner.access_token.find('.'))).value();
  require(header.find(reply.text("/keys/0/kid")) != std::string::npos, header);
}

Test(health, metrics_are_well_formed_and_count) {
  Client client;
  const auto before = samples(expect(client.get("/metrics"), 200).body);
  for (int i = 0; i < 10; ++i) client.get("/users/me");
  const auto reply = client.get("/metrics");
  require(reply.header("content-type").starts_with("text/plain; version=0.0.4"),
          reply.header("content-type"));
  const auto after = samples(reply.body);
  const std::string series = R"(tenantd_http_requests_total{method="GET",path="/users/me",status="4xx"})";
  const auto value = [&](const std::map<std::string, double>& from) {
    return from.contains(series) ? from.at(series) : 0;
  };
  require(value(after) >= value(before) + 10, "requests are not counted over all workers");
  const std::string histogram = "tenantd_http_request_duration_seconds";
  const std::string route = R"({method="GET",path="/users/me")";
  const auto total = after.at(histogram + "_count" + route + '}');
  require(total >= 10, "an empty histogram");
  require_equal(after.at(histogram + "_bucket" + route + ",le=\"+Inf\"}"), total);
  require(after.at(histogram + "_sum" + route + '}') > 0, "no time");
  double last = 0;
  for (const char* bound : {"0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1",
                            "0.25", "1", "5", "+Inf"}) {
    const auto count = after.at(histogram + "_bucket" + route + ",le=\"" + bound + "\"}");
    require(count >= last, bound);
    last = count;
  }
}

Test(health, metrics_count_sign_ins_by_what_became_of_them_and_locks) {
  const auto path = [](const std::string& outcome) {
    return R"(tenantd_sign_ins_total{path="/signin",outcome=")" + outcome + "\"}";
  };
  const auto read = [] { return samples(expect(Client{}.get("/metrics"), 200).body); };
  const auto value = [](const std::map<std::string, double>& from, const std::string& series) {
    return from.contains(series) ? from.at(series) : 0;
  };
  const auto owner = sign_up();
  const auto before = read();
  expect(sign_in(owner.email, owner.password), 200);
  for (int i = 0; i < 6; ++i) sign_in(owner.email, "not the password");
  const auto after = read();
  require(value(after, path("succeeded")) >= value(before, path("succeeded")) + 1, "succeeded");
  require(value(after, path("wrong")) >= value(before, path("wrong")) + 6, "wrong");
  require(after.at("tenantd_lock_outs_total") >= before.at("tenantd_lock_outs_total") + 1, "locked");
  require(after.at(R"(tenantd_lane_queue_seconds_count{lane="hash"})") >= 7, "the hash lane's queue");
  require(after.at("tenantd_database_statements_total") > before.at("tenantd_database_statements_total"),
          "statements");
  require(after.at("tenantd_database_up") == 1, "the database");
  for (const char* mails : {"reset", "verification", "alert", "invitation", "notice", "report"})
    require(after.contains(std::string{R"(tenantd_outbox_mails{class=")"} + mails + "\"}"), mails);
}

Test(health, metrics_name_no_person_and_no_free_text) {
  Client client;
  const auto unlikely = fresh_name("unlikely");
  client.get('/' + unlikely);
  client.put("/api/v1/members/" + fresh_id() + "/role", "{}");
  const auto text = client.get("/metrics").body;
  require(text.find(unlikely) == std::string::npos, "a free path is a label");
  require(text.find("{user_id}") != std::string::npos || text.find("/api/v1/members/") == std::string::npos,
          "an id is a label");
}

Test(health, pages_and_replies_carry_headers_that_keep_browsers_careful) {
  Client client;
  for (const char* path :
       {"/health", "/invite", "/reset", "/verify", "/app/main.js", "/nothing", "/users/me"}) {
    const auto reply = client.get(path);
    require_equal(reply.header("x-content-type-options"), "nosniff", path);
    require(reply.header("content-security-policy").find("default-src 'none'") != std::string::npos, path);
    require_equal(reply.header("referrer-policy"), "no-referrer", path);
    require_equal(reply.count_headers("x-request-id"), 1U, path);
    require(reply.header("server").find('/') == std::string::npos, "the server names its version");
  }
}
