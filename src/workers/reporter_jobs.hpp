// The jobs by themselves, and what they share.
#pragma once

#include "tenantd/domain/error.hpp"
#include "tenantd/domain/schedule.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/workers/reporter.hpp"
#include "workers/reporter_work_store.hpp"

namespace tenantd::service {

inline const store::ReporterScope kReporter = store::ReporterScope::unsafe_for_reporter();
// How long it is known that a job was done.
inline constexpr Seconds kJobsKept = 8 * kWeek;

JobResult send_weekly_reports(const ReporterRun& run);
JobResult tell_low_stock(const ReporterRun& run);
JobResult remove_drafts(const ReporterRun& run);
JobResult tell_ending_keys(const ReporterRun& run);

// What there is to report of one organization; nullopt if that is nothing.
struct WeeklyReport {
  std::string organization;
  store::Week week;
  TimePoint now;
  std::vector<std::int64_t> days;
  std::vector<store::MovedProduct> moved;
  std::int64_t low_count = 0;
  std::vector<store::LowProduct> low;
  store::RequestCounts requests;
  std::vector<std::pair<std::string, std::int64_t>> joined;
};
std::optional<WeeklyReport> read_week(db::Txn& txn, OrgId org, const std::string& name,
                                      const store::Week& week, TimePoint now);
// What of it somebody with these permissions learns.
std::map<std::string, std::string> report_values(const WeeklyReport& report, PermissionSet permissions);

// Rows for a mail's list "low".
std::vector<mail::Row> rows_of(const std::vector<store::LowProduct>& products);

// Does `work(txn, name)` in the scope of an active organization, in a transaction of its own, and counts it.
// What fails with it leaves nothing behind and is left to the next run. A database that is gone ends the job,
// and so does one that answers nothing of so many in a row: an organization whose rows take too long to count
// holds up none of the others.
inline constexpr int kRefusedInARow = 3;
template <class Work>
void for_organization(const ReporterRun& run, JobResult& result, OrgId org, Work&& work) {
  try {
    const auto mails = db::run_transaction(run.pool, nullptr, [&](db::Txn& txn) -> std::int64_t {
      txn.enter({org, std::nullopt, false});
      const auto name = store::active_name(txn, kReporter, org);
      return name ? work(txn, *name) : 0;
    });
    result.mails += mails;
    if (mails > 0) ++result.organizations;
    result.refused_in_a_row = 0;
  } catch (const db::ConnectionLost&) {
    throw;
  } catch (const ApiError& e) {
    if (++result.refused_in_a_row == kRefusedInARow) throw;
    ++result.failed;
    result.error = reason(e);
  } catch (const std::exception& e) {
    ++result.failed;
    result.error = e.what();
  }
  if (run.progress) run.progress(result.organizations);
}

}  // namespace tenantd::service
