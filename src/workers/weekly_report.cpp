#include <algorithm>
#include <array>
#include <numeric>

#include "workers/reporter_jobs.hpp"

namespace tenantd::service {
namespace {

constexpr std::string_view kWeeklyReport = "weekly_report";
constexpr std::int64_t kMostMoved = 10;
constexpr std::int64_t kLowListed = 20;
constexpr std::size_t kRolesListed = 20;
constexpr std::int64_t kMarks = 20;  // of the text's longest bar

template <class Numbers>
std::int64_t sum(const Numbers& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::int64_t{0});
}

std::int64_t all_joined(const WeeklyReport& report) {
  std::int64_t count = 0;
  for (const auto& [role, joined] : report.joined) count += joined;
  return count;
}

// Something happened in the week, or waits for somebody.
bool tells(const WeeklyReport& report) {
  const auto& stand = report.requests.stand;
  return sum(report.days) > 0 || report.low_count > 0 || sum(report.requests.became) > 0 ||
         stand.at(1) + stand.at(2) > 0 || !report.joined.empty();
}

// One bar a day, the longest over the whole width. A bar of nothing is none.
std::vector<mail::Row> chart(const WeeklyReport& report) {
  const auto most = std::max<std::int64_t>(1, *std::max_element(report.days.begin(), report.days.end()));
  std::vector<mail::Row> rows;
  TimePoint day = report.week.from;
  for (const auto count : report.days) {
    mail::Row row{{"day", short_day(day)}, {"moved", std::to_string(count)}};
    if (count > 0) {
      row["percent"] = std::to_string(std::max<std::int64_t>(2, count * 100 / most));
      row["marks"] =
          std::string(static_cast<std::size_t>(std::max<std::int64_t>(1, count * kMarks / most)), '#');
    }
    rows.push_back(std::move(row));
    day += kDay;
  }
  return rows;
}

std::vector<mail::Row> rows_of(const std::vector<store::MovedProduct>& products) {
  std::vector<mail::Row> rows;
  for (const auto& p : products)
    rows.push_back(
        {{"name", p.name}, {"sku", p.sku}, {"in", std::to_string(p.in)}, {"out", std::to_string(p.out)}});
  return rows;
}

std::vector<mail::Row> rows_of(const store::RequestCounts& counts) {
  static constexpr std::array names{"Drafted", "Submitted, waiting for a decision",
                                    "Approved, not received yet", "Rejected", "Received"};
  std::vector<mail::Row> rows;
  for (std::size_t i = 0; i < names.size(); ++i)
    rows.push_back({{"status", names.at(i)},
                    {"became", std::to_string(counts.became.at(i))},
                    {"stand", std::to_string(counts.stand.at(i))}});
  return rows;
}

// The number of mails.
std::int64_t report_to(db::Txn& txn, const ReporterRun& run, OrgId org, const WeeklyReport& report) {
  const auto readers = store::readers_of(txn, kReporter, org, run.context.now);
  for (const auto& reader : readers)
    send_mail(txn, run.context,
              {mail::Template::weekly_report, reader.email, report_values(report, reader.permissions)}, org,
              reader.user);
  return static_cast<std::int64_t>(readers.size());
}

void report_all(const ReporterRun& run, JobResult& result) {
  const auto due = *result.due;
  const store::Week week{due - kWeek, due};
  OrgId last;
  for (;;) {
    const auto batch = db::run_transaction(run.pool, nullptr, [&](db::Txn& txn) {
      return store::organizations_due(txn, kReporter, kWeeklyReport, due, last);
    });
    for (const auto& org : batch) {
      if (!run.keep_going()) return;
      for_organization(run, result, org, [&](db::Txn& txn, const std::string& name) -> std::int64_t {
        if (!store::claim_job(txn, kReporter, kWeeklyReport, org, due, run.context.now)) return 0;
        const auto report = read_week(txn, org, name, week, run.context.now);
        return report ? report_to(txn, run, org, *report) : 0;
      });
      last = org;
    }
    if (batch.size() < static_cast<std::size_t>(store::kOrganizationBatch)) break;
  }
  if (result.failed > 0 || !run.keep_going()) return;
  db::run_transaction(run.pool, nullptr, [&](db::Txn& txn) {
    store::claim_job(txn, kReporter, kWeeklyReport, OrgId{}, due, run.context.now);
    store::forget_jobs(txn, kReporter, kWeeklyReport, due - kJobsKept);
  });
}

}  // namespace

std::optional<WeeklyReport> read_week(db::Txn& txn, OrgId org, const std::string& name,
                                      const store::Week& week, TimePoint now) {
  WeeklyReport report{name,
                      week,
                      now,
                      store::movements_by_day(txn, kReporter, org, week),
                      {},
                      store::count_low(txn, kReporter, org),
                      {},
                      store::count_requests(txn, kReporter, org, week),
                      store::joined_by_role(txn, kReporter, org, week)};
  if (!tells(report)) return std::nullopt;
  if (sum(report.days) > 0) report.moved = store::most_moved(txn, kReporter, org, week, kMostMoved);
  if (report.low_count > 0) report.low = store::longest_low(txn, kReporter, org, kLowListed);
  return report;
}

std::map<std::string, std::string> report_values(const WeeklyReport& report, PermissionSet permissions) {
  std::map<std::string, std::string> values{
      {"organization", report.organization},           {"from_day", long_day(report.week.from)},
      {"to_day", long_day(report.week.to - kDay)},     {"time", format_utc(report.now)},
      {"movements", std::to_string(sum(report.days))}, {"#days", mail::list_value(chart(report))},
      {"joined", std::to_string(all_joined(report))}};
  if (permissions.has(Permission::products_read) && permissions.has(Permission::stock_read)) {
    values["sees_stock"] = "1";
    values["low_count"] = std::to_string(report.low_count);
    if (!report.moved.empty()) values["has_products"] = "1";
    values["#products"] = mail::list_value(rows_of(report.moved));
    if (!report.low.empty()) values["has_low"] = "1";
    values["#low"] = mail::list_value(service::rows_of(report.low));
    if (const auto more = report.low_count - static_cast<std::int64_t>(report.low.size()); more > 0)
      values["low_more"] = std::to_string(more);
  }
  if (permissions.has(Permission::purchase_requests_read) &&
      sum(report.requests.became) + sum(report.requests.stand) > 0) {
    values["has_requests"] = "1";
    values["#requests"] = mail::list_value(rows_of(report.requests));
  }
  std::vector<mail::Row> roles;
  for (const auto& [role, joined] : report.joined)
    if (roles.size() < kRolesListed)
      roles.push_back({{"role_name", role}, {"role_joined", std::to_string(joined)}});
  if (!roles.empty()) values["has_roles"] = "1";
  values["#roles"] = mail::list_value(roles);
  return values;
}

JobResult send_weekly_reports(const ReporterRun& run) {
  JobResult result{Job::weekly, newest_sunday(run.context.now)};
  result.done_before = db::run_transaction(run.pool, nullptr, [&](db::Txn& txn) {
    return store::job_done(txn, kReporter, kWeeklyReport, *result.due);
  });
  if (!result.done_before) report_all(run, result);
  return result;
}

}  // namespace tenantd::service
