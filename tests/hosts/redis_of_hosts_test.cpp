// Two hosts that have a Redis between them. Whatever becomes of it, what ended has ended on both, and a limit
// holds.
#include <criterion/criterion.h>
#include <signal.h>

#include "hosts/hosts_fixture.hpp"
#include "support/database.hpp"
#include "support/redis_server.hpp"
#include "tenantd/clients/redis.hpp"

using namespace tenantd::test;
using namespace tenantd::test::hosts;

namespace {

struct WithRedis {
  explicit WithRedis(const std::vector<std::string>& server = {}, std::string url = "",
                     std::vector<std::string> settings = {})
      : redis(server) {
    settings.insert(settings.end(), {"SESSION_CACHE_SECONDS=60", "LIMIT_OUTBOUND=12",
                                     "REDIS_URL=" + (url.empty() ? redis.url() : url + redis.socket())});
    first.emplace(settings);
    first->take_the_suites_place();
    second.emplace(*first);
    for (const auto& each : urls()) wait_until_trusting(each);
    for (const auto& each : urls())
      wait_until("it knows the other", [&] { return metric(each, "tenantd_other_hosts") == 1; });
  }
  std::vector<std::string> urls() const { return {first->url(), second->url()}; }
  void wait_until_up(int is_up) const {
    for (const auto& each : urls())
      wait_until(each + " finds Redis as it is", [&] { return metric(each, "tenantd_redis_up") == is_up; });
  }
  std::int64_t here(const std::string& name) const { return metric(first->url(), name); }
  std::int64_t there(const std::string& name) const { return metric(second->url(), name); }

  RedisServer redis;
  std::optional<PrivateStack> first;
  std::optional<SecondHost> second;
};

// What ends on the first host has ended on the second with the reply.
void expect_ends_count(const WithRedis& hosts, const Account& account) {
  const auto session = account_of(expect(sign_in(account.email, account.password), 200), account.email);
  auto elsewhere = hosts.second->client(session);
  for (int i = 0; i < 2; ++i) expect(elsewhere.get("/users/me"), 200);
  expect(session.client().post("/logout"), 204);
  expect_problem(elsewhere.get("/users/me"), 401, "invalid_token");
}

// Asks both hosts in turn; throws unless the limit held.
void expect_limit_holds(const WithRedis& hosts) {
  const auto began = tenantd::boot_microseconds();
  auto here = hosts.first->client(), there = hosts.second->client();
  int taken = 0;
  for (int i = 0; i < 20; ++i)
    for (auto* client : {&here, &there}) {
      const auto status = client->get("/api/v1/auth/oauth/google/login/nobody").status;
      require(status == 404 || status == 429, std::to_string(status));
      taken += status == 404 ? 1 : 0;
    }
  const auto back = (tenantd::boot_microseconds() - began) * 12 / 60'000'000;
  require(taken >= 8 && taken <= 12 + back + 2, std::to_string(taken) + " of 12");
}

tenantd::service::RedisOptions at(const std::string& socket) {
  tenantd::service::RedisOptions options;
  options.socket = socket;
  return options;
}

// A channel of the test's own, on which it hears and says what hosts do.
class Eavesdropper {
 public:
  explicit Eavesdropper(const RedisServer& redis)
      : channel_(at(redis.socket()), redis.channels().at(0), metrics_) {
    wait_until("it hears", [&] {
      turn();
      return channel_.is_up();
    });
  }
  void turn() {
    for (auto& each : channel_.turn()) heard.push_back(std::move(each));
  }
  void say(const std::string& message) {
    channel_.publish(message);
    turn();
  }
  std::vector<std::string> heard;

 private:
  tenantd::shm::Metrics metrics_;
  tenantd::service::RedisChannel channel_;
};

}  // namespace

Test(redis_of_hosts, a_change_is_heard_of_by_redis_and_read_in_the_database) {
  WithRedis hosts;
  hosts.wait_until_up(1);
  const auto account = sign_up();
  const auto read = hosts.there("tenantd_invalidations_read_total");
  for (int i = 0; i < 5; ++i) expect_ends_count(hosts, account);
  require(hosts.there("tenantd_redis_messages_total") >= 5, "messages");
  require(hosts.there("tenantd_invalidations_read_total") >= read + 5, "entries of the log");
  require_equal(hosts.redis.ask({"dbsize"}), "0", "nothing is stored there");
  require_equal(hosts.redis.channels().size(), 1U, "one channel");
}

Test(redis_of_hosts, limits_are_told_by_redis_and_no_row_is_written) {
  WithRedis hosts;
  hosts.wait_until_up(1);
  expect_limit_holds(hosts);
  const auto rounds = hosts.here("tenantd_limit_rounds_total");
  require(rounds > 0, "it told the other");
  wait_until("all was heard", [&] {
    return hosts.here("tenantd_limit_rounds_by_redis_total") == hosts.here("tenantd_limit_rounds_total");
  });
  require_equal(number_of("SELECT COUNT(*) FROM host WHERE spent <> ''"), 0, "rows");
}

