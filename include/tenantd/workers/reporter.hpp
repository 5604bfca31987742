// The scheduled jobs: weekly reports, low-stock alerts, and drafts that nobody touches. What a job does for
// an organization and that it was done are one transaction, so that it is done once, whoever runs it how
// often and is killed when. What was missed is made up for once: the newest time that was due.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/pool.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

enum class Job { weekly, low_stock, drafts, keys };

// What one run works with. Its account is the reporter's, its schema the application's.
struct ReporterRun {
  db::Pool& pool;
  const Context& context;
  std::function<bool()> keep_going;                          // asked between organizations
  std::function<void(std::int64_t organizations)> progress;  // after each
};

struct JobResult {
  Job job;
  std::optional<TimePoint> due;    // nullopt: it has no hour
  bool done_before = false;        // there was nothing to do any more
  std::int64_t organizations = 0;  // for which something was done
  std::int64_t mails = 0;
  std::int64_t drafts = 0;  // removed
  std::int64_t failed = 0;  // organizations; the next run tries them again
  std::string error = {};   // of the last of them
  std::int64_t duration_us = 0;
  int refused_in_a_row = 0;  // by the database
};

// Runs the job as of context.now. Throws ApiError(unavailable) if the database cannot be reached: what was
// done until then stays done.
JobResult run_job(const ReporterRun& run, Job job);

// "weekly: of 2026-11-22 00:00 UTC: 12 organizations, 31 mails, 0.8 s"
std::string describe(const JobResult& result);

}  // namespace tenantd::service
