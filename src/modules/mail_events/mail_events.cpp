#include "tenantd/modules/mail_events/mail_events.hpp"

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/mail/mime.hpp"

namespace tenantd::service {
namespace {

constexpr std::size_t kDetailMax = 400;
constexpr std::int64_t kSkewSeconds = 300;

std::string line_of(const std::string& detail) {
  return mail::shortened(mail::one_line(trim(detail)), kDetailMax);
}

std::string_view reason_of(const MailEvent& event) {
  return event.type == MailEvent::Type::complaint ? "complaint" : "bounce";
}

// The address in "Name <address>", or the whole.
std::string_view address_in(std::string_view text) {
  text = trim(text);
  const auto open = text.rfind('<');
  if (open == std::string_view::npos || text.back() != '>') return text;
  return text.substr(open + 1, text.size() - open - 2);
}

// Whoever reported is not who did something to the account.
void tell_owner(db::Txn& txn, const Context& context, const Email& email) {
  const auto account = store::find_account(txn, email);
  if (!account) return;
  Context quiet = context;
  quiet.address.clear();
  quiet.agent.clear();
  record_account_event(txn, quiet, account->user.id, "mail.bounced");
}

}  // namespace

void take_mail_event(db::Txn& txn, const Context& context, std::string_view source, const MailEvent& event,
                     Taken& taken) {
  const auto detail = line_of(event.detail);
  const bool generic = source == "generic";
  const auto mail = event.provider_id.empty()
                        ? std::nullopt
                        : store::find_sent_mail(txn, generic ? "" : source, event.provider_id);
  // A report on the mail to somebody who was erased would bring the address back.
  if (mail && mail->forgotten) {
    ++taken.ignored;
    return;
  }
  if (event.type == MailEvent::Type::bounce && !event.permanent) {
    if (mail) store::note_on_mail(txn, mail->id, context.now, "transient bounce: " + detail);
    ++(mail ? taken.noted : taken.ignored);
    return;
  }
  // One that was told of before may have been lifted since: it is not told of again.
  if (mail && (mail->bounced || !store::mark_mail_bounced(txn, mail->id, context.now,
                                                          std::string{reason_of(event)} + ": " + detail))) {
    ++taken.ignored;
    return;
  }
  const auto email = Email::parse(address_in(event.email));
  const store::Suppression suppression{crypto::new_id<store::SuppressionId>(),
                                       email ? email->str() : "",
                                       std::string{reason_of(event)},
                                       detail,
                                       std::string{source},
                                       context.now};
  if (!email || !suppress(txn, context, suppression, mail)) {
    ++taken.ignored;
    return;
  }
  ++taken.suppressed;
  tell_owner(txn, context, *email);
}

bool suppress(db::Txn& txn, const Context& context, const store::Suppression& suppression,
              const std::optional<store::SentMail>& mail) {
  if (!store::insert_suppression(txn, suppression)) return false;
  Change change{"mail.suppressed", "suppression", suppression.id.bytes()};
  change.after.set("email", suppression.email)
      .set("reason", suppression.reason)
      .set("source", suppression.source)
      .set("detail", suppression.detail);
  record_for_system(txn, context, change);
  if (!mail || !mail->org || !store::has_organization(txn, *mail->org)) return true;
  // Not the address: the organization may have invited an account by its id.
  Change known{"mail.suppressed", "mail", mail->id.bytes()};
  known.after.set("reason", suppression.reason).set("source", suppression.source);
  record_audit_by_itself(txn, context, *mail->org, known);
  return true;
}

bool is_signed_event(const Secret& secret, std::string_view header, std::string_view body, TimePoint now) {
  std::string_view time;
  for (const auto part : split(header, ','))
    if (trim(part).starts_with("t=")) time = trim(part).substr(2);
  const auto seconds = parse_int(time);
  // Any number may stand there: the difference to it might be none.
  const auto here = unix_seconds(now);
  if (!seconds || *seconds < here - kSkewSeconds || *seconds > here + kSkewSeconds) return false;
  const auto expected =
      to_hex(crypto::hmac_sha256(secret.reveal(), std::string{time} + '.' + std::string{body}));
  bool found = false;
  for (const auto part : split(header, ','))
    if (trim(part).starts_with("v1="))
      found = constant_time_equal(ascii_lower(trim(part).substr(3)), expected) || found;
  return found;
}

void lift_suppression(db::Txn& txn, const Context& context, std::string_view email) {
  const auto typed = Email::parse(email);
  const auto known = typed ? store::lock_suppression(txn, typed->str()) : std::nullopt;
  if (!known) throw ApiError(ErrorCode::not_found);
  store::delete_suppression(txn, known->email);
  json::Object before;
  before.set("email", known->email).set("reason", known->reason).set("source", known->source);
  record_for_system(txn, context,
                    {"mail.suppression_lifted", "suppression", known->id.bytes(), std::move(before)});
}

}  // namespace tenantd::service
