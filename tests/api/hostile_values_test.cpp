// The largest and strangest values through nginx: refused, no worker lost, nothing grown, nothing changed.
#include <criterion/criterion.h>

#include <cstdio>
#include <fstream>
#include <map>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/hostile.hpp"
#include "support/impersonation.hpp"
#include "support/inventory.hpp"
#include "support/processes.hpp"
#include "tenantd/api/route.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kProducts = "/api/v1/products/import";
constexpr const char* kMovements = "/api/v1/stock-movements/import";

std::vector<pid_t> workers() { return children_of(part_pid(run_dir(), "tenantd")); }

// KiB of all workers' own memory.
std::int64_t memory() {
  std::int64_t sum = 0;
  for (const auto pid : workers()) {
    std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("RssAnon:")) sum += std::stoll(line.substr(8));
  }
  return sum;
}

// Holds that the same workers serve at the end as at the beginning, and are not larger by much.
class SameWorkers {
 public:
  SameWorkers() : pids_(workers()), memory_(memory()) {}
  void check(std::size_t requests) const {
    const auto grown = memory() - memory_;
    std::printf("%zu requests, workers grown by %lld KiB\n", requests, static_cast<long long>(grown));
    std::fflush(stdout);
    require(workers() == pids_, "a worker is gone");
#if !defined(__SANITIZE_ADDRESS__)
    require(grown < 64 * 1024, "the workers have grown by " + std::to_string(grown) + " KiB");
#endif
  }

 private:
  std::vector<pid_t> pids_;
  std::int64_t memory_;
};

std::string with_ids(std::string_view pattern, const Account& owner) {
  std::string path{pattern};
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
    const auto name = path.substr(open + 1, path.find('}') - open - 1);
    path.replace(open, name.size() + 2,
                 name == "org_id"    ? owner.org_id
                 : name == "user_id" ? owner.user_id
                                     : fresh_id());
  }
  return path;
}

Call call_of(const tenantd::api::Route& route, const Account& owner, std::optional<std::string> body = {}) {
  return {std::string{tenantd::http::method_name(route.method)},
          with_ids(route.path, owner),
          std::move(body),
          "application/json",
          {}};
}

