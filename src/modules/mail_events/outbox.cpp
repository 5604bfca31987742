#include "modules/mail_events/outbox.hpp"

#include "tenantd/domain/error.hpp"
#include "tenantd/effects/budgets.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/modules/mail_events/suppressions_store.hpp"

namespace tenantd::service {
namespace {

constexpr std::int64_t kTestMailsPerHour = 20;

}  // namespace

store::OutboxMail replay_mail(db::Txn& txn, const Context& context, const SuperAdmin& admin, MailId id) {
  const auto mail = store::find_mail(txn, admin, id);
  if (!mail) throw ApiError(ErrorCode::not_found);
  if (!mail->can_be_replayed)
    throw ApiError(ErrorCode::conflict, "The mail is not dead, or nothing is left of it");
  if (store::lock_suppression(txn, mail->recipient))
    throw ApiError(ErrorCode::conflict, "The address gets no mail: lift its suppression first");
  if (!store::replay_mail(txn, admin, id, context.now))
    throw ApiError(ErrorCode::conflict, "The mail is not dead any more");
  Change change{"mail.replayed", "mail", id.bytes()};
  change.after.set("template", mail->template_name).set("email", mail->recipient);
  record_for_system(txn, context, change);
  if (context.wake_courier) txn.after_commit(context.wake_courier);
  return store::find_mail(txn, admin, id).value();
}

store::OutboxMail send_test_mail(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                                 const Email& to) {
  require(store::spend(txn, context.keys.seal_key(),
                       {{std::string{"T"}.append(admin.user().raw()), kTestMailsPerHour}}, context.now),
          "Too many test mails: try again later");
  const auto id = send_mail(txn, context, {mail::Template::test, to.str(), {{"email", to.str()}}},
                            std::nullopt, std::nullopt);
  Change change{"mail.test_sent", "mail", id.bytes()};
  change.after.set("email", to.str());
  record_for_system(txn, context, change);
  return store::find_mail(txn, admin, id).value();
}

}  // namespace tenantd::service
