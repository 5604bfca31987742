#include "identity/codes/codes.hpp"

#include "identity/accounts/account_events_store.hpp"
#include "identity/accounts/claiming.hpp"
#include "identity/accounts/proven_account.hpp"
#include "identity/accounts/unlocking.hpp"
#include "identity/codes/codes_store.hpp"
#include "identity/factors/reauthentication.hpp"
#include "identity/factors/second_factor.hpp"
#include "tenantd/base/bytes.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/crypto/totp.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/network.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts.hpp"
#include "tenantd/identity/known_networks_store.hpp"
#include "tenantd/identity/live_sessions.hpp"

namespace tenantd::service {
namespace {

using store::CodePurpose;

constexpr std::size_t kCodeDigits = 8;

// 64 bits over 10^8: no digit is likelier than another by more than one in 10^11.
std::string new_digits() {
  auto digits = std::to_string(from_big_endian(crypto::random_bytes(8)) % 100'000'000);
  return std::string(kCodeDigits - digits.size(), '0') + digits;
}

// "4821 9037"
std::string grouped(const std::string& digits) {
  return digits.substr(0, kCodeDigits / 2) + ' ' + digits.substr(kCodeDigits / 2);
}

// What is stored: eight digits could be searched.
std::string hash_of_code(const Context& context, const std::string& browser, std::string_view typed) {
  return crypto::hmac_sha256(context.keys.seal_key().reveal(),
                             "mailed code:" + browser + crypto::plain_code(typed));
}

std::string hash_of_browser(const std::string& held) { return crypto::sha256("code:" + held); }
std::string hash_of_session(const Session& session) {
  return crypto::sha256("code of session:" + std::string{session.id().raw()});
}

void mail_new_code(db::Txn& txn, const Context& context, const std::string& email, CodePurpose purpose,
                   const std::string& browser, std::optional<UserId> user) {
  const auto digits = new_digits();
  store::put_mailed_code(txn, user.value_or(crypto::new_id<UserId>()), email, purpose, browser,
                         hash_of_code(context, browser, digits), context.now, context.now + kMailedCodeLives);
  mail::Mail mail{mail::Template::sign_in_code,
                  email,
                  {{"code", grouped(digits)},
                   {"email", email},
                   {"minutes", mail_minutes(kMailedCodeLives.count())},
                   {"address", context.address}}};
  if (purpose == CodePurpose::step_up) mail.values["again"] = "1";
  mail_reset(txn, context, mail, user);
}

// A try, durable before it is evaluated: it counts as a guess at the account's password does, and is written
// down as failed. A browser that has no code costs the same statements and the same commit.
struct CodeAttempt {
  EventId event;
  std::optional<store::MailedCode> code;
  store::CountedAttempt counted;
};
CodeAttempt begin_code_attempt(db::Txn& txn, const Context& context, const std::string& browser) {
  return txn.settle([&](db::Txn& own) {
    CodeAttempt attempt;
    attempt.event = crypto::new_id<EventId>();
    attempt.code = store::try_mailed_code(own, CodePurpose::sign_in, browser, kMailedCodeTries, context.now);
    const auto user = attempt.code ? attempt.code->user : crypto::new_id<UserId>();
    attempt.counted = count_attempt(own, context, user);
    store::NewAccountEvent event{attempt.event, std::nullopt, "signin.failed"};
    if (attempt.code) event.user = user;
    event.address = context.address;
    event.agent = context.agent;
    event.method = "code";
    store::insert_account_event(own, event, context.now);
    return attempt;
  });
}

[[noreturn]] void refuse_code() {
  throw ApiError(ErrorCode::invalid_credentials,
                 "The code is wrong, was used or is over: ask for another in this browser");
}

// Forgets the failures. False if the account has changed meanwhile so that it may not sign in.
bool confirm_code(db::Txn& txn, const Context& context, const store::Account& account,
                  const store::CountedAttempt& counted) {
  if (!account.password.empty()) return confirm_password(txn, context, account, counted);
  if (counted.account) store::clear_attempts(txn, account.user.id);
  return true;
}

// Who reads the mailbox has shown that it is theirs; who made the account perhaps not.
void prove_address(db::Txn& txn, const Context& context, store::Account& account,
                   const std::optional<UserId>& signed_in) {
  auto& user = account.user;
  if (user.email_verified_at) return;
  if (signed_in != user.id && !store::prove_account(txn, account)) {
    user = claim_account(txn, context, user, "");
    mail_security_change(txn, context, user,
                         "it was signed in to by a mailed code. Its address was not verified until now, so "
                         "that somebody else may have chosen its password, which was removed; a link for a "
                         "forgotten password lets you choose one");
    return;
  }
  store::mark_verified(txn, user.id, context.now);
  user.email_verified_at = context.now;
  record_account_change(txn, context, user.id,
                        {"email.verified", std::nullopt, {}, json::Object{}.set("email", user.email)});
}

[[noreturn]] void ask_for_second_factor(db::Txn& txn, const Context& context, UserId user, EventId event) {
  store::settle_account_event(txn, event, "signin.code_accepted", std::nullopt);
  const Secret token =
      begin_second_step(txn, context, user, std::nullopt, AuthMethods{AuthMethod::mail}.words());
  txn.commit();
  throw ApiError(ErrorCode::mfa_required, "Send the code and this mfa_token to /api/v1/auth/mfa/verify")
      .member("mfa_token", token.reveal());
}

}  // namespace

std::string request_sign_in_code(db::Txn& txn, const Context& context, const Email& email) {
  const auto account = store::find_account(txn, email);
  const bool exists = account && account->user.status == Status::active;
  const UserId user = exists ? account->user.id : crypto::new_id<UserId>();
  const bool near = store::is_known_network(txn, user, network_of(context.address), context.now);
  const bool locked = store::is_account_locked(txn, user, context.now) && !near;
  // Whose address nobody has spends the same.
  const bool has_budget = may_mail_code(txn, context, email.str(), near);
  const auto browser = crypto::new_token().reveal();
  const bool known = exists && has_budget && !locked;
  mail_new_code(txn, context, email.str(), CodePurpose::sign_in, hash_of_browser(browser),
                known ? std::optional{user} : std::nullopt);
  return browser;
}

TokenReply sign_in_by_code(db::Txn& txn, const Context& context, const CodeUse& use) {
  const auto browser = hash_of_browser(use.browser);
  const auto attempt = begin_code_attempt(txn, context, browser);
  const auto typed = hash_of_code(context, browser, use.code);
  const bool right = attempt.counted && attempt.code && constant_time_equal(attempt.code->code, typed);
  if (!right && attempt.code) tell_of_lock(context, attempt.code->user, attempt.counted);
  if (!right) refuse_code();
  txn.enter(db::ScopeKey{std::nullopt, attempt.code->user, false});
  auto account = store::find_account(txn, attempt.code->user);
  if (!account || account->user.status != Status::active) refuse_code();
  // What follows ends in a refusal that stays, and nothing else of this unit of work does.
  if (account->user.mfa_enabled) txn.rollback();
  if (!store::use_mailed_code(txn, account->user.id, CodePurpose::sign_in, typed) ||
      !confirm_code(txn, context, *account, attempt.counted))
    refuse_code();
  if (account->user.mfa_enabled) ask_for_second_factor(txn, context, account->user.id, attempt.event);
  prove_address(txn, context, *account, use.signed_in);
  auto reply = signed_in(txn, context, account->user, attempt.event);
  store::set_methods(txn, reply.session, account->user.id, {AuthMethod::mail});
  return reply;
}

void mail_code_of_session(db::Txn& txn, const Context& context, const Session& session) {
  const auto& user = session.principal().user;
  const bool near = store::is_known_network(txn, user.id, network_of(context.address), context.now);
  if (!may_mail_code(txn, context, user.email, near))
    throw ApiError(ErrorCode::rate_limited, "Too many mails: try again later").header("Retry-After", "600");
  mail_new_code(txn, context, user.email, CodePurpose::step_up, hash_of_session(session), user.id);
}

bool take_code_of_session(db::Txn& txn, const Context& context, const Session& session,
                          const std::string& code) {
  const auto browser = hash_of_session(session);
  const auto tried = txn.settle([&](db::Txn& own) {
    return store::try_mailed_code(own, CodePurpose::step_up, browser, kMailedCodeTries, context.now);
  });
  const auto typed = hash_of_code(context, browser, code);
  return tried && tried->user == session.user() && constant_time_equal(tried->code, typed) &&
         store::use_mailed_code(txn, session.user(), CodePurpose::step_up, typed);
}

}  // namespace tenantd::service
