// An instance of its own that calls receivers on this host, in the clear, and whose clock can be moved.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "support/receiver.hpp"
#include "support/roles.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::test {

inline std::string stream_clock() {
  const auto path = run_dir() + "/stream-clock-" + std::to_string(::getpid());
  const std::int64_t none = 0;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  require(fd >= 0 && ::pwrite(fd, &none, sizeof none, 0) == sizeof none, "no clock");
  ::close(fd);
  return path;
}

class StreamStack {
 public:
  explicit StreamStack(std::vector<std::string> settings = {}) : stack(with(std::move(settings))) {
    stack.take_the_suites_place();
    owner = sign_up();
  }

  static std::string body(const std::string& url, const std::string& more = "",
                          const std::string& carries = R"(["audit","events"])") {
    return R"({"name":"SIEM","url":")" + url + R"(","carries":)" + carries + more + '}';
  }
  // Returns the stream's path.
  std::string make(const Account& maker, const std::string& json) {
    const auto made = maker.client().post("/api/v1/streams", json);
    expect(made, 201);
    secret = made.text("/secret");
    return "/api/v1/streams/" + made.text("/id");
  }
  std::string make(const std::string& url) { return make(owner, body(url)); }
  // Somebody does something, so many times.
  static void happen(const Account& who, int times = 1) {
    for (int i = 0; i < times; ++i)
      expect(who.client().post("/api/v1/warehouses", object({{"name", fresh_name("North")}})), 201);
  }
  void move_clock(std::int64_t seconds) const {
    const int fd = ::open(clock.c_str(), O_WRONLY | O_CLOEXEC);
    require(fd >= 0 && ::pwrite(fd, &seconds, sizeof seconds, 0) == sizeof seconds, "the clock");
    ::close(fd);
  }
  // A session of the time that is now.
  void sign_in_again() { owner.access_token = sign_in(owner.email, owner.password).text("/access_token"); }
  pid_t courier() const { return part_pid(stack.dir(), "courier"); }
  void kill_courier() const {
    const pid_t pid = courier();
    require(::kill(pid, SIGKILL) == 0, "the courier takes no signal");
    wait_until("the courier is gone", [&] { return !lives(pid); });
  }

  std::string clock = stream_clock();
  PrivateStack stack;
  Account owner;
  std::string secret;  // of the stream made last

 private:
  std::vector<std::string> with(std::vector<std::string> settings) const {
    settings.insert(settings.end(), {"OUTBOUND_ALLOW=127.0.0.1,::1", "OUTBOUND_HTTP=true", "RATE_WRITE=10000",
                                     "WEBHOOK_RETRY_SECONDS=1", "CLOCK_OFFSET_FILE=" + clock});
    return settings;
  }
};

// What the last attempt met; "" if nothing.
inline std::string last_error(const Account& who, const std::string& stream) {
  const auto reply = who.client().get(stream);
  return reply.at("/last_error").IsString() ? reply.text("/last_error") : "";
}

// The number of the newest row of a chain; zeros: of the system's.
inline std::int64_t chain_head(const std::string& org) {
  return number_of("SELECT audit_seq FROM change_head WHERE org_id = " +
                   (org.empty() ? std::string{"REPEAT('\\0', 16)"} : binary(org)));
}

// What a receiver has, of each organization ("" = of none), in the order in which it came first.
struct Arrived {
  std::map<std::string, std::vector<std::int64_t>> audit;
  std::map<std::string, std::vector<std::int64_t>> events;
  std::map<std::string, std::vector<std::string>> ids;  // of audit rows
  std::int64_t repeated = 0;

  // Takes up what came in these requests; throws if a row comes that is no repetition and out of its order.
  void add(const rapidjson::Value& item) {
    const bool is_audit = std::string_view{item["kind"].GetString()} == "audit";
    const std::string org = item["organization_id"].IsNull() ? "" : item["organization_id"].GetString();
    auto& list = (is_audit ? audit : events)[org];
    const auto seq = item["seq"].GetInt64();
    if (!list.empty() && seq <= list.back()) {
      ++repeated;
      return;
    }
    require(list.empty() || seq == list.back() + 1,
            "row " + std::to_string(seq) + " came behind " + std::to_string(list.empty() ? 0 : list.back()));
    list.push_back(seq);
    if (is_audit) ids[org].push_back(item["id"].GetString());
  }
  void add(const std::vector<Received>& requests) {
    for (const auto& request : requests)
      for (const auto& item : request.json["items"].GetArray()) add(item);
  }
};

// The receiver's set is the database's, in its order: from `first` to the newest row.
inline void require_all(const Arrived& arrived, const std::string& org, std::int64_t first) {
  const auto& seqs = arrived.audit.at(org);
  require_equal(seqs.front(), first);
  require_equal(seqs.back(), chain_head(org));
  const auto chain = org.empty() ? std::string{"REPEAT('\\0', 16)"} : binary(org);
  auto rows = database().run_query("SELECT id FROM audit_log WHERE org_id = " + chain +
                                   " AND seq >= " + std::to_string(first) + " ORDER BY seq");
  std::vector<std::string> expected;
  while (rows.next()) expected.push_back(rows.id<tenantd::EventId>(0).str());
  require(arrived.ids.at(org) == expected, "the receiver's set is another than the database's");
}

}  // namespace tenantd::test
