// What a host knows of its own place among the hosts, and what follows: whether it trusts what it remembers,
// whether it is alone, and whom it removes (protocol.hpp, 3 and 4). Pure: time and findings are handed in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/hosts/protocol.hpp"
#include "tenantd/shm/host_state.hpp"

namespace tenantd::hosts {

class Standing {
 public:
  explicit Standing(const Bounds& bounds = kBounds) : bounds_(bounds) {}

  struct Other {
    HostId id;
    std::int64_t beat = 0;
  };
  // What a poll found in the table of hosts. `registration`: of the own row; nullopt = it is not there.
  struct Found {
    std::int64_t began_us = 0;
    std::int64_t returned_us = 0;
    std::optional<HostId> registration;
    std::vector<Other> others;
  };
  struct Verdict {
    bool must_join = false;        // the own row is gone, or is another registration's: nothing is trusted
    bool forget_all = false;       // what was remembered before, before the next line counts
    std::int64_t trust_until = 0;  // 0 = nothing is trusted on the strength of this poll
    std::int64_t alone_until = 0;  // 0 = there are others
    std::vector<Other> gone;       // rows to be removed if they still have this number
  };

  // The row was written, or found, by a statement that began then. The next poll is the first.
  void joined(std::int64_t began_us);
  bool is_joined() const { return state_ != State::out; }
  // Nothing is known any more.
  void leave();
  // The row is there; the place in the log is lost.
  void begin_anew();
  // True if the next judge() will take the poll for the first since joining.
  bool is_first_poll() const { return state_ == State::joined; }

  bool must_renew(std::int64_t now_us, bool is_alone) const;
  void renewed(std::int64_t began_us) { renewed_us_ = began_us; }

  Verdict judge(const Found& found);
  bool is_trusting() const { return state_ == State::trusting; }
  // All that it knows, as bytes.
  std::string describe() const;

 private:
  enum class State { out, joined, warming, trusting };
  struct Sight {
    std::int64_t beat;
    std::int64_t since_us;
  };
  void look_at(const Found& found, Verdict& verdict);

  Bounds bounds_;
  State state_ = State::out;
  std::optional<HostId> registration_;
  std::int64_t renewed_us_ = 0;
  std::int64_t warm_at_us_ = 0;
  std::map<HostId, Sight> sights_;
};

}  // namespace tenantd::hosts
