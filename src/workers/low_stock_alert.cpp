#include "workers/reporter_jobs.hpp"

namespace tenantd::service {
namespace {

constexpr std::size_t kListed = 50;

std::map<std::string, std::string> alert_values(const std::string& organization,
                                                const std::vector<store::LowProduct>& listed,
                                                std::int64_t count) {
  std::map<std::string, std::string> values{{"organization", organization},
                                            {"low_count", std::to_string(count)},
                                            {"#low", mail::list_value(rows_of(listed))}};
  if (count == 1) values["one"] = "1";
  if (const auto more = count - static_cast<std::int64_t>(listed.size()); more > 0)
    values["low_more"] = std::to_string(more);
  return values;
}

// One mail of all that became low, to everybody who may read of it. With nobody to tell it counts as told:
// whoever comes later finds what is low in the list.
std::int64_t tell(db::Txn& txn, const ReporterRun& run, OrgId org, const std::string& name) {
  std::vector<store::LowProduct> listed;
  std::int64_t count = 0;
  for (const auto& id : store::crossings_of(txn, kReporter, org)) {
    auto product = store::take_crossing(txn, kReporter, org, id);
    if (!product) continue;
    ++count;
    if (listed.size() < kListed) listed.push_back(std::move(*product));
  }
  if (count == 0) return 0;
  std::int64_t mails = 0;
  const auto values = alert_values(name, listed, count);
  for (const auto& reader : store::readers_of(txn, kReporter, org, run.context.now)) {
    if (!reader.permissions.has(Permission::products_read)) continue;
    send_mail(txn, run.context, {mail::Template::low_stock, reader.email, values}, org, reader.user);
    ++mails;
  }
  return mails;
}

}  // namespace

JobResult tell_low_stock(const ReporterRun& run) {
  JobResult result{Job::low_stock, std::nullopt};
  OrgId last;
  for (;;) {
    const auto batch = db::run_transaction(run.pool, nullptr, [&](db::Txn& txn) {
      return store::organizations_with_crossings(txn, kReporter, last);
    });
    for (const auto& org : batch) {
      if (!run.keep_going()) return result;
      for_organization(run, result, org,
                       [&](db::Txn& txn, const std::string& name) { return tell(txn, run, org, name); });
      last = org;
    }
    if (batch.size() < static_cast<std::size_t>(store::kOrganizationBatch)) return result;
  }
}

}  // namespace tenantd::service
