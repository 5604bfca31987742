// Addresses that get no mail any more: it came back from there, or they said that they do not want it.
//
// One list for the whole service, since an address that is dead is dead for everybody. The courier looks into
// it before each mail.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/id.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

using SuppressionId = Id<struct SuppressionTag>;

struct Suppression {
  SuppressionId id;
  std::string email;   // canonical
  std::string reason;  // bounce, complaint, manual
  std::string detail;
  std::string source;  // ses, resend, generic, smtp, operator
  TimePoint created_at;
};

// For the courier. Returns the reasons by address, of those addresses that get no mail.
std::map<std::string, std::string> suppressions_of(db::Connection& db,
                                                   const std::vector<std::string>& emails);
// For the courier. No effect on an address that is suppressed already.
void suppress(db::Connection& db, const Suppression& suppression);

// Returns false if the address was suppressed already: the first reason stays.
bool insert_suppression(db::Txn& txn, const Suppression& suppression);
// Newest first.
std::vector<Suppression> list_suppressions(db::Txn& txn, const std::optional<Keyset>& from,
                                           std::int64_t limit);
std::int64_t count_suppressions(db::Txn& txn);
// Returns it, locked until the end of the transaction, or nullopt.
std::optional<Suppression> lock_suppression(db::Txn& txn, std::string_view email);
void delete_suppression(db::Txn& txn, std::string_view email);

// False once the organization is gone.
bool has_organization(db::Txn& txn, OrgId org);

// A mail by what its provider calls it; `provider` empty: whichever.
struct SentMail {
  MailId id;
  bool bounced = false;
  std::optional<OrgId> org;  // that it was sent for
  bool forgotten = false;    // its reader was erased
};
std::optional<SentMail> find_sent_mail(db::Txn& txn, std::string_view provider,
                                       const std::string& provider_id);
// Returns false if that was known already.
bool mark_mail_bounced(db::Txn& txn, MailId id, TimePoint at, std::string_view detail);
// A mail that may still arrive: what was said stands in last_error.
void note_on_mail(db::Txn& txn, MailId id, TimePoint at, std::string_view detail);

}  // namespace tenantd::store
