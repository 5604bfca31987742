// Several hosts without a database and without time of their own: what each says, the others hear as soon or
// as late as the test says.
#include "tenantd/hosts/limit_exchange.hpp"

#include <criterion/criterion.h>

#include <memory>

#include "support/check.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/hosts/message.hpp"
#include "tenantd/shm/shared.hpp"

using namespace tenantd;
using hosts::LimitExchange;
using hosts::LimitReport;
using hosts::Message;
using test::require;
using test::require_equal;

namespace {

constexpr std::int64_t kSecond = 1'000'000, kPoll = 50'000, kBegin = 100 * kSecond;

struct Host {
  HostId id = crypto::new_id<HostId>();
  shm::Shared<shm::RateLimiter> limiter;
  shm::Shared<shm::Metrics> metrics;
  LimitExchange exchange{*limiter, *metrics};
  std::string row;
};

class Deployment {
 public:
  explicit Deployment(std::size_t hosts) {
    for (std::size_t i = 0; i < hosts; ++i) hosts_.push_back(std::make_unique<Host>());
    poll();  // each sees the others' rows
  }
  Host& host(std::size_t i) { return *hosts_[i]; }

  // Each reads the rows, and writes its own.
  void poll() {
    for (auto& each : hosts_) {
      std::vector<HostId> others;
      for (const auto& other : hosts_)
        if (other != each) others.push_back(other->id);
      each->exchange.meet(others);
      each->limiter->share_among(static_cast<std::int64_t>(hosts_.size()), now_ + kSecond);
      for (const auto& other : hosts_)
        if (other != each) each->exchange.hear_row(other->id, other->row, now_);
      each->exchange.turn(now_, is_near);
      if (is_near) say(*each);
      if (const auto row = each->exchange.wanted_row(now_)) {
        each->row = *row;
        each->exchange.row_written(now_);
        ++rows_written;
      }
    }
    now_ += kPoll;
  }

  // Asks every host as often, each poll. Returns how many were allowed.
  std::int64_t ask(const std::string& caller, std::int64_t limit, std::int64_t each_time,
                   std::int64_t seconds) {
    std::int64_t allowed = 0;
    for (std::int64_t i = 0; i < seconds * kSecond / kPoll; ++i) {
      for (auto& each : hosts_)
        for (std::int64_t n = 0; n < each_time; ++n)
          allowed += each->limiter->take(caller, limit, 60, now_).allowed ? 1 : 0;
      poll();
    }
    return allowed;
  }

  bool is_near = false, is_deaf = false;
  int rows_written = 0;

 private:
  void say(Host& host) {
    const auto* report = host.exchange.current();
    if (report == nullptr || is_deaf) return;
    for (auto& other : hosts_) {
      if (other->id == host.id) continue;
      other->exchange.hear(host.id, *report, now_);
      host.exchange.acknowledged(other->id, other->exchange.heard().at(host.id));
    }
  }
  std::vector<std::unique_ptr<Host>> hosts_;
  std::int64_t now_ = kBegin;
};

LimitReport a_report(std::int64_t round) { return {round, {{7, 1000, 3}, {8, 2000, 4}}}; }

}  // namespace

Test(limit_exchange, a_caller_that_asks_all_hosts_gets_the_limit_once) {
  for (const std::size_t hosts : {2U, 3U, 10U})
    for (const std::int64_t limit : {10, 60, 600, 6000}) {
      Deployment deployment{hosts};
      const auto most = static_cast<std::int64_t>(hosts);
      const auto allowed = deployment.ask("a", limit, limit, 3);
      // What comes back in three seconds, and a request a host of what was rounded up.
      const auto expected = limit + limit * 3 / 60;
      require(allowed >= limit - most && allowed <= expected + 2 * most,
              std::to_string(allowed) + " of " + std::to_string(limit) + " by " + std::to_string(hosts));
    }
}

Test(limit_exchange, a_caller_that_never_stops_gets_its_rate_however_many_hosts_it_asks) {
  for (const std::size_t hosts : {2U, 5U}) {
    Deployment deployment{hosts};
    const auto allowed = deployment.ask("a", 600, 50, 120);
    require(allowed >= 1750 && allowed <= 1820, std::to_string(allowed) + " of 600 and 1,200");
  }
}

