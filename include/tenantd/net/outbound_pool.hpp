// Several outbound requests at once, in one thread: what hangs holds up none of the others.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tenantd/net/outbound.hpp"

namespace tenantd::net {

class OutboundPool {
 public:
  // What came of one request. Without a reply `error` is set; `status` is 0, or the reply's that was cut.
  struct Outcome {
    std::uint64_t tag = 0;  // as given to start()
    int status = 0;
    std::int64_t milliseconds = 0;
    OutboundReply reply;
    std::optional<OutboundError> error;
  };

  explicit OutboundPool(OutboundPolicy policy);
  ~OutboundPool();  // drops what is under way
  OutboundPool(const OutboundPool&) = delete;
  OutboundPool& operator=(const OutboundPool&) = delete;

  // Throws OutboundError(refused) for an URL that may not be called.
  void start(std::uint64_t tag, OutboundRequest request);
  std::size_t in_flight() const;
  // Lets the requests go on. Returns what is finished; with nothing, when something has moved, wake() was
  // called, or `longest` has passed.
  std::vector<Outcome> wait(std::chrono::milliseconds longest);
  // From any thread: wait() returns, or the next one does at once.
  void wake() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenantd::net
