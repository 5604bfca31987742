// A mail as the outbox stores it: what it says is sealed.
#pragma once

#include <string>

#include "tenantd/mail/mail.hpp"

namespace tenantd::store {

struct SealedMail {
  MailId id;
  mail::Template kind{};
  std::string to;
  std::string values;  // sealed
};

}  // namespace tenantd::store
