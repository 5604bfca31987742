// What the reporter's mails look like, for `tenantctl mail preview`.
#pragma once

#include "tenantd/mail/mail.hpp"

namespace tenantd::mail {

// Adds the lists and numbers of a report, if `mail` is one.
void add_report_sample(Mail& mail);

}  // namespace tenantd::mail
