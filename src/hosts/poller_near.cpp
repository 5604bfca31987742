// Of the poller: what it does between two turns, when hosts have a channel that is nearer than the database
// (channel.hpp), and what hosts tell one another of limits. A message that the log has moved makes the next
// turn due; what the log says is read there.
#include <algorithm>

#include "tenantd/base/time.hpp"
#include "tenantd/hosts/poller.hpp"
#include "tenantd/shm/bell.hpp"

namespace tenantd::hosts {
namespace {

// However many messages come.
constexpr std::int64_t kLeastPauseUs = 5'000;
// No poll later than this: each host keeps to its share of each limit.
constexpr std::int64_t kSharedUs = 1'000'000;

constexpr db::Sql kTellSpent{"host.tell_spent", "UPDATE host SET spent = ? WHERE id = ?"};

}  // namespace

std::int64_t Poller::pause_us() const {
  const bool is_alone = others_ == 0 && standing_.is_trusting();
  return is_alone || failed_ ? kPollAloneUs : kPollUs;
}

bool Poller::wait(int stop_fd, int bell_fd) {
  auto due = boot_microseconds() + pause_us();
  for (;;) {
    const auto now = boot_microseconds();
    if (now >= due) return false;
    std::vector<pollfd> watched = {{stop_fd, POLLIN, 0}, {bell_fd, POLLIN, 0}};
    if (near_.channel != nullptr) near_.channel->watch(watched);
    // Rounded up, or it would ask for nothing until the millisecond is over.
    ::poll(watched.data(), watched.size(), static_cast<int>((due - now + 999) / 1000));
    if (watched[0].revents != 0) return true;
    if (watched[1].revents != 0 && shm::Bell::silence(bell_fd)) tell_channel(true);
    if (near_.channel != nullptr && read_channel() && !failed_)
      due = std::min(due, turned_us_ + kLeastPauseUs);
  }
}

// Of the limits that hosts count together.
void Poller::hear_limits(const std::map<HostId, std::string>& spent) {
  const auto now = monotonic_microseconds();
  std::vector<HostId> others;
  for (const auto& [id, bytes] : spent) others.push_back(id);
  limits_.meet(others);
  for (const auto& [id, bytes] : spent) limits_.hear_row(id, bytes, now);
  limiter_.share_among(others_ + 1, now + kSharedUs);
}

void Poller::tell_limits() {
  turn_limits();
  const auto row = limits_.wanted_row(monotonic_microseconds());
  if (!row) return;
  connection_->execute(kTellSpent, *row, state_.id());
  limits_.row_written(monotonic_microseconds());
}

// True if the log has moved.
bool Poller::read_channel() {
  bool moved = false;
  for (const auto& bytes : near_.channel->turn()) moved = take_message(bytes) || moved;
  if (others_ > 0) turn_limits();
  return moved;
}

// Repeated, of nobody in the table, or of nobody who has the key: not taken.
bool Poller::take_message(const std::string& bytes) {
  const auto message = open_message(bytes, near_.key);
  if (message && message->from == state_.id()) return false;
  if (!message || !limits_.heard().contains(message->from) || message->number <= messages_[message->from]) {
    metrics_.redis_refused.fetch_add(1);
    return false;
  }
  messages_[message->from] = message->number;
  metrics_.redis_messages.fetch_add(1);
  bool knows_this_host = false;
  for (const auto& [host, round] : message->heard) {
    if (host != state_.id()) continue;
    knows_this_host = true;
    limits_.acknowledged(message->from, round);
  }
  // What was said before this host was there says nothing of its callers, and may be repeated by anybody.
  if (knows_this_host && limits_.hear(message->from, message->report, monotonic_microseconds()))
    tell_channel(false);
  return message->log_moved;
}

void Poller::turn_limits() {
  const bool is_near = near_.channel != nullptr && near_.channel->is_up();
  if (limits_.turn(monotonic_microseconds(), is_near)) tell_channel(false);
}

void Poller::tell_channel(bool log_moved) {
  if (near_.channel == nullptr || others_ == 0) return;
  Message message;
  message.from = state_.id();
  message.number = message_ = std::max(message_ + 1, boot_microseconds());
  message.log_moved = log_moved;
  if (const auto* report = limits_.current()) message.report = *report;
  message.heard.assign(limits_.heard().begin(), limits_.heard().end());
  near_.channel->publish(seal_message(message, near_.key));
}

}  // namespace tenantd::hosts
