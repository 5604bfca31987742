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

MailId enqueue_mail(db::Txn& txn, const Secret& seal_key, const mail::Mail& mail, std::optional<OrgId> org,
                    std::optional<UserId> user, TimePoint now, bool discard) {
  const auto id = mail.id.value_or(crypto::new_id<MailId>());
  const auto sealed = crypto::seal(seal_key, mail::values_to_json(mail), outbox_context(id));
  txn.execute(kInsert, id, org, user, mail::template_name(mail.kind), mail.to, org, sealed,
              discard ? OutboxStatus::dead : OutboxStatus::pending, mail::rank_of(mail.kind),
              discard ? TimePoint{} : now, now, now);
  return id;
}

}  // namespace tenantd::store
