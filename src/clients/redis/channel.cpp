#include <hiredis/hiredis.h>

#include <algorithm>

#include "connection.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::service {
namespace {

constexpr std::int64_t kBeatUs = 1'000'000, kRetryUs = 1'000'000;
// A server from which nothing comes back for so long is slower than the database; and for so long is none.
constexpr std::int64_t kRedisSlowUs = 100'000, kRedisDeadUs = 1'000'000;
constexpr std::int64_t kRedisConnectUs = 2'000'000;
constexpr std::size_t kMostMessage = 1 << 16, kMostMessages = 1000;

std::string_view text_of(const redisReply* reply) {
  return reply != nullptr && reply->str != nullptr ? std::string_view{reply->str, reply->len} : "";
}

void refuse_error(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_ERROR) throw RedisError(std::string{text_of(&reply)});
}

}  // namespace

RedisChannel::RedisChannel(RedisOptions options, const std::string& name, shm::Metrics& metrics, Log log)
    : options_(std::move(options)),
      channel_("tenantd:" + name),
      own_channel_(channel_ + ':' + to_hex(crypto::random_bytes(8))),
      metrics_(metrics),
      log_(log) {}

RedisChannel::~RedisChannel() = default;

bool RedisChannel::is_up() const {
  return has_come_back_ && !(is_awaited_ && monotonic_microseconds() - beat_us_ > kRedisSlowUs);
}

void RedisChannel::open() {
  opened_us_ = monotonic_microseconds();
  subscriptions_ = 0;
  is_awaited_ = has_come_back_ = false;
  hears_ = std::make_unique<RedisConnection>(options_);
  hears_->send({"SUBSCRIBE", channel_, own_channel_});
  says_ = std::make_unique<RedisConnection>(options_);
}

std::vector<std::string> RedisChannel::turn() {
  std::vector<std::string> messages;
  if (!hears_ && monotonic_microseconds() < retry_at_us_) return messages;
  try {
    if (!hears_) open();
    drive(messages);
    beat();
  } catch (const RedisError& e) {
    give_up(e.what());
  }
  metrics_.redis_up.store(is_up() ? 1 : 0);
  return messages;
}

void RedisChannel::drive(std::vector<std::string>& messages) {
  hears_->turn([&](const redisReply& reply) {
    refuse_error(reply);
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 3) return;
    const auto kind = text_of(reply.element[0]), where = text_of(reply.element[1]);
    const auto text = text_of(reply.element[2]);
    if (kind == "subscribe") ++subscriptions_;
    if (kind != "message" || text.size() > kMostMessage) return;
    if (where == own_channel_)
      came_back(text);
    else if (messages.size() < kMostMessages)
      messages.emplace_back(text);
  });
  says_->turn(refuse_error);
}

// Somebody else may write there too: only what was said last counts.
void RedisChannel::came_back(std::string_view text) {
  if (!is_awaited_ || text != std::to_string(beat_us_)) return;
  is_awaited_ = false;
  metrics_.redis_latency_us.store(monotonic_microseconds() - beat_us_);
  if (has_come_back_) return;
  has_come_back_ = true;
  fault_.clear();
  told_fault_.clear();
  if (log_ == Log::loud)
    log::info("redis_up",
              {{"server", options_.describe()}, {"latency_us", metrics_.redis_latency_us.load()}});
}

void RedisChannel::beat() {
  const auto now = monotonic_microseconds();
  if (!has_come_back_ && now - opened_us_ > kRedisConnectUs) throw RedisError("it does not answer");
  if (is_awaited_ && now - beat_us_ > kRedisDeadUs) throw RedisError("it does not answer any more");
  if (subscriptions_ < 2 || is_awaited_ || (has_come_back_ && now - beat_us_ < kBeatUs)) return;
  beat_us_ = now;
  is_awaited_ = true;
  says_->send({"PUBLISH", own_channel_, std::to_string(beat_us_)});
  says_->turn(refuse_error);
}

void RedisChannel::publish(std::string_view message) {
  if (!has_come_back_) return;
  try {
    says_->send({"PUBLISH", channel_, message});
    says_->turn(refuse_error);
  } catch (const RedisError& e) {
    give_up(e.what());
  }
}

// The log says each fault once, until it works again.
void RedisChannel::give_up(const std::string& why) {
  hears_.reset();
  says_.reset();
  is_awaited_ = has_come_back_ = false;
  retry_at_us_ = monotonic_microseconds() + kRetryUs;
  fault_ = why;
  metrics_.redis_failures.fetch_add(1);
  if (log_ == Log::quiet || fault_ == told_fault_) return;
  told_fault_ = fault_;
  log::warning("redis_down", {{"server", options_.describe()}, {"detail", fault_}});
}

void RedisChannel::watch(std::vector<pollfd>& into) {
  for (const auto* each : {hears_.get(), says_.get()})
    if (each != nullptr) each->watch(into);
}

std::int64_t probe_redis(const RedisOptions& options) {
  shm::Metrics metrics;
  RedisChannel channel{options, "probe", metrics, RedisChannel::Log::quiet};
  const auto until = monotonic_microseconds() + kRedisConnectUs;
  while (monotonic_microseconds() < until && !channel.is_up() && channel.fault().empty()) {
    channel.turn();
    std::vector<pollfd> watched;
    channel.watch(watched);
    if (!channel.is_up()) ::poll(watched.data(), watched.size(), 10);
  }
  if (channel.is_up()) return metrics.redis_latency_us.load();
  throw std::runtime_error(options.describe() + ": " +
                           (channel.fault().empty() ? "it does not answer" : channel.fault()));
}

}  // namespace tenantd::service
