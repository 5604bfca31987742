// The lines that nginx and tenantd write: JSON with numbers as numbers, one form of time, who asked and what
// it cost, and nothing that is a secret.
#include <criterion/criterion.h>

#include <future>
#include <regex>
#include <sstream>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/base/log_line.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

const std::regex& utc_time() {
  static const std::regex form{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"};
  return form;
}

// The lines of a log that are JSON objects, without the priority before them.
std::vector<rapidjson::Document> lines_of(const std::string& path) {
  std::vector<rapidjson::Document> found;
  std::istringstream lines{file_text(path)};
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find('{');
    if (begin == std::string::npos || begin > 3) continue;
    rapidjson::Document json;
    json.Parse(line.substr(begin));
    require(!json.HasParseError(), "no JSON: " + line);
    found.push_back(std::move(json));
  }
  return found;
}

std::string text_at(const rapidjson::Document& line, const char* name) {
  require(line.HasMember(name) && line[name].IsString(), std::string{"no text: "} + name);
  return line[name].GetString();
}

// The first line in which the member has the value, waited for.
rapidjson::Document line_with(const std::string& path, const char* member, const std::string& value) {
  rapidjson::Document found;
  wait_until(path + " tells of " + value, [&] {
    for (auto& line : lines_of(path))
      if (line.HasMember(member) && line[member].IsString() && line[member].GetString() == value) {
        found = std::move(line);
        return true;
      }
    return false;
  });
  return found;
}

rapidjson::Document access_line(const std::string& dir, const std::string& request_id) {
  return line_with(dir + "/log/access.log", "request_id", request_id);
}

}  // namespace

Test(logs, a_time_is_utc_with_milliseconds_whatever_the_year) {
  const auto text = [](std::int64_t ms) { return std::string{text_of(timestamp(ms))}; };
  require_equal(text(0), "1970-01-01T00:00:00.000Z");
  require_equal(text(951'827'696'789), "2000-02-29T12:34:56.789Z");
  require_equal(text(1'764'331'200'042), "2025-11-28T12:00:00.042Z");
  require_equal(text(4'102'444'799'999), "2099-12-31T23:59:59.999Z");
}

Test(logs, a_duration_has_three_decimals_and_is_a_number) {
  require_equal(log::milliseconds("x", 0).value, "0.000");
  require_equal(log::milliseconds("x", 1).value, "0.001");
  require_equal(log::milliseconds("x", 12'345'678).value, "12345.678");
  require_equal(log::milliseconds("x", -5).value, "0.000");
  require(log::milliseconds("x", 1).is_number && log::Field("x", 7).is_number, "a number");
  require(!log::Field("x", "7").is_number, "a text");
}

Test(logs, lines_of_tenantd_have_numbers_and_the_time_of_nginx) {
  const auto viewer = invite_and_accept(sign_up(), "viewer");
  const auto reply = viewer.client().get("/api/v1/audit-logs");
  expect_problem(reply, 403, "forbidden");
  const auto id = reply.text("/request_id");
  const auto line = line_with(run_dir() + "/log/tenantd.log", "request_id", id);
  require(std::regex_match(text_at(line, "time"), utc_time()), text_at(line, "time"));
  require(line["pid"].IsInt64(), "a process's number is a text");
  require(line["duration_ms"].IsNumber(), "a duration is a text");
  require_equal(text_at(line, "user"), viewer.user_id);
  require_equal(text_at(line, "organization"), viewer.org_id);
  require_equal(text_at(line, "trace_id"), text_at(access_line(run_dir(), id), "trace_id"));
  for (const auto& each : lines_of(run_dir() + "/log/tenantd.log"))
    require(std::regex_match(text_at(each, "time"), utc_time()), text_at(each, "time"));
}

Test(logs, the_access_log_says_who_asked_for_which_route_and_what_it_cost) {
  const auto owner = sign_up();
  const auto id = fresh_name("request");
  auto client = owner.client();
  client.header("X-Request-Id", id);
  const auto reply = client.get("/api/v1/roles/" + fresh_id());
  const auto line = access_line(run_dir(), id);
  require(std::regex_match(text_at(line, "time"), utc_time()), text_at(line, "time"));
  require_equal(text_at(line, "user"), owner.user_id);
  require_equal(text_at(line, "organization"), owner.org_id);
  require(text_at(line, "route").find('{') != std::string::npos, text_at(line, "route"));
  require_equal(text_at(line, "trace_id").size(), 32U);
  for (const char* number :
       {"status", "bytes", "seconds", "upstream_seconds", "statements", "statement_seconds"})
    require(line[number].IsNumber(), std::string{number} + " is no number");
  for (const auto& [name, value] : reply.headers)
    require(!name.starts_with("x-log-"), "what is for the log reaches the client: " + name);
}

Test(logs, a_request_that_tenantd_does_not_see_has_null_for_what_it_would_say) {
  const auto id = fresh_name("page");
  Client client;
  client.header("X-Request-Id", id);
  client.get("/app/main.js");
  const auto line = access_line(run_dir(), id);
  for (const char* number : {"upstream_seconds", "statements", "statement_seconds"})
    require(line[number].IsNull(), std::string{number} + " is not null");
  require_equal(text_at(line, "user"), "");
}

Test(logs, no_line_holds_a_password_a_token_or_a_mail_address) {
  const auto owner = sign_up();
  const auto id = fresh_name("secrets");
  auto client = owner.client();
  client.header("X-Request-Id", id);
  client.get("/api/v1/users/me?email=" + owner.email + "&token=" + owner.refresh_token);
  access_line(run_dir(), id);
  sign_in(owner.email, "not " + owner.password);
  for (const char* name : {"access", "tenantd", "courier", "nginx"}) {
    const auto text = file_text(run_dir() + "/log/" + name + ".log");
    for (const auto& secret : {owner.email, owner.password, owner.access_token, owner.refresh_token})
      require(text.find(secret) == std::string::npos, std::string{name} + " holds " + secret);
  }
}

Test(logs, a_slow_statement_is_named_without_its_values, .timeout = 120) {
  const PrivateStack stack{{"SLOW_STATEMENT_MS=1"}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto name = fresh_name("North");
  const auto made =
      expect(owner.client().post("/api/v1/warehouses", object({{"name", name}})), 201).text("/id");
  db::Connection holder{stack.database()};
  holder.run("START TRANSACTION");
  holder.run("UPDATE tenantd.warehouse SET revision = revision WHERE id = " + binary(made));
  const auto renamed = "South of " + name;
  auto change = std::async(std::launch::async, [&] {
    return owner.client().put("/api/v1/warehouses/" + made, object({{"name", renamed}})).status;
  });
  wait_until("the request waits for the row", [&] {
    auto rows = holder.run_query(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE command <> 'Sleep' AND "
        "info LIKE '%warehouse%' AND id <> CONNECTION_ID()");
    rows.next();
    return rows.integer(0) > 0;
  });
  holder.run("ROLLBACK");
  change.get();
  const auto path = stack.dir() + "/log/tenantd.log";
  rapidjson::Document line;
  wait_until("the log names the statement", [&] {
    for (auto& each : lines_of(path))
      if (text_at(each, "event") == "statement.slow" &&
          text_at(each, "statement").starts_with("warehouse.") && text_at(each, "path").ends_with("}")) {
        line = std::move(each);
        return true;
      }
    return false;
  });
  require(line["duration_ms"].GetDouble() >= 1, "a statement that was fast");
  require(file_text(path).find(name) == std::string::npos, "a value stands in the log");
}
