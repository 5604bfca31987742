// What the reporter reads and writes. Which organizations there are and what was done for them stands in the
// tables themselves; what is inside one of them is read through its views, in its scope (Txn::enter), so that
// no report holds another's rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/permission.hpp"

namespace tenantd::store {

// Over every tenant: the reporter's account may read what it reports, write mails, and remove old drafts.
class ReporterScope {
 public:
  static ReporterScope unsafe_for_reporter() { return ReporterScope{}; }

 private:
  ReporterScope() = default;
};

inline constexpr std::int64_t kOrganizationBatch = 100;
inline constexpr std::int64_t kMostReaders = 50;  // of one organization who get a mail

// --- What was done
// -------------------------------------------------------------------------------------------

// Says that the job of `due` is done for `org` (nil: for all), in the transaction that does it. False if it
// was done before, or by another reporter, for whose commit this waits.
bool claim_job(db::Txn& txn, const ReporterScope&, std::string_view job, OrgId org, TimePoint due,
               TimePoint now);
// Whether it is done for all.
bool job_done(db::Txn& txn, const ReporterScope&, std::string_view job, TimePoint due);
// Forgets what was due before `before`, a batch at a time. Returns how many rows.
std::int64_t forget_jobs(db::Txn& txn, const ReporterScope&, std::string_view job, TimePoint before);

// --- Whom to tell
// --------------------------------------------------------------------------------------------

// Active organizations that were there when the job was due and for which it is not done, in the order of
// their ids behind `after`; kOrganizationBatch at most.
std::vector<OrgId> organizations_due(db::Txn& txn, const ReporterScope&, std::string_view job, TimePoint due,
                                     OrgId after);
// The name of the scope's organization; nullopt if it is gone or not active.
std::optional<std::string> active_name(db::Txn& txn, const ReporterScope&, OrgId org);

struct Reader {
  UserId user;
  std::string email;
  PermissionSet permissions;
};
// Who may read the statistics of the scope's organization and has a verified address, the longest members
// first; kMostReaders at most.
std::vector<Reader> readers_of(db::Txn& txn, const ReporterScope&, OrgId org, TimePoint now);

// --- The week of the scope's organization
// --------------------------------------------------------------------

struct Week {
  TimePoint from, to;  // without `to`
};

// The count of movements on each of the week's seven days.
std::vector<std::int64_t> movements_by_day(db::Txn& txn, const ReporterScope&, OrgId org, const Week& week);

struct MovedProduct {
  std::string sku, name;
  std::int64_t in = 0, out = 0;  // transfers are neither
};
std::vector<MovedProduct> most_moved(db::Txn& txn, const ReporterScope&, OrgId org, const Week& week,
                                     std::int64_t limit);

struct LowProduct {
  std::string sku, name, unit;
  std::int64_t quantity = 0, reorder_level = 0;
  TimePoint since;
};
// The count of all, and those that are low for the longest.
std::int64_t count_low(db::Txn& txn, const ReporterScope&, OrgId org);
std::vector<LowProduct> longest_low(db::Txn& txn, const ReporterScope&, OrgId org, std::int64_t limit);

struct RequestCounts {
  // Drafted, submitted, approved, rejected, received: within the week, whatever became of it since; and how
  // many are so now.
  std::vector<std::int64_t> became, stand;
};
RequestCounts count_requests(db::Txn& txn, const ReporterScope&, OrgId org, const Week& week);

// Who joined and is still there, by role.
std::vector<std::pair<std::string, std::int64_t>> joined_by_role(db::Txn& txn, const ReporterScope&,
                                                                 OrgId org, const Week& week);

}  // namespace tenantd::store
