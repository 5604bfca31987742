#include "effects/enqueue_store.hpp"

#include "tenantd/crypto/random.hpp"
#include "tenantd/effects/outbox_store.hpp"

namespace tenantd::store {
namespace {

constexpr db::Sql kInsert{
    "outbox.insert",
    "INSERT INTO outbox (id, org_id, user_id, template, recipient, sender_name, values_sealed, status, "
    "priority, next_attempt_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, "
    "(SELECT mail_sender_name FROM organization WHERE id = ?), ?, ?, ?, ?, ?, ?)"};

}  // namespace

SealedMail seal_mail(const Secret& seal_key, const mail::Mail& mail) {
  const auto id = mail.id.value_or(crypto::new_id<MailId>());
  return {id, mail.kind, mail.to, crypto::seal(seal_key, mail::values_to_json(mail), outbox_context(id))};
}

MailId enqueue_mail(db::Txn& txn, const Secret& seal_key, const mail::Mail& mail, std::optional<OrgId> org,
                    std::optional<UserId> user, TimePoint now, bool discard) {
  const auto row = seal_mail(seal_key, mail);
  txn.execute(kInsert, row.id, org, user, mail::template_name(row.kind), row.to, org, row.values,
              discard ? OutboxStatus::dead : OutboxStatus::pending, mail::rank_of(row.kind),
              discard ? TimePoint{} : now, now, now);
  return row.id;
}

}  // namespace tenantd::store
