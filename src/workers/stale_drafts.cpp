#include <algorithm>
#include <map>

#include "tenantd/effects/changes.hpp"
#include "workers/reporter_jobs.hpp"

namespace tenantd::service {
namespace {

constexpr std::string_view kStaleDrafts = "drafts";

void tell(db::Txn& txn, const Context& context, OrgId org, PurchaseRequestId id, const store::Draft& draft) {
  json::Object before, data;
  before.set("number", draft.number).set("title", draft.title).set("status", "draft");
  before.set("requested_by", draft.requested_by).set("updated_at", draft.updated_at);
  data.set("number", draft.number).set("title", draft.title);
  record_by_itself(txn, context, org,
                   {"purchase_request.deleted", "purchase_request", id.bytes(), before, {}, data});
}

// Those of one organization, in the order of their ids. Returns how many were removed.
std::int64_t remove(const ReporterRun& run, OrgId org, const std::vector<PurchaseRequestId>& ids,
                    TimePoint before) {
  return db::run_transaction(run.pool, nullptr, [&](db::Txn& txn) {
    txn.enter({org, std::nullopt, false});
    std::int64_t removed = 0;
    for (const auto& id : ids) {
      const auto draft = store::remove_draft(txn, kReporter, org, id, before);
      if (!draft) continue;
      tell(txn, run.context, org, id, *draft);
      ++removed;
    }
    return removed;
  });
}

// One batch. False if there is no other to ask for.
bool remove_batch(const ReporterRun& run, JobResult& result, TimePoint before) {
  const auto found = db::run_transaction(
      run.pool, nullptr, [&](db::Txn& txn) { return store::stale_drafts(txn, kReporter, before); });
  std::map<OrgId, std::vector<PurchaseRequestId>> by_org;
  for (const auto& [org, id] : found) by_org[org].push_back(id);
  const auto removed_before = result.drafts;
  for (auto& [org, ids] : by_org) {
    if (!run.keep_going()) return false;
    std::sort(ids.begin(), ids.end());
    try {
      result.drafts += remove(run, org, ids, before);
      ++result.organizations;
    } catch (const ApiError&) {
      throw;
    } catch (const std::exception& e) {
      ++result.failed;
      result.error = e.what();
    }
    if (run.progress) run.progress(result.organizations);
  }
  // Where none could be removed the same would be found again.
  return found.size() == static_cast<std::size_t>(store::kDraftBatch) && result.drafts > removed_before;
}

}  // namespace

JobResult remove_drafts(const ReporterRun& run) {
  const auto& context = run.context;
  JobResult result{Job::drafts, newest_two_oclock(context.now)};
  result.done_before = db::run_transaction(run.pool, nullptr, [&](db::Txn& txn) {
    return store::job_done(txn, kReporter, kStaleDrafts, *result.due);
  });
  if (result.done_before || context.settings.draft_days == 0) return result;
  while (remove_batch(run, result, *result.due - context.settings.draft_days * kDay)) {
  }
  if (result.failed > 0 || !run.keep_going()) return result;
  db::run_transaction(run.pool, nullptr, [&](db::Txn& txn) {
    store::claim_job(txn, kReporter, kStaleDrafts, OrgId{}, *result.due, context.now);
    store::forget_jobs(txn, kReporter, kStaleDrafts, *result.due - kJobsKept);
  });
  return result;
}

}  // namespace tenantd::service