const std::vector<std::string>& hostile_cells() {
  static const auto cells = [] {
    auto made = regex_hostile(30'000);
    made.insert(made.end(), {std::string(30'000, 'A'), std::string(60'000, '9'), std::string(30'000, '=')});
    return made;
  }();
  return cells;
}

// A header and one row of these cells and of one more, in whose place it may come.
std::string file_of(std::map<std::string, std::string> cells, const std::string& column,
                    const std::string& cell) {
  cells[column] = cell;
  std::string header, row;
  for (const auto& [name, value] : cells) {
    header += (header.empty() ? "" : ",") + name;
    row += (row.empty() ? "\"" : ",\"") + value + '"';
  }
  return header + '\n' + row + '\n';
}

// Rows after which the caller would be another, or nobody.
bool ends_something(std::string_view path) {
  return path.ends_with("/logout") || path.ends_with("/select") || path.ends_with("/deactivate");
}

// One in so many of a schema's hostile bodies: all of them are judged in the unit tests.
constexpr std::size_t kEvery = 23;

}  // namespace

Test(hostile_values, every_row_refuses_them_and_no_worker_is_lost) {
  const auto owner = new_super_admin();
  Unchanged database;
  const SameWorkers same;
  auto client = owner.client();
  std::size_t at = 0, sent = 0;
  for (const auto& route : tenantd::api::routes()) {
    if (route.body.empty() || route.gate != nullptr) continue;
    for (const auto& hostile : hostile_bodies(route.body)) {
      if (hostile.may_fit || at++ % kEvery != 0) continue;
      const auto reply = client.send(call_of(route, owner, hostile.json));
      require(reply.status >= 400 && reply.status < 500,
              std::string{route.path} + ' ' + hostile.what + ": " + reply.describe());
      ++sent;
    }
  }
  same.check(sent);
  require(sent > 300, "only " + std::to_string(sent) + " requests");
  database.check("hostile values");
}

// The worst of their kind: a long text against a pattern, equal items, and a large body of nobody's.
Test(hostile_values, long_texts_and_equal_items_are_refused_at_once) {
  const auto owner = new_super_admin();
  Unchanged database;
  const SameWorkers same;
  auto client = owner.client();
  const auto sku =
      client.post("/api/v1/products", object({{"sku", std::string(30'000, 'A')}, {"name", "x"}}));
  expect_problem(sku, 422, "validation_failed");
  expect_pointer(sku, "/sku");
  const auto equal = '[' + repeated(R"("a:b")", 2500) + ']';
  const auto role = client.post("/api/v1/roles", object({{"name", "x"}, {"permissions", Field::raw(equal)}}));
  expect_problem(role, 422, "validation_failed");
  expect_pointer(role, "/permissions");
  const auto few = client.post("/api/v1/roles", R"({"name":"x","permissions":["a:b","c:d","a:b"]})");
  expect_problem(few, 422, "validation_failed");
  require_equal(few.text("/errors/0/detail"), "must not hold the same item twice");
  constexpr std::size_t length = 100'000;
  for (const char* member : {"sha256", "content_type"}) {
    const auto reply = client.post(
        "/api/v1/projects/documents/upload",
        object({{"project_id", fresh_id()}, {"name", "x"}, {"size", 1}, {member, std::string(length, 'a')}}));
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, std::string{"/"} + member);
  }
  same.check(5);
  database.check("long texts");
}

Test(hostile_values, every_column_of_a_file_is_bounded_too) {
  const Stockroom room;
  Unchanged database;
  const SameWorkers same;
  std::size_t sent = 0;
  const auto refused = [&](const char* path, const std::string& file) {
    const auto reply = send_file(room.owner, path, file);
    const bool told = reply.status == 200 && reply.number("/refused") > 0 && !reply.at("/applied").GetBool();
    require(reply.status == 400 || reply.status == 422 || told,
            std::string{path} + ' ' + file.substr(0, 100) + ": " + reply.describe().substr(0, 400));
    ++sent;
  };
  const std::map<std::string, std::string> product{{"sku", "M1"}, {"name", "Bolt"}};
  const std::map<std::string, std::string> movement{
      {"product_id", room.bolt}, {"warehouse_id", room.north}, {"type", "in"}, {"quantity", "1"}};
  for (const char* column :
       {"sku", "name", "unit", "reorder_level", "supplier", "supplier_id", "price_minor", "currency"})
    for (const auto& cell : hostile_cells()) refused(kProducts, file_of(product, column, cell));
  for (const char* column : {"product_id", "warehouse", "warehouse_id", "to_warehouse", "to_warehouse_id",
                             "type", "quantity", "reason", "id", "sku"})
    for (const auto& cell : hostile_cells()) refused(kMovements, file_of(movement, column, cell));
  for (const char* path : {kProducts, kMovements})
    for (const auto& file :
         {"sku\n" + repeated("", 100'000), repeated("sku", 60'000) + '\n', std::string(200'000, '"'),
          "sku\n" + repeated("x\n", 40'000), "\xEF\xBB" + std::string{"sku\nM1\n"}})
      refused(path, file);
  same.check(sent);
  database.check("files");
}

// Many columns are ASCII. A text that is not meets them in the database, if no schema has refused it before.
Test(hostile_values, a_text_beyond_ascii_is_no_failure_anywhere) {
  const auto owner = new_super_admin();
  auto client = owner.client();
  const SameWorkers same;
  std::size_t sent = 0;
  const auto send = [&](const Call& call) {
    const auto reply = client.send(call);
    require(reply.status > 0 && reply.status < 500,
            call.path + ' ' + call.body.value_or("") + ": " + reply.describe());
    ++sent;
  };
  for (const auto& route : tenantd::api::routes()) {
    if (ends_something(route.path)) continue;
    if (!route.query.empty()) {
      const auto schema = schema_of(route.query);
      for (const auto& property : schema["properties"].GetObject())
        for (const std::string text : {"%C3%A9", "%F0%9F%98%80", "%E2%80%AE", "a%C3%A9a"}) {
          auto call =
              call_of(route, owner, route.body.empty() ? std::nullopt : std::optional<std::string>{"{}"});
          call.path += std::string{"?"} + property.name.GetString() + '=' + text;
          send(call);
        }
    }
    if (route.path.find('{') != std::string_view::npos) {
      auto call = call_of(route, owner, route.body.empty() ? std::nullopt : std::optional<std::string>{"{}"});
      std::string path{route.path};
      while (path.find('{') != std::string::npos)
        path.replace(path.find('{'), path.find('}') - path.find('{') + 1, "%C3%A9");
      call.path = path;
      send(call);
    }
    if (!route.body.empty())
      for (const auto& body : foreign_bodies(route.body)) send(call_of(route, owner, body));
  }
  for (const auto& [name, value] :
       {Header{"X-Tenant-Id", "\xC3\xA9"}, Header{"Idempotency-Key", "\xC3\xA9"},
        Header{"X-Api-Key", "tnd_\xC3\xA9"}, Header{"If-Match", "\"\xC3\xA9\""},
        Header{"User-Agent", "\xF0\x9F\x98\x80"}, Header{"X-Request-Id", "\xC3\xA9"}}) {
    Client other;
    if (name != "X-Api-Key") other.bearer(owner.access_token);
    const auto reply =
        other.send({"POST", "/api/v1/suppliers", R"({"name":"x"})", "application/json", {{name, value}}});
    require(reply.status > 0 && reply.status < 500, name + ": " + reply.describe());
    ++sent;
  }
  same.check(sent);
  require(sent > 500, "only " + std::to_string(sent) + " requests");
  expect(client.get("/users/me"), 200);
  const auto events = client.get("/api/v1/events?type=%C3%A9");
  expect_problem(events, 422, "validation_failed");
  expect_pointer(events, "?type");
}
