#include "identity/factors/second_factor.hpp"

#include "tenantd/crypto/random.hpp"
#include "tenantd/crypto/totp.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/budgets.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/factors_store.hpp"
#include "tenantd/identity/live_sessions.hpp"

namespace tenantd::service {
namespace {

// A sealed secret opens in its own row only.
std::string seal_context(UserId user) { return "totp:" + user.str(); }

Secret open_secret(const Context& context, UserId user, const std::string& sealed) {
  return Secret{crypto::unseal(context.keys.seal_key(), sealed, seal_context(user))};
}

constexpr const char* kTooManyCodes = "Too many wrong codes: try again later";

// Of codes after a first step that an organization's provider took. As many as lock the account, and then one
// each LOCK_SECONDS, are never more than the account's own lock lets through.
store::Budget bound_codes(const Context& context, UserId user, OrgId bound_org) {
  return {"f" + std::string{user.raw()} + std::string{bound_org.raw()}, context.settings.lock_failures,
          Seconds{context.settings.lock_seconds}};
}

// The organization chose who takes the first step, as often as they like: what is wrong after it locks
// nothing that the person has elsewhere. The account's own lock counts here too.
void count_bound_code(db::Txn& txn, const Context& context, UserId user, OrgId bound_org) {
  const auto allowance = txn.settle([&](db::Txn& own) {
    return store::spend(own, context.keys.seal_key(), {bound_codes(context, user, bound_org)}, context.now);
  });
  require(allowance, kTooManyCodes);
}

// Durable before a code is looked at: parallel guesses count together.
void count_code(db::Txn& txn, const Context& context, UserId user, const store::Totp& totp,
                const std::optional<OrgId>& bound_org = {}) {
  if (bound_org && totp.locked_until <= context.now) return count_bound_code(txn, context, user, *bound_org);
  const bool counted = txn.settle([&](db::Txn& own) {
    return store::reserve_code(own, user, context.settings.lock_failures,
                               Seconds{context.settings.lock_seconds}, context.now);
  });
  if (counted) return;
  const auto wait = std::max<std::int64_t>((totp.locked_until - context.now).count(), 1);
  require({false, context.settings.lock_failures, wait}, kTooManyCodes);
}

// Written down whatever becomes of the request.
void record_wrong_code(db::Txn& txn, const Context& context, UserId user) {
  txn.rollback();
  record_account_event(txn, context, user, "mfa.failed");
  txn.commit();
}

std::vector<std::string> new_codes(db::Txn& txn, const Context& context, UserId user) {
  std::vector<std::string> shown, hashes;
  for (const auto& code : crypto::new_recovery_codes()) {
    shown.push_back(code.reveal());
    hashes.push_back(crypto::recovery_code_hash(context.keys, code.reveal()));
  }
  store::replace_recovery_codes(txn, user, hashes, context.now);
  return shown;
}

void announce(db::Txn& txn, const Context& context, const UserRecord& user, SessionId session,
              std::string_view event, const char* change, json::Object before, json::Object after) {
  record_account_change(txn, context, user.id, {event, session, std::move(before), std::move(after)});
  mail_security_change(txn, context, user, change);
}

// Only an account that has a second factor gets past this, with its code given.
store::Account prove_factor(db::Txn& txn, const Context& context, const Session& session,
                            const Proof& proof) {
  require_whole_account(txn, session.principal());
  auto account = reauthenticate(txn, context, session.user(), proof);
  if (!account.user.mfa_enabled) throw ApiError(ErrorCode::mfa_not_enabled);
  return account;
}

}  // namespace

Enrollment enroll_totp(db::Txn& txn, const Context& context, const Session& session, const Proof& proof) {
  if (session.principal().user.mfa_enabled) throw ApiError(ErrorCode::mfa_enabled);
  require_whole_account(txn, session.principal());
  const auto account = reauthenticate(txn, context, session.user(), proof);
  if (account.user.mfa_enabled) throw ApiError(ErrorCode::mfa_enabled);
  // Or somebody who signed up with another's address could lock its owner out of it for good.
  if (!account.user.email_verified_at) throw ApiError(ErrorCode::email_unverified);
  const Secret secret = crypto::new_totp_secret();
  const auto& user = account.user;
  store::put_pending_totp(txn, user.id,
                          crypto::seal(context.keys.seal_key(), secret.reveal(), seal_context(user.id)),
                          context.now);
  record_for_account(
      txn, context, user.id,
      {"mfa.enrollment_started", "user", user.id.bytes(), {}, json::Object{}.set("secret", kMasked)});
  return {crypto::base32(secret), crypto::totp_uri(secret, context.settings.mfa_issuer, user.email)};
}

std::vector<std::string> confirm_totp(db::Txn& txn, const Context& context, const Session& session,
                                      const Proof& proof) {
  if (session.principal().user.mfa_enabled) throw ApiError(ErrorCode::mfa_enabled);
  require_whole_account(txn, session.principal());
  const UserId user = session.user();
  const auto account = reauthenticate(txn, context, user, {proof.password, std::nullopt});
  const auto totp = store::find_totp(txn, user);
  if (!totp || !totp->pending_sealed) throw ApiError(ErrorCode::mfa_invalid, "Enroll first");
  count_code(txn, context, user, *totp);
  const auto step = crypto::totp_step(open_secret(context, user, *totp->pending_sealed),
                                      proof.code.value_or(""), context.now);
  if (!step || !store::confirm_totp(txn, user, *totp->pending_sealed, *step, context.now)) {
    record_wrong_code(txn, context, user);
    throw ApiError(ErrorCode::mfa_invalid);
  }
  auto codes = new_codes(txn, context, user);
  end_sessions_told(txn, context, user, session.id());
  store::set_second_factor(txn, session.id(), user);
  announce(txn, context, account.user, session.id(), "mfa.enabled", "Two-factor sign-in was switched on",
           json::Object{}.set("mfa_enabled", false),
           json::Object{}
               .set("mfa_enabled", true)
               .set("recovery_codes", kMasked)
               .set("other_sessions_ended", true));
  return codes;
}

void disable_totp(db::Txn& txn, const Context& context, const Session& session, const Proof& proof) {
  const auto account = prove_factor(txn, context, session, proof);
  store::delete_totp(txn, account.user.id);
  end_sessions_told(txn, context, account.user.id, session.id());
  announce(txn, context, account.user, session.id(), "mfa.disabled", "Two-factor sign-in was switched off",
           json::Object{}.set("mfa_enabled", true),
           json::Object{}.set("mfa_enabled", false).set("other_sessions_ended", true));
}

std::vector<std::string> renew_recovery_codes(db::Txn& txn, const Context& context, const Session& session,
                                              const Proof& proof) {
  const auto account = prove_factor(txn, context, session, proof);
  auto codes = new_codes(txn, context, account.user.id);
  announce(txn, context, account.user, session.id(), "mfa.recovery_codes_renewed",
           "New recovery codes were made; the old ones no longer work", {},
           json::Object{}.set("recovery_codes", kMasked));
  return codes;
}

bool take_code(db::Txn& txn, const Context& context, UserId user, const std::string& code,
               const std::optional<OrgId>& bound_org) {
  const auto totp = store::find_totp(txn, user);
  if (!totp || !totp->secret_sealed) return false;
  count_code(txn, context, user, *totp, bound_org);
  const auto step = crypto::totp_step(open_secret(context, user, *totp->secret_sealed), code, context.now);
  const bool is_right = step && store::use_step(txn, user, *totp->secret_sealed, *step);
  const bool is_spare =
      !step && store::use_recovery_code(txn, user, crypto::recovery_code_hash(context.keys, code));
  if (!is_right && !is_spare) {
    record_wrong_code(txn, context, user);
    return false;
  }
  if (bound_org) store::restore(txn, context.keys.seal_key(), bound_codes(context, user, *bound_org));
  if (is_spare) record_account_change(txn, context, user, {"mfa.recovery_code_used", std::nullopt});
  return true;
}

Secret begin_second_step(db::Txn& txn, const Context& context, UserId user, std::optional<OrgId> bound_org,
                         std::optional<std::string> methods) {
  Secret token = crypto::new_token();
  // An organization's provider, which may begin whenever it likes, disturbs no sign-in but its own.
  store::delete_second_steps(txn, user, bound_org);
  store::insert_token(txn, user, TokenPurpose::second_factor, crypto::sha256(token.reveal()), context.now,
                      context.now + Seconds{context.settings.mfa_seconds}, std::nullopt, bound_org, methods);
  return token;
}

std::optional<UserId> second_step_of(db::Txn& txn, const Context& context, const std::string& token) {
  return store::peek_token(txn, TokenPurpose::second_factor, crypto::sha256(token), context.now);
}

TokenReply end_second_step(db::Txn& txn, const Context& context, UserId user, const std::string& token,
                           AuthMethods second) {
  const auto hash = crypto::sha256(token);
  const auto account = store::find_account(txn, user);
  const auto step = store::find_first_step(txn, hash);
  auto bound_to = step.bound_org ? store::find_membership(txn, user, *step.bound_org) : std::nullopt;
  const bool belongs = !step.bound_org || (bound_to && bound_to->status == Status::active &&
                                           bound_to->organization.status == Status::active);
  // Of two with the same token, and two good proofs, one signs in.
  if (!store::take_token(txn, TokenPurpose::second_factor, hash, context.now) || !account ||
      account->user.status != Status::active || !belongs)
    throw ApiError(ErrorCode::mfa_invalid);
  std::optional<std::string> way;
  if (step.methods) way = step.methods->empty() ? "sso" : "code";
  auto reply = signed_in(txn, context, account->user, std::nullopt, std::move(bound_to), std::move(way));
  store::set_second_factor(txn, reply.session, account->user.id);
  const auto first = AuthMethods::parse(step.methods.value_or(step.bound_org ? "" : "pwd"));
  store::set_methods(txn, reply.session, account->user.id, first | second);
  return reply;
}

TokenReply finish_second_step(db::Txn& txn, const Context& context, const std::string& token,
                              const std::string& code) {
  const auto user = second_step_of(txn, context, token);
  const auto bound_org = store::find_first_step(txn, crypto::sha256(token)).bound_org;
  if (!user || !take_code(txn, context, *user, code, bound_org)) throw ApiError(ErrorCode::mfa_invalid);
  return end_second_step(txn, context, *user, token, {AuthMethod::otp, AuthMethod::mfa});
}

}  // namespace tenantd::service
