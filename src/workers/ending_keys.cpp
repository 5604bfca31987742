#include "tenantd/effects/changes.hpp"
#include "workers/ending_keys_store.hpp"
#include "workers/reporter_jobs.hpp"

namespace tenantd::service {
namespace {

Seconds warned_before(const Context& context) { return Seconds{context.settings.key_warning_days * 86400}; }

// Who answers for the key, or all those who may make one if that person may not any more.
std::vector<store::Reader> readers_of_key(db::Txn& txn, const ReporterRun& run, OrgId org,
                                          const store::EndingKey& key) {
  auto readers = store::key_readers_of(txn, kReporter, org, key.kept_by, run.context.now);
  if (readers.empty()) readers = store::key_readers_of(txn, kReporter, org, std::nullopt, run.context.now);
  return readers;
}

std::int64_t tell_key(db::Txn& txn, const ReporterRun& run, OrgId org, const std::string& name,
                      const store::EndingKey& key) {
  json::Object data;
  data.set("name", key.name).set("expires_at", key.expires_at);
  data.set("service_account_id", key.account_id).set("service_account", key.account);
  record_by_itself(txn, run.context, org, {"api_key.ending", "api_key", key.id.bytes(), {}, std::move(data)});
  std::map<std::string, std::string> values{{"organization", name},
                                            {"key", key.name},
                                            {"prefix", key.prefix},
                                            {"until", format_utc(key.expires_at)}};
  if (key.account) values["account"] = *key.account;
  std::int64_t mails = 0;
  for (const auto& reader : readers_of_key(txn, run, org, key))
    if (offer_mail(txn, run.context, {mail::Template::key_ending, reader.email, values}, org,
                   {reader.email, reader.user, true}))
      ++mails;
  return mails;
}

}  // namespace

JobResult tell_ending_keys(const ReporterRun& run) {
  JobResult result{Job::keys, std::nullopt};
  const auto before = warned_before(run.context);
  if (before.count() == 0) return result;
  OrgId last;
  for (;;) {
    const auto batch = db::run_transaction(run.pool, nullptr, [&](db::Txn& txn) {
      return store::organizations_with_ending_keys(txn, kReporter, before, run.context.now, last);
    });
    for (const auto& org : batch) {
      if (!run.keep_going()) return result;
      for_organization(run, result, org, [&](db::Txn& txn, const std::string& name) {
        std::int64_t mails = 0;
        for (const auto& key : store::take_ending_keys(txn, kReporter, org, before, run.context.now))
          mails += tell_key(txn, run, org, name, key);
        return mails;
      });
      last = org;
    }
    if (batch.size() < static_cast<std::size_t>(store::kOrganizationBatch)) return result;
  }
}

}  // namespace tenantd::service