Test(limit_exchange, a_slow_caller_of_all_hosts_is_counted_too) {
  Deployment deployment{2};
  // 90 a second at each of two hosts that allow 100 together.
  std::int64_t allowed = 0;
  for (int second = 0; second < 240; ++second) allowed += deployment.ask("a", 6000, 4, 1);
  const std::int64_t expected = 6000 + 240 * 100;
  require(allowed > expected * 9 / 10 && allowed < expected * 21 / 20, std::to_string(allowed));
}

Test(limit_exchange, a_nearer_channel_ends_a_round_at_once_and_spares_the_database) {
  Deployment slow{2}, fast{2};
  fast.is_near = true;
  // One host of two has the whole limit, as soon as the other has heard of it.
  const auto of_one = [](Deployment& deployment) {
    std::int64_t allowed = 0;
    for (int poll = 0; poll < 12; ++poll) {
      for (int i = 0; i < 60; ++i) allowed += deployment.host(0).limiter->take("a", 60, 60, kBegin).allowed;
      deployment.poll();
    }
    return allowed;
  };
  const auto slowly = of_one(slow), quickly = of_one(fast);
  require(slowly < quickly, std::to_string(slowly));
  require(quickly >= 55, std::to_string(quickly));
  require(slow.rows_written > 0, "rows");
  require_equal(fast.rows_written, 0);
}

Test(limit_exchange, a_channel_that_carries_nothing_costs_no_more_than_time) {
  Deployment deployment{2};
  deployment.is_near = deployment.is_deaf = true;
  const auto allowed = deployment.ask("a", 60, 60, 3);
  require(allowed >= 55 && allowed <= 66, std::to_string(allowed));
  require(deployment.rows_written > 0, "the rows say it");
}

Test(limit_exchange, a_round_is_taken_once_and_what_a_new_host_finds_is_of_the_past) {
  Host host;
  const auto other = crypto::new_id<HostId>();
  host.limiter->share_among(2, kBegin + kSecond);
  std::string row;
  append_report(row, a_report(5));
  host.exchange.meet({other});
  host.exchange.hear_row(other, row, kBegin);
  require_equal(host.metrics->limit_rounds_heard.load(), 0U, "of any age");
  append_report(row, a_report(6));
  host.exchange.hear_row(other, row, kBegin);
  require(!host.exchange.hear(other, a_report(6), kBegin), "the same by the channel");
  require(!host.exchange.hear(crypto::new_id<HostId>(), a_report(9), kBegin), "nobody in the table");
  require_equal(host.metrics->limit_rounds_heard.load(), 1U);
  require(host.exchange.hear(other, a_report(7), kBegin), "a later one");
}

Test(limit_exchange, reports_that_are_cut_off_or_too_long_read_as_nothing) {
  std::string bytes;
  append_report(bytes, a_report(1));
  append_report(bytes, a_report(2));
  require_equal(hosts::read_reports(bytes).size(), 2U);
  require(hosts::read_reports(bytes).back().spent == a_report(2).spent, "as it was written");
  for (std::size_t size = 1; size < bytes.size(); ++size)
    require(hosts::read_reports(bytes.substr(0, size)).size() == (size == bytes.size() / 2 ? 1U : 0U),
            std::to_string(size));
  require(hosts::read_reports(std::string(10, '\xff')).empty(), "too many");
}

Test(limit_exchange, a_message_is_taken_from_who_has_the_key_and_from_nobody_else) {
  const Secret key{std::string(32, 'k')};
  Message message;
  message.from = crypto::new_id<HostId>();
  message.number = 77;
  message.log_moved = true;
  message.report = a_report(3);
  message.heard = {{crypto::new_id<HostId>(), 9}};
  const auto bytes = hosts::seal_message(message, key);
  const auto opened = hosts::open_message(bytes, key);
  require(opened && opened->from == message.from && opened->number == 77 && opened->log_moved, "head");
  require(opened->report.spent == message.report.spent && opened->heard == message.heard, "body");
  require(!hosts::open_message(bytes, Secret{std::string(32, 'K')}), "another key");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    require(!hosts::open_message(changed, key), "byte " + std::to_string(i));
  }
  for (std::size_t size = 0; size < bytes.size(); ++size)
    require(!hosts::open_message(bytes.substr(0, size), key), "cut");
}
