// Of the poller: whether this host is of use to the others, and how it stands back when it is not
// (protocol.hpp, 5 and 6).
#include <algorithm>

#include "tenantd/base/log.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/hosts/poller.hpp"

namespace tenantd::hosts {
namespace {

using db::Sql;

constexpr Sql kAcknowledge{"invalidation.acknowledge",
                           "INSERT IGNORE INTO invalidation_ack (seq, host_id) VALUES (?, ?)"};
constexpr Sql kForgive{"host.forgive", "UPDATE host SET overdue = 0 WHERE id = ? AND overdue < ?"};
constexpr Sql kProbe{"invalidation.probe",
                     "INSERT INTO invalidation (host_id, at_once, ids) VALUES (?, FALSE, ?)"};
constexpr Sql kProbeAck{"invalidation.probe_ack",
                        "INSERT INTO invalidation_ack (seq, host_id) VALUES (LAST_INSERT_ID(), ?)"};
// How long a host that was waited for in vain again stands back: at first, and at most.
constexpr std::int64_t kStandBackUs = 5'000'000, kMostStandBackUs = 60'000'000;

}  // namespace

// Nothing is trusted from here on.
void Poller::stand_back() {
  distrust();
  state_.alone_until_us.store(0);
  if (is_copied_) return become_another();
  // Another process of this host, which replaces this one, may be at a poll that has not found it yet.
  const auto now = boot_microseconds();
  if (unfit_since_us_ == 0) unfit_since_us_ = now;
  if (now - unfit_since_us_ > kBounds.stale + kMarginUs) give_row_up();
}

// Without its row nobody waits for this host.
void Poller::give_row_up() {
  row_.remove(*connection_);
  forget_place();
  is_suspect_ = true;
  rejoin_at_us_ = boot_microseconds() + pause_us_;
  log::warning("host_lease_lost", {{"detail", "other hosts have waited for this one in vain"},
                                   {"back_in_ms", pause_us_ / 1000}});
  pause_us_ = std::clamp(2 * pause_us_, kStandBackUs, kMostStandBackUs);
  metrics_.host_leases_lost.fetch_add(1);
}

void Poller::become_another() {
  const auto before = state_.id();
  row_.become_another();
  forget_place();
  log::warning("host_copied",
               {{"was", before.str()},
                {"id", state_.id().str()},
                {"detail",
                 "another machine renews the row of this host: one was copied, or put back to an "
                 "earlier state, while tenantd ran"}});
}

// Of what was found in the row and in the log nothing counts.
// Another server's numbers mean other entries. What is remembered is not trusted on the strength of them.
void Poller::forget_place() {
  standing_.leave();
  to_acknowledge_.clear();
  floors_.clear();
  is_copied_ = false;
  overdue_ = unfit_since_us_ = began_us_ = 0;
}

void Poller::acknowledge() {
  if (to_acknowledge_.empty()) return;
  try {
    write_acknowledgements();
  } catch (...) {
    is_suspect_ = true;
    throw;
  }
  to_acknowledge_.clear();
  // What was read now has become visible since the poll before began.
  const bool is_timely = began_before_us_ != 0 && boot_microseconds() - began_before_us_ < kBounds.stale;
  if (!is_timely) return;
  is_suspect_ = false;
  pause_us_ = 0;
  if (overdue_ > 0) connection_->execute(kForgive, state_.id(), kMostOverdue);
}

// As one transaction: an entry that many hosts wait for costs one commit.
void Poller::write_acknowledgements() {
  connection_->run("START TRANSACTION");
  for (const auto number : to_acknowledge_) connection_->execute(kAcknowledge, number, state_.id());
  connection_->run("COMMIT");
}

// A host that would renew its row and acknowledge nothing would be waited for for ever: it does not join.
void Poller::prove_acknowledging() {
  const auto id = state_.id();
  connection_->run("START TRANSACTION");
  connection_->execute(kProbe, id, id.raw());
  connection_->execute(kProbeAck, id);
  connection_->run("ROLLBACK");
}

}  // namespace tenantd::hosts
