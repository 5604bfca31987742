// What every service needs besides its input: settings, keys, the time, and who asks from where.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tenantd/config/settings.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/password.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/mail/mail.hpp"

namespace tenantd::service {

struct Context {
  const Settings& settings;
  const crypto::KeyRing& keys;
  TimePoint now;
  std::string address;  // the client's
  std::string agent;    // as sent
  std::function<void()> wake_courier;
  // False once an address has had its share of mails that nobody signed in asked for.
  std::function<bool(const std::string& address)> may_mail;
  // False once a person has sent as many invitations as an hour allows.
  std::function<bool(UserId inviter)> may_invite;
};

// Enqueues `mail` in the transaction; the courier is woken once it commits.
void send_mail(db::Txn& txn, const Context& context, mail::Mail mail, std::optional<OrgId> org,
               std::optional<UserId> user);

// "2026-03-01 12:30 UTC"
std::string format_utc(TimePoint time);

// What a password hash costs by the settings.
crypto::Argon2Params hash_cost(const Settings& settings);

// Hashes a new password after judging it. `pointer` names the body's field in the refusal; `known` are words
// the owner is known by. Throws ApiError(password_refused).
std::string hash_new_password(const Context& context, const std::string& typed, const std::string& pointer,
                              const std::vector<std::string>& known);

}  // namespace tenantd::service
