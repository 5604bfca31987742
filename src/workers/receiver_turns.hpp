// Whose turn it is: receivers (webhooks, OAuth clients, streams) that may have something due, in a row, and
// how many calls each, and each organization, may have under way. Those that failed or were slow last share a
// half of the connections. Whoever has no share when its turn comes keeps its turn for the next place that
// others give back: without that, those that come back sooner would pass it again and again. Remembers
// nothing of a receiver that has none under way and was well last.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "tenantd/modules/webhooks/deliveries_store.hpp"
#include "workers/logouts_store.hpp"
#include "workers/streaming_store.hpp"

namespace tenantd::service {

// `Receiver`: has the organization it belongs to as `org`, and an order.
template <class Receiver>
class ReceiverTurns {
 public:
  // Calls under way to one receiver.
  static constexpr std::int64_t kMost = 2;

  explicit ReceiverTurns(std::int64_t connections)
      : most_failing_(std::max<std::int64_t>(connections / 2, 1)),
        most_of_one_(std::max<std::int64_t>(connections / 2, kMost + 1)) {}

  // Takes its place at the end, unless it waits already.
  void add(const Receiver& receiver);
  // The next one in the row, which leaves it.
  std::optional<Receiver> next();
  std::size_t waiting() const { return row_.size(); }

  // How many more calls may begin to it now.
  std::int64_t share(const Receiver& receiver) const;
  // Its share is 0: it comes back into the row when a call ends that takes its place now.
  void hold_back(const Receiver& receiver);
  // It had its turn and nothing was due: the next one that failed may use its place.
  void passed();
  void begun(const Receiver& receiver);
  void ended(const Receiver& receiver, bool failed);

 private:
  void release_organization(OrgId org);
  void release_failing();

  struct Standing {
    std::int64_t under_way = 0;
    bool failing = false;
  };

  std::int64_t most_failing_;  // calls under way to receivers that failed or were slow last
  std::int64_t most_of_one_;   // calls under way to receivers of one organization
  std::map<OrgId, std::int64_t> of_organization_;
  std::int64_t failing_under_way_ = 0;
  std::map<Receiver, Standing> standings_;
  std::deque<Receiver> row_;
  std::map<OrgId, std::deque<Receiver>> held_by_organization_;
  std::deque<Receiver> held_failing_;
  std::set<Receiver> waiting_;  // in the row, or held back
};

using WebhookTurns = ReceiverTurns<store::WebhookKey>;
using ClientTurns = ReceiverTurns<store::ToldClient>;
using StreamTurns = ReceiverTurns<store::StreamKey>;
extern template class ReceiverTurns<store::WebhookKey>;
extern template class ReceiverTurns<store::ToldClient>;
extern template class ReceiverTurns<store::StreamKey>;

}  // namespace tenantd::service
