#include "tenantd/workers/reporter.hpp"

#include <array>
#include <cstdio>

#include "workers/reporter_jobs.hpp"

namespace tenantd::service {
namespace {

JobResult run_it(const ReporterRun& run, Job job) {
  switch (job) {
    case Job::weekly: return send_weekly_reports(run);
    case Job::low_stock: return tell_low_stock(run);
    case Job::drafts: return remove_drafts(run);
    case Job::keys: return tell_ending_keys(run);
  }
  throw std::logic_error("no such job");
}

const char* job_name(Job job) {
  switch (job) {
    case Job::weekly: return "weekly";
    case Job::low_stock: return "low-stock";
    case Job::drafts: return "drafts";
    case Job::keys: return "keys";
  }
  throw std::logic_error("no such job");
}

std::string count_of(std::int64_t count, const char* what) {
  return ", " + std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

}  // namespace

JobResult run_job(const ReporterRun& run, Job job) {
  const auto began = monotonic_microseconds();
  auto result = run_it(run, job);
  result.duration_us = monotonic_microseconds() - began;
  return result;
}

std::string describe(const JobResult& result) {
  std::string line = job_name(result.job);
  line += result.due ? " of " + format_utc(*result.due) + ": " : ": ";
  if (result.done_before) return line + "done before";
  line += count_of(result.organizations, "organization").substr(2);
  line += result.job == Job::drafts ? count_of(result.drafts, "draft") + " removed"
                                    : count_of(result.mails, "mail");
  if (result.failed > 0) line += ", " + std::to_string(result.failed) + " failed (" + result.error + ")";
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), ", %.1f s", static_cast<double>(result.duration_us) / 1e6);
  return line + seconds.data();
}

std::vector<mail::Row> rows_of(const std::vector<store::LowProduct>& products) {
  std::vector<mail::Row> rows;
  for (const auto& p : products)
    rows.push_back({{"name", p.name},
                    {"sku", p.sku},
                    {"unit", p.unit},
                    {"quantity", std::to_string(p.quantity)},
                    {"reorder_level", std::to_string(p.reorder_level)},
                    {"since", format_utc(p.since)}});
  return rows;
}

}  // namespace tenantd::service