Test(redis_of_hosts, a_redis_that_dies_and_comes_back_costs_nothing_but_speed) {
  WithRedis hosts;
  hosts.wait_until_up(1);
  const auto account = sign_up();
  hosts.redis.kill();
  expect_ends_count(hosts, account);
  hosts.wait_until_up(0);
  expect_ends_count(hosts, account);
  expect_limit_holds(hosts);
  require(!log_with(hosts.first->dir(), "redis_down").empty(), "the log says so");
  hosts.redis.start();
  hosts.wait_until_up(1);
  const auto messages = hosts.there("tenantd_redis_messages_total");
  expect_ends_count(hosts, account);
  require(hosts.there("tenantd_redis_messages_total") > messages, "by Redis again");
}

Test(redis_of_hosts, a_redis_that_hangs_costs_nothing_but_speed) {
  WithRedis hosts;
  hosts.wait_until_up(1);
  const auto account = sign_up();
  hosts.redis.signal(SIGSTOP);
  expect_ends_count(hosts, account);
  expect_limit_holds(hosts);
  hosts.wait_until_up(0);
  for (const auto& each : hosts.urls()) require_equal(metric(each, "tenantd_session_cache_trusted"), 1);
  hosts.redis.signal(SIGCONT);
  hosts.wait_until_up(1);
}

Test(redis_of_hosts, a_redis_that_is_wiped_full_and_behind_costs_nothing_but_speed) {
  WithRedis hosts;
  hosts.wait_until_up(1);
  const auto account = sign_up();
  hosts.redis.ask({"flushall"});
  expect_ends_count(hosts, account);
  hosts.redis.ask({"config", "set", "maxmemory-policy", "noeviction"});
  hosts.redis.ask({"config", "set", "maxmemory", "1"});
  expect_ends_count(hosts, account);
  hosts.wait_until_up(1);
  // Everything that was said comes at once, when it is over.
  hosts.redis.ask({"client", "pause", "700", "all"});
  expect_ends_count(hosts, account);
  expect_limit_holds(hosts);
  hosts.wait_until_up(1);
}

Test(redis_of_hosts, a_wrong_password_is_told_of_and_the_service_runs) {
  WithRedis hosts{{"--requirepass", "velvet"}, "unix://default:geheim-71@"};
  const auto account = sign_up();
  expect_ends_count(hosts, account);
  expect_limit_holds(hosts);
  hosts.wait_until_up(0);
  require(!log_with(hosts.first->dir(), "WRONGPASS").empty(), "the log says why");
  require_equal(log_with(hosts.first->dir(), "geheim-71"), "", "a log holds the password");
  const auto doctor = hosts.first->run("tenantctl doctor");
  require_equal(doctor.status, 1);
  require(doctor.output.find("FAIL  redis: ") != std::string::npos, doctor.output);
  require(doctor.output.find("geheim-71") == std::string::npos, doctor.output);
}

Test(redis_of_hosts, who_can_publish_can_neither_end_nor_count_anything) {
  WithRedis hosts;
  hosts.wait_until_up(1);
  const auto account = sign_up();
  Eavesdropper other{hosts.redis};
  expect_ends_count(hosts, account);
  wait_until("something was heard", [&] {
    other.turn();
    return !other.heard.empty();
  });
  const auto real = other.heard;
  const auto taken = hosts.there("tenantd_redis_messages_total");
  const auto refused = hosts.there("tenantd_redis_refused_total");
  wait_until("all are refused", [&] {
    for (int i = 0; i < 100; ++i) {
      auto forged = real[static_cast<std::size_t>(i) % real.size()];
      if (i % 2 == 0) forged[static_cast<std::size_t>(i) % forged.size()] ^= 1;
      other.say(forged);
      other.say(std::string(static_cast<std::size_t>(i) * 600, '\xff'));
    }
    return hosts.there("tenantd_redis_refused_total") >= refused + 200;
  });
  require(hosts.there("tenantd_redis_messages_total") <= taken + 2, "none of them was taken");
  expect_ends_count(hosts, account);
  expect_limit_holds(hosts);
  for (const auto& each : hosts.urls()) require_equal(metric(each, "tenantd_session_cache_trusted"), 1);
}

Test(redis_of_hosts, detailed_health_and_doctor_say_how_it_is) {
  WithRedis hosts;
  hosts.wait_until_up(1);
  const auto person = sign_up();
  verify(person);
  require_equal(hosts.first->run("tenantctl super-admin grant " + person.email).status, 0);
  auto chief = person.client();
  const auto good = chief.get("/health/detailed");
  expect(good, 200);
  require_equal(good.text("/redis/state"), "ok");
  const auto doctor = hosts.first->run("tenantctl doctor");
  require(doctor.output.find("ok    redis: " + hosts.redis.socket()) != std::string::npos, doctor.output);
  hosts.redis.kill();
  hosts.wait_until_up(0);
  const auto bad = chief.get("/health/detailed");
  expect(bad, 200);
  require_equal(bad.text("/redis/state"), "degraded");
  require_equal(bad.text("/status"), "degraded");
  require(bad.at("/redis/latency_us").IsNull(), bad.describe());
}
