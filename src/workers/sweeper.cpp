#include "tenantd/workers/sweeper.hpp"

#include <algorithm>

#include "tenantd/base/log.hpp"
#include "tenantd/config/retention.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/audit_chain.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/hosts/deployment.hpp"
#include "tenantd/hosts/shared_folder.hpp"
#include "tenantd/identity/erasures.hpp"
#include "tenantd/identity/invite_values.hpp"
#include "tenantd/identity/known_networks_store.hpp"
#include "tenantd/modules/documents/file_folder.hpp"
#include "workers/sweeping_store.hpp"

namespace tenantd::service {
namespace {

using store::SystemScope;

// So often the sweeper looks how much there is of what, unless somebody has asked it to run.
constexpr Seconds kLooksAgain{600};
// A file of which no document knows may be one that a transaction is about to name, or that nginx still
// writes.
constexpr Seconds kStrayKept{86400};
// For so long one sweep removes what closed organizations had; the next one goes on.
constexpr std::int64_t kClosedUs = 30'000'000;
constexpr std::size_t kMostStrays = 10;  // removed from one part of the folder, if they outnumber the others

// What a batch removed, and whether another is to follow.
struct Swept {
  Swept(std::int64_t count) : rows(count), more(count >= store::kSweepBatch) {}
  Swept(std::int64_t count, bool goes_on) : rows(count), more(goes_on) {}
  std::int64_t rows;
  bool more;
};

struct Task {
  const char* name;
  std::function<Swept(db::Txn&, const SystemScope&)> batch;
};

// What time ended is told of as what somebody did is: with an event and an audit row, which bear no name.
Swept sweep_invites(db::Txn& txn, const SystemScope& scope, const Context& context) {
  const auto& settings = context.settings;
  const auto swept =
      store::sweep_invites(txn, scope, context.now, context.now - Seconds{settings.invite_keep_seconds},
                           settings.invites_per_organization);
  for (const auto& [org, invite] : swept.told)
    record_by_itself(txn, context, org,
                     {"invite.expired", "invite", invite.id.bytes(), standing_values(invite, invite.status),
                      standing_values(invite, InviteStatus::expired)});
  const auto looked_at = swept.rows + static_cast<std::int64_t>(swept.told.size());
  return {swept.rows, looked_at >= store::kToldBatch};
}

Swept sweep_uploads(db::Txn& txn, const SystemScope& scope, const Context& context) {
  const auto swept = store::sweep_uploads(txn, scope, context.now, context.now);
  for (const auto& [org, id, size] : swept.told)
    record_by_itself(txn, context, org,
                     {"document.deleted", "document", id.bytes(),
                      json::Object{}.set("size", size).set("upload", "not completed")});
  return {swept.rows, swept.rows >= store::kToldBatch};
}

// A chain goes on from a beginning that is signed with its key, which the database does not know.
Swept cut_audit(db::Txn& txn, const SystemScope& scope, const Settings& settings, TimePoint now) {
  const auto before = now - Seconds{settings.audit_seconds};
  auto start = store::find_expired_audit(txn, scope, before);
  if (!start) return 0;
  const auto keys = crypto::KeyRing::load(settings.keys_dir);
  start->signature = service::start_signature(keys.audit_key(), *start);
  const auto rows = store::cut_audit(txn, scope, *start, before, now);
  return {rows, rows > 0};
}

// The last of the tasks: a large organization takes minutes, and everything else goes on.
Swept remove_closed(db::Txn& txn, const SystemScope& scope, std::int64_t until_us) {
  const auto removed = store::remove_closed(txn, scope);
  return {removed.rows, removed.org && monotonic_microseconds() < until_us};
}

void add_sent_tasks(std::vector<Task>& tasks, const Settings& settings, TimePoint now) {
  const auto add = [&](const char* name, auto sweep, store::Ended how, std::int64_t seconds) {
    tasks.push_back({name, [=, before = now - Seconds{seconds}](auto& txn, const auto& scope) {
                       return sweep(txn, scope, how, before);
                     }});
  };
  using store::Ended;
  add("outbox", store::sweep_outbox, Ended::sent, settings.sent_mail_seconds);
  add("dead_mails", store::sweep_outbox, Ended::given_up, settings.dead_mail_seconds);
  add("deliveries", store::sweep_deliveries, Ended::sent, settings.delivery_seconds);
  add("dead_deliveries", store::sweep_deliveries, Ended::given_up, settings.dead_delivery_seconds);
}

void add_retention_tasks(std::vector<Task>& tasks, const Settings& settings, TimePoint now) {
  if (settings.event_seconds > 0)
    tasks.push_back(
        {"events", [=, before = now - Seconds{settings.event_seconds}](auto& txn, const auto& scope) {
           return store::sweep_events(txn, scope, before);
         }});
  if (settings.import_run_seconds > 0)
    tasks.push_back({"import_runs",
                     [=, before = now - Seconds{settings.import_run_seconds}](auto& txn, const auto& scope) {
                       return store::sweep_imports(txn, scope, before);
                     }});
  if (settings.audit_seconds > 0)
    tasks.push_back({"audit", [&settings, now](auto& txn, const auto& scope) {
                       return cut_audit(txn, scope, settings, now);
                     }});
}

// Looks through one part of the folder a minute, so that a large one takes hours and no minute. Removes what
// lies there under the name of no document.
std::int64_t sweep_strays(db::Txn& txn, const SystemScope& scope, const FileFolder& folder, TimePoint now) {
  auto removed = folder.remove_unfinished(now - kStrayKept);
  const auto slice = static_cast<int>(unix_seconds(now) / 60 % FileFolder::kSlices);
  std::vector<std::string> strays;
  std::size_t known = 0;
  folder.each_old(slice, now - kStrayKept, [&](const std::string& key) {
    if (store::is_file_known(txn, scope, key))
      ++known;
    else
      strays.push_back(key);
  });
  // Then it is not the files that are astray, but the database: empty, of another time, or another service's.
  if (strays.size() > kMostStrays && strays.size() > known) {
    log::write(log::Level::error, "sweeper.files_unknown",
               {{"unknown", std::to_string(strays.size())}, {"known", std::to_string(known)}});
    return std::min(removed, store::kSweepBatch - 1);
  }
  for (const auto& key : strays)
    if (folder.remove(key)) ++removed;
  // Never a whole batch: once a sweep is enough.
  return std::min(removed, store::kSweepBatch - 1);
}

// Nothing of an S3-compatible store, which the courier looks after: this process calls nobody. And nothing of
// a folder that is not where the files of this deployment are: to that one every file seems gone.
void add_file_tasks(std::vector<Task>& tasks, const Context& context, const std::string& deployment) {
  const auto& settings = context.settings;
  const auto now = context.now;
  tasks.push_back(
      {"uploads", [&](auto& txn, const auto& scope) { return sweep_uploads(txn, scope, context); }});
  if (settings.file_store != "local" || !hosts::SharedFolder{settings.files_dir}.is_of(deployment)) return;
  const FileFolder folder{settings.files_dir};
  tasks.push_back({"files", [=](auto& txn, const auto&) {
                     return store::sweep_files(txn, now, store::kSweepBatch,
                                               [&](const std::string& key) { return folder.remove(key); });
                   }});
  tasks.push_back(
      {"stray_files", [=](auto& txn, const auto& scope) { return sweep_strays(txn, scope, folder, now); }});
}

// They are run while `context` lives.
std::vector<Task> tasks(const Context& context, const std::string& deployment, Seconds looks_again) {
  const auto& settings = context.settings;
  const auto now = context.now;
  const Seconds runs_kept{settings.sweep_run_seconds};
  std::vector<Task> all{
      {"invites", [&context](auto& txn, const auto& scope) { return sweep_invites(txn, scope, context); }},
      {"tokens", [=](auto& txn, const auto& scope) { return store::sweep_tokens(txn, scope, now); }},
      {"oauth_states",
       [=](auto& txn, const auto& scope) { return store::sweep_oauth_states(txn, scope, now); }},
      {"social_states",
       [=](auto& txn, const auto& scope) { return store::sweep_social_states(txn, scope, now); }},
      {"passkey_challenges",
       [=](auto& txn, const auto& scope) { return store::sweep_passkey_challenges(txn, scope, now); }},
      {"mailed_codes",
       [=](auto& txn, const auto& scope) { return store::sweep_mailed_codes(txn, scope, now); }},
      {"sessions", [=](auto& txn, const auto& scope) { return store::sweep_sessions(txn, scope, now); }},
      {"ended_sessions",
       [=](auto& txn, const auto& scope) { return store::sweep_ended_sessions(txn, scope); }},
      {"session_cuts",
       [=](auto& txn, const auto& scope) { return store::sweep_cuts(txn, scope, now - kSessionCutsKept); }},
      {"idempotency",
       [=](auto& txn, const auto& scope) { return store::sweep_idempotency(txn, scope, now); }},
      {"account_events",
       [=, before = now - Seconds{settings.account_event_seconds}](auto& txn, const auto& scope) {
         return store::sweep_account_events(txn, scope, before);
       }},
  };
  all.push_back({"known_networks", [=](auto& txn, const auto& scope) {
                   return store::sweep_known_networks(txn, scope, now - store::kNetworkKept);
                 }});
  all.push_back({"known_devices", [=](auto& txn, const auto& scope) {
                   return store::sweep_known_devices(txn, scope, now - store::kNetworkKept);
                 }});
  all.push_back(
      {"budgets", [=](auto& txn, const auto& scope) { return store::sweep_budgets(txn, scope, now); }});
  all.push_back({"oauth_codes", [=](auto& txn, const auto& scope) {
                   return store::sweep_oauth_codes(txn, scope, now - Seconds{settings.used_code_seconds});
                 }});
  all.push_back({"oauth_assertions", [=](auto& txn, const auto& scope) {
                   return store::sweep_oauth_assertions(txn, scope, now);
                 }});
  all.push_back({"oauth_devices", [=](auto& txn, const auto& scope) {
                   return store::sweep_oauth_devices(txn, scope, now - Seconds{settings.used_code_seconds});
                 }});
  all.push_back({"oauth_clients_gone", [](auto& txn, const auto& scope) {
                   const auto rows = store::sweep_gone_clients(txn, scope);
                   return Swept{rows, rows > 0};
                 }});
  all.push_back({"erasures", [&context](auto& txn, const auto&) {
                   const auto step = erase_next(txn, context, store::ErasureScope::unsafe_for_sweeper());
                   return Swept{step.rows, step.more};
                 }});
  add_sent_tasks(all, settings, now);
  add_retention_tasks(all, settings, now);
  add_file_tasks(all, context, deployment);
  all.push_back(
      {"runs", [=](auto& txn, const auto& scope) { return store::sweep_runs(txn, scope, now - runs_kept); }});
  all.push_back({"requests", [=](auto& txn, const auto& scope) {
                   return store::sweep_requests(txn, scope, now - runs_kept);
                 }});
  all.push_back(
      {"organizations", [until = monotonic_microseconds() + kClosedUs](auto& txn, const auto& scope) {
         return remove_closed(txn, scope, until);
       }});
  // Behind those that remove.
  all.push_back({"retention", [=](auto& txn, const auto& scope) {
                   store::look_at_kept(txn, scope, looks_again, now);
                   return Swept{0};
                 }});
  return all;
}

// A task ends when nothing is left for it, or `most` is over: then the next sweep goes on.
SweepResult run_task(db::Pool& pool, const Task& task, const SystemScope& scope, Seconds most,
                     const std::function<bool()>& keep_going) {
  const auto started = monotonic_microseconds();
  const auto until = started + most.count() * 1'000'000;
  SweepResult result;
  result.task = task.name;
  try {
    for (;;) {
      const auto swept =
          db::run_transaction(pool, nullptr, [&](db::Txn& txn) { return task.batch(txn, scope); });
      result.rows += swept.rows;
      if (!swept.more || monotonic_microseconds() >= until || !keep_going()) break;
    }
  } catch (const ApiError& e) {
    result.error = e.log_detail();
  } catch (const std::exception& e) {
    result.error = e.what();
  }
  result.duration_us = monotonic_microseconds() - started;
  return result;
}

}  // namespace

std::vector<SweepResult> sweep(db::Pool& pool, const Context& context,
                               const std::function<bool()>& keep_going) {
  const auto now = context.now;
  const auto scope = SystemScope::unsafe_for_sweeper();
  const auto began = monotonic_microseconds();
  // The database answers, or nothing is worth trying.
  const auto deployment = hosts::read_deployment(*pool.acquire()).id;
  // Who asks from here on is answered by the next sweep: this one may be past what they mean.
  const auto request = db::run_transaction(
      pool, nullptr, [&](db::Txn& txn) { return store::newest_sweep_request(txn, scope); });
  std::vector<SweepResult> results;
  const Seconds most{context.settings.sweep_task_seconds};
  for (const auto& task : tasks(context, deployment, request > 0 ? Seconds{0} : kLooksAgain)) {
    if (!keep_going()) return results;
    results.push_back(run_task(pool, task, scope, most, keep_going));
    const auto& r = results.back();
    db::run_transaction(pool, nullptr, [&](db::Txn& txn) {
      store::record_sweep(txn, scope, r.task, now, r.duration_us, r.rows, r.error);
    });
  }
  if (request > 0) {
    const Seconds took{(monotonic_microseconds() - began) / 1'000'000};
    db::run_transaction(pool, nullptr,
                        [&](db::Txn& txn) { store::finish_sweep_requests(txn, scope, request, now + took); });
  }
  return results;
}

}  // namespace tenantd::service
