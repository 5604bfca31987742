#include "support/invitation_load.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/processes.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::test {

InvitationLoad::InvitationLoad(std::function<Client()> client)
    : client_(std::move(client)), stem_(fresh_name("kept")) {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { invite(); });
}

InvitationLoad::~InvitationLoad() { stop_ = true; }

void InvitationLoad::wait_for(int more) {
  const int wanted = acknowledged() + more;
  wait_until("invitations go on", [&] {
    require(fault().empty(), fault());
    return acknowledged() >= wanted;
  });
}

void InvitationLoad::stop() {
  stop_ = true;
  threads_.clear();
  require(fault().empty(), fault());
}

int InvitationLoad::acknowledged() const {
  const std::scoped_lock lock{mutex_};
  return static_cast<int>(emails_.size());
}

std::int64_t InvitationLoad::refusing() const {
  const std::scoped_lock lock{mutex_};
  return (last_refused_us_ - first_refused_us_) / 1000;
}

std::int64_t InvitationLoad::longest_gap() const {
  const std::scoped_lock lock{mutex_};
  return longest_gap_us_ / 1000;
}

int InvitationLoad::missing(const std::function<bool(const std::string&)>& has) const {
  const std::scoped_lock lock{mutex_};
  return static_cast<int>(std::ranges::count_if(emails_, [&](const auto& email) { return !has(email); }));
}

void InvitationLoad::say(const char* what) const {
  std::fprintf(stderr, "%s: %d acknowledged, %d x 503 within %lld ms, longest gap %lld ms\n", what,
               acknowledged(), refused(), static_cast<long long>(refusing()),
               static_cast<long long>(longest_gap()));
}

void InvitationLoad::invite() {
  try {
    auto client = client_();
    while (!stop_) {
      const auto email = stem_ + std::to_string(++next_) + "@example.com";
      note(email, client.post("/invite_member", object({{"email", email}})));
    }
  } catch (const std::exception& e) {
    const std::scoped_lock lock{mutex_};
    fault_ = e.what();
  }
}

void InvitationLoad::note(const std::string& email, const Response& reply) {
  const auto now = monotonic_microseconds();
  const std::scoped_lock lock{mutex_};
  if (reply.status == 201) {
    emails_.push_back(email);
    if (last_us_ != 0) longest_gap_us_ = std::max(longest_gap_us_, now - last_us_);
    last_us_ = now;
  } else if (reply.status == 503 && std::atoi(reply.header("retry-after").c_str()) > 0) {
    ++refused_;
    if (first_refused_us_ == 0) first_refused_us_ = now;
    last_refused_us_ = now;
  } else {
    fault_ = reply.describe();
  }
}

std::string InvitationLoad::fault() const {
  const std::scoped_lock lock{mutex_};
  return fault_;
}

}  // namespace tenantd::test
