#include "tenantd/hosts/standing.hpp"

#include <algorithm>

namespace tenantd::hosts {

void Standing::joined(std::int64_t began_us) {
  begin_anew();
  renewed_us_ = began_us;
}

void Standing::leave() {
  state_ = State::out;
  registration_.reset();
  sights_.clear();
}

// What was seen of others counts from now on: a host that was alone until this one came renews nothing.
void Standing::begin_anew() {
  leave();
  state_ = State::joined;
}

bool Standing::must_renew(std::int64_t now_us, bool is_alone) const {
  return now_us - renewed_us_ >= (is_alone ? kRenewAloneUs : bounds_.renew);
}

Standing::Verdict Standing::judge(const Found& found) {
  Verdict verdict;
  const bool is_alone = found.others.empty();
  if (is_alone) verdict.alone_until = found.began_us + bounds_.stale;
  const bool is_own = found.registration && (!registration_ || *registration_ == *found.registration);
  if (state_ == State::out || !is_own) {
    leave();
    verdict.must_join = true;
    return verdict;
  }
  registration_ = found.registration;
  if (state_ == State::joined) {
    state_ = State::warming;
    warm_at_us_ = found.returned_us + bounds_.warm;
  }
  look_at(found, verdict);
  if (state_ == State::warming && found.began_us >= warm_at_us_) {
    state_ = State::trusting;
    verdict.forget_all = true;
  }
  if (state_ != State::trusting) return verdict;
  verdict.trust_until = found.began_us + bounds_.stale;
  if (!is_alone) verdict.trust_until = std::min(verdict.trust_until, renewed_us_ + bounds_.member);
  return verdict;
}

void Standing::look_at(const Found& found, Verdict& verdict) {
  std::map<HostId, Sight> seen;
  for (const auto& other : found.others) {
    const auto before = sights_.find(other.id);
    const bool is_same = before != sights_.end() && before->second.beat == other.beat;
    const Sight sight = is_same ? before->second : Sight{other.beat, found.returned_us};
    if (found.began_us - sight.since_us >= bounds_.forget) verdict.gone.push_back(other);
    seen.emplace(other.id, sight);
  }
  sights_ = std::move(seen);
}

std::string Standing::describe() const {
  std::string text;
  // Piece by piece: of sums of texts g++ 12 warns that one is copied past its end.
  const auto add = [&](const std::string& piece) { text.append(piece).append(1, ' '); };
  for (const auto number : {static_cast<std::int64_t>(state_), renewed_us_, warm_at_us_})
    add(std::to_string(number));
  add(registration_ ? std::string{registration_->raw()} : "-");
  for (const auto& [id, sight] : sights_) {
    add(std::string{id.raw()});
    add(std::to_string(sight.beat));
    add(std::to_string(sight.since_us));
  }
  return text;
}

}  // namespace tenantd::hosts
