// What super-admins do with the outbox.
#pragma once

#include <optional>

#include "modules/mail_events/outbox_log_store.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Has a mail that was given up tried anew. Throws ApiError: not_found, conflict (it is not dead, nothing is
// left of it, or its address gets no mail).
store::OutboxMail replay_mail(db::Txn& txn, const Context& context, const SuperAdmin& admin, MailId id);

// Queues a test mail. Throws ApiError(rate_limited): a super-admin has twenty in an hour, besides what an
// address may get.
store::OutboxMail send_test_mail(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                                 const Email& to);

}  // namespace tenantd::service
