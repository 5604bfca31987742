// What the tests beside it share.
#pragma once

#include <criterion/criterion.h>
#include <sysexits.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/tenants.hpp"

namespace tenantd::test::limits {
using namespace tenantd::test;

inline constexpr int kCrowd = 20;
inline constexpr int kPlaces = 5;

inline std::string max_members(std::int64_t most) { return "{\"max_members\":" + std::to_string(most) + '}'; }

inline void leave_places(const Account& root, const Account& owner, int places = kPlaces) {
  set_limits(root, owner.org_id, max_members(active_members(owner.org_id) + places));
}

// As many as the limit, in the rows and in the counters.
inline void require_full(const Account& owner,
                         const std::source_location& at = std::source_location::current()) {
  const auto org = binary(owner.org_id);
  const auto limit = number_of("SELECT max_members FROM organization WHERE id = " + org);
  require_equal(active_members(owner.org_id), limit, "active members", at);
  require_equal(
      number_of("SELECT members FROM member_total WHERE block = -1 AND status = 0 AND org_id = " + org),
      limit, "member_total", at);
  require_equal(
      number_of("SELECT SUM(members) FROM member_count WHERE block = -1 AND status = 0 AND org_id = " + org),
      limit, "member_count", at);
}

// Five of twenty at once get in; the others are told why.
inline void expect_five(const Account& owner, int status, const std::function<Response(std::size_t)>& join,
                        const std::source_location& at = std::source_location::current()) {
  const auto replies = at_once(kCrowd, join);
  int joined = 0;
  for (const auto& reply : replies) {
    if (reply.status == status) {
      ++joined;
      continue;
    }
    expect_problem(reply, 409, "limit_reached", at);
    require_equal(reply.text("/limit"), "members", reply.describe(), at);
  }
  require_equal(joined, kPlaces, "who got in", at);
  require_full(owner, at);
}

inline std::string new_user(const std::string& email) {
  return object({{"email", email}, {"first_name", "A"}, {"last_name", "B"}, {"role", "viewer"}});
}

inline std::string list(const std::vector<std::string>& parts) {
  std::string text = "[";
  for (const auto& part : parts) text += (text.size() > 1 ? "," : "") + part;
  return text + ']';
}

// Twenty members that are inactive.
inline std::vector<std::string> sleepers(const Account& owner) {
  std::vector<std::string> rows;
  for (int i = 0; i < kCrowd; ++i) rows.push_back(new_user(fresh_email()));
  auto client = owner.client();
  const auto made = client.post("/api/v1/users/bulk/create", "{\"users\":" + list(rows) + '}');
  expect(made, 200);
  std::vector<std::string> ids;
  std::vector<std::string> quoted;
  for (int i = 0; i < kCrowd; ++i) {
    ids.push_back(made.text("/items/" + std::to_string(i) + "/id"));
    quoted.push_back(Field{ids.back()}.json());
  }
  expect(
      client.post("/api/v1/users/bulk/action", R"({"action":"deactivate","user_ids":)" + list(quoted) + '}'),
      200);
  return ids;
}

// How many rows of all replies were done; the others met the limit.
inline int rows_done(const std::vector<Response>& replies, const std::string& word) {
  int done = 0;
  for (const auto& reply : replies) {
    expect(reply, 200);
    for (const auto& item : reply.at("/items").GetArray()) {
      if (item["result"] == word.c_str()) {
        ++done;
      } else {
        require(item["code"] == "limit_reached", reply.describe());
      }
    }
  }
  return done;
}

class File {
 public:
  explicit File(const std::string& text) : path_(run_dir() + '/' + fresh_name("import") + ".csv") {
    std::ofstream{path_, std::ios::binary} << text;
  }
  ~File() { std::filesystem::remove(path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline Finished import(const std::vector<std::string>& options, const std::string& path) {
  std::vector<std::string> command{setting("TENANTD_BUILD") + "/tenantctl", "import"};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(path);
  return run_program(command);
}

// Asks until it is refused. Throws unless as many were taken as fit the minute, with those that came back
// while the test took its time.
inline void expect_minute(std::int64_t limit, const std::function<Response(int)>& ask,
                          const std::source_location& at = std::source_location::current()) {
  const auto started = std::chrono::steady_clock::now();
  std::int64_t taken = 0;
  Response last;
  for (; taken <= 2 * limit + 2; ++taken) {
    last = ask(static_cast<int>(taken));
    if (last.status != 200) break;
  }
  expect_problem(last, 429, "rate_limited", at);
  require_equal(last.header("ratelimit-limit"), std::to_string(limit), "RateLimit-Limit", at);
  require_equal(last.header("ratelimit-remaining"), "0", "RateLimit-Remaining", at);
  require_equal(last.header("ratelimit-reset"), last.header("retry-after"), "RateLimit-Reset", at);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  const auto back = static_cast<std::int64_t>(took.count() * static_cast<double>(limit) / 60) + 1;
  require(taken >= limit && taken <= limit + back,
          std::to_string(taken) + " were taken of " + std::to_string(limit), at);
}

}  // namespace tenantd::test::limits
