// What mail systems report of mails that went out: bounces and complaints. Who reports has proved it by then.
//
// A permanent bounce or a complaint ends mail to that address, whoever would send it: the address is
// suppressed, the mail marked, the owner of the account told, and an audit row written. Any other bounce is
// only noted on its mail. Reported twice is reported once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/modules/mail_events/suppressions_store.hpp"

namespace tenantd::service {

struct MailEvent {
  enum class Type { bounce, complaint } type = Type::bounce;
  bool permanent = true;         // complaints are
  std::string email;             // as reported
  std::string provider_id = {};  // the provider's name for the mail, or empty
  std::string detail = {};
};

// What became of reports.
struct Taken {
  std::int64_t suppressed = 0;
  std::int64_t noted = 0;
  std::int64_t ignored = 0;  // known already, or about nothing that could get mail from here
};

// `source`: who reports: ses, resend, generic. For the last, `provider_id` may be any provider's.
void take_mail_event(db::Txn& txn, const Context& context, std::string_view source, const MailEvent& event,
                     Taken& taken);

// No mail goes to the address any more, with an audit row that belongs to no organization, and one of the
// organization that `mail`, which came back, was sent for. False, and nothing is told, if it was suppressed
// already.
bool suppress(db::Txn& txn, const Context& context, const store::Suppression& suppression,
              const std::optional<store::SentMail>& mail);

// True if `header` is "t=<seconds>,v1=<hex>", where v1 is the HMAC-SHA-256 of "<seconds>.<body>" under
// `secret` and the time is within five minutes of `now`. Several v1 may stand there: one that fits is enough.
bool is_signed_event(const Secret& secret, std::string_view header, std::string_view body, TimePoint now);

// Throws ApiError(not_found) for an address that is not suppressed.
void lift_suppression(db::Txn& txn, const Context& context, std::string_view email);

}  // namespace tenantd::service
