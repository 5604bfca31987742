#include <algorithm>

#include "identity/privacy/erasure_store.hpp"
#include "identity/privacy/traces.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/effects/audit_chain.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/erasures.hpp"

namespace tenantd::service {
namespace {

using store::ErasureScope;
using store::OpenErasure;

constexpr std::int64_t kRowsRemovedAtOnce = 500;  // of each kind
constexpr std::int64_t kRowsLookedAt = 500;       // of a chain, in one step
constexpr std::int64_t kChainsLookedAt = 50;      // that end before that

constexpr Seconds kLongestUnderWay{120};

// A request that began before an erasure may write of the person until then: it has REQUEST_SECONDS for the
// database, a statement as long again, and what runs behind its reply the same; so has the erasure, from when
// it was asked for until it commits.
Seconds under_way(const Settings& settings) {
  return std::max(kLongestUnderWay, Seconds{6 * settings.request_seconds});
}

// Under which the person's kept replies lie (api/idempotency.cpp).
std::string caller_of(UserId user) { return crypto::sha256("caller\nperson/" + user.str()); }

// One step of one erasure.
class Erasing {
 public:
  Erasing(db::Txn& txn, const Context& context, const ErasureScope& scope, const OpenErasure& erasure)
      : txn_(txn),
        context_(context),
        scope_(scope),
        erasure_(erasure),
        traces_(traces_in(erasure.user, crypto::unseal(context.keys.seal_key(), erasure.traces_sealed,
                                                       "erasure:" + std::string{erasure.id.raw()}))) {}

  std::int64_t step() {
    if (const auto rows = forget(); rows > 0) return rows;
    std::int64_t rows = 0;
    auto chain = store::next_chain(txn_, scope_, erasure_.org, true);
    std::int64_t audit = erasure_.audit_seq, event = erasure_.event_seq;
    for (std::int64_t n = 0; chain && n < kChainsLookedAt; ++n) {
      const auto audit_to = std::min(audit + kRowsLookedAt, chain->audit_seq);
      const auto event_to = std::min(event + kRowsLookedAt, chain->event_seq);
      rows += redact_rows(chain->org, audit, audit_to) + redact_events(chain->org, event, event_to);
      // What was told of here stands behind the end of before, and holds nothing of the person.
      if (audit_to < chain->audit_seq || event_to < chain->event_seq || rows > 0) {
        store::move_erasure(txn_, scope_, erasure_.id, chain->org, audit_to, event_to);
        return rows;
      }
      const auto last = chain->org;
      chain = store::next_chain(txn_, scope_, last, false);
      audit = event = 0;
      if (chain) store::move_erasure(txn_, scope_, erasure_.id, chain->org, 0, 0);
    }
    if (!chain) store::finish_erasure(txn_, scope_, erasure_.id, context_.now);
    return rows;
  }

 private:
  std::int64_t forget() {
    std::int64_t rows = 0;
    for (const auto& address : traces_.addresses)
      rows +=
          store::forget_erased(txn_, scope_, erasure_, address, caller_of(erasure_.user), kRowsRemovedAtOnce);
    return rows;
  }

  bool is_whole(const store::AuditTrace& trace) const {
    const auto& key = context_.keys.audit_key();
    if (trace.redaction)
      return redaction_signature(key, trace.redaction->erasure, trace.row) == trace.redaction->signature;
    return trace.hash_before && chain_hash(key, *trace.hash_before, trace.row) == trace.row.hash;
  }

  // The signature of `less`; nullopt if what it is made of was tampered with: that is to be found after this
  // as before.
  std::optional<std::string> signature_of(const store::AuditTrace& trace, const store::AuditRow& less) const {
    if (is_whole(trace)) return redaction_signature(context_.keys.audit_key(), erasure_.id, less);
    log::write(log::Level::error, "erasure.row_broken",
               {{"organization", trace.row.org.str()}, {"row", trace.row.seq}});
    return std::nullopt;
  }

  std::int64_t redact_rows(OrgId org, std::int64_t after, std::int64_t to) {
    std::vector<std::int64_t> told;
    for (const auto& address : traces_.addresses) {
      for (const auto& trace : store::find_audit_traces(txn_, scope_, erasure_, org, after, to, address)) {
        const auto less = without_traces(traces_, trace.row);
        if (!less) continue;
        const auto signature = signature_of(trace, *less);
        store::redact_audit(txn_, scope_, erasure_.id, *less, signature, context_.now);
        if (signature) told.push_back(trace.row.seq);
      }
    }
    if (!told.empty()) tell(org, told);
    return static_cast<std::int64_t>(told.size());
  }

  void tell(OrgId org, std::vector<std::int64_t> rows) {
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    json::Object after;
    after.set("erasure", erasure_.id).set("rows", rows);
    Change change{kAuditRedacted, "audit", erasure_.id.bytes(), {}, std::move(after)};
    if (org.is_nil())
      record_for_system(txn_, context_, change);
    else
      record_audit_by_itself(txn_, context_, org, change);
  }

  std::int64_t redact_events(OrgId org, std::int64_t after, std::int64_t to) {
    std::int64_t rows = 0;
    for (const auto& address : traces_.addresses)
      for (const auto& event : store::find_event_traces(txn_, scope_, erasure_, org, after, to, address))
        if (const auto less = without_traces(traces_, event.data, event.about)) {
          store::redact_event(txn_, scope_, erasure_.id, org, event.seq, *less);
          ++rows;
        }
    return rows;
  }

  db::Txn& txn_;
  const Context& context_;
  const ErasureScope& scope_;
  const OpenErasure& erasure_;
  const Traces traces_;
};

}  // namespace

ErasedStep erase_next(db::Txn& txn, const Context& context, const store::ErasureScope& scope) {
  const auto erasure = store::next_erasure(txn, scope);
  if (!erasure) return {};
  // The others were asked for later.
  const auto from = erasure->asked_at + under_way(context.settings);
  if (context.now < from) return {0, false, from};
  return {Erasing{txn, context, scope, *erasure}.step(), true};
}

}  // namespace tenantd::service
