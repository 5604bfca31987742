// Keys that end soon, as the reporter reads them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "workers/reporter_work_store.hpp"

namespace tenantd::store {

inline constexpr std::int64_t kEndingKeysBatch = 100;  // of one organization in one transaction

// Organizations, in the order of their ids behind `after`, with keys of their own or of their service
// accounts that are due to be warned of; kOrganizationBatch at most. A key is due `before` its end, one that
// lives shorter once three quarters of its life are over.
std::vector<OrgId> organizations_with_ending_keys(db::Txn& txn, const ReporterScope&, Seconds before,
                                                  TimePoint now, OrgId after);

struct EndingKey {
  ApiKeyId id;
  std::string name, prefix;
  std::optional<std::string> account_id;  // as UUID
  std::optional<std::string> account;
  UserId kept_by;
  TimePoint expires_at;
};
// Those of the scope's organization, each of which counts as told from the commit on. One that another
// reporter takes at this moment is left out.
std::vector<EndingKey> take_ending_keys(db::Txn& txn, const ReporterScope&, OrgId org, Seconds before,
                                        TimePoint now);

// Who may make keys of the scope's organization and has a verified address, the longest members first;
// kMostReaders at most. `one`: this person alone, if among them.
std::vector<Reader> key_readers_of(db::Txn& txn, const ReporterScope&, OrgId org, std::optional<UserId> one,
                                   TimePoint now);

}  // namespace tenantd::store
