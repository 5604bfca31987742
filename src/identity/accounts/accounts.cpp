#include "tenantd/identity/accounts.hpp"

#include <algorithm>

#include "identity/accounts/account_events_store.hpp"
#include "identity/accounts/breached_password.hpp"
#include "identity/accounts/claiming.hpp"
#include "identity/accounts/email_change.hpp"
#include "identity/accounts/proven_account.hpp"
#include "identity/accounts/unlocking.hpp"
#include "identity/domains/enforcement.hpp"
#include "identity/factors/reauthentication.hpp"
#include "identity/factors/second_factor.hpp"
#include "identity/passkeys/passkeys.hpp"
#include "identity/sso/identities_store.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/crypto/password.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/network.hpp"
#include "tenantd/domain/sign_ups.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/known_networks_store.hpp"

namespace tenantd::service {
namespace {

// From here on statements see what the account sees, its memberships too; entered with the next statement.
void enter_as(db::Txn& txn, UserId user) { txn.enter(db::ScopeKey{std::nullopt, user, false}); }

// Whether an account may have links of the same kind, which a new one takes the place of.
enum class Links { none_yet, perhaps };

void mail_verification_link(db::Txn& txn, const Context& context, const UserRecord& user, Links older) {
  const Secret token = crypto::new_token();
  const Seconds lifetime{context.settings.verify_seconds};
  if (older == Links::perhaps) store::delete_tokens(txn, user.id, TokenPurpose::verify_email);
  store::insert_mailed_token(txn, user.id, user.email, TokenPurpose::verify_email,
                             crypto::sha256(token.reveal()), context.now, context.now + lifetime);
  send_mail(txn, context,
            {mail::Template::verification,
             user.email,
             {{"link", mail_link(context, "verify", token)},
              {"email", user.email},
              {"minutes", mail_minutes(lifetime.count())}}},
            std::nullopt, user.id);
}

// The passkeys open the account as before: their owner has to look at them.
void tell_of_new_password(db::Txn& txn, const Context& context, const UserRecord& user) {
  auto values = where_and_when(context, user);
  values["passkeys"] = passkeys_in_words(txn, user.id);
  offer_mail(txn, context, {mail::Template::password_changed, user.email, std::move(values)}, std::nullopt,
             reader_of(user));
}

// What stands for an address that has no account in what is written down about attempts.
std::string identity_of(const Context& context, const std::string& typed) {
  return crypto::hmac_sha256(context.keys.seal_key().reveal(), "identity:" + typed);
}

// An attempt to sign in, durable before the hash: counted, so that parallel guesses count together, and
// written down as failed. An unknown address costs the same statements and the same commit.
struct Attempt {
  EventId id;
  store::CountedAttempt counted;  // neither: locked, or there is nothing to evaluate
};
Attempt begin_attempt(db::Txn& txn, const Context& context, const std::optional<store::Account>& account,
                      const std::string& typed) {
  return txn.settle([&](db::Txn& own) {
    const UserId user = account ? account->user.id : crypto::new_id<UserId>();
    const Attempt attempt{crypto::new_id<EventId>(), count_attempt(own, context, user)};
    store::NewAccountEvent event{attempt.id, std::nullopt, "signin.failed"};
    event.address = context.address;
    event.agent = context.agent;
    if (account) event.user = user;
    event.identity = identity_of(context, typed);
    store::insert_account_event(own, event, context.now);
    return attempt;
  });
}

// What the old password had begun ends with it: a sign-in that waits for its code, and a move to another
// address, whose link would hand the account to whoever had asked for it.
void forget_steps_of_old_password(db::Txn& txn, UserId user) {
  store::delete_tokens(txn, user, TokenPurpose::second_factor);
  store::delete_tokens(txn, user, TokenPurpose::change_email);
}

// The person who reads the mailbox is the one who made the account: in its session, or by its password.
void require_same_person(db::Txn& txn, const Context& context, const store::Account& account,
                         const Verification& form) {
  if (form.signed_in == account.user.id) return;
  const auto known =
      form.password ? check_password(txn, context, account.user.id, *form.password) : std::nullopt;
  // Again, with what follows: it may have changed meanwhile.
  if (!known || !confirm_password(txn, context, *known, {}))
    throw ApiError(
        ErrorCode::reauthentication_required,
        "Send the account's password, or its session's token, with the link; if the account is not "
        "yours, a new_password makes it so");
}

// "This was not me", of an account that was made with the address.
void disown(db::Txn& txn, const Context& context, const UserRecord& user, const std::string& token_hash,
            const std::string& new_password) {
  const auto phc = hash_new_password(context, new_password, "/new_password",
                                     known_words(Email::parse(user.email).value(), user.profile));
  if (user.email_verified_at || !store::take_token(txn, TokenPurpose::verify_email, token_hash, context.now))
    throw ApiError(ErrorCode::token_invalid);
  tell_of_new_password(txn, context, claim_account(txn, context, user, phc));
}

// The same of an account that wants to move to the address. It is somebody else's and stays so; the refusal
// stays too.
[[noreturn]] void refuse_address(db::Txn& txn, UserId user) {
  txn.rollback();
  store::delete_tokens(txn, user, TokenPurpose::change_email);
  txn.commit();
  throw ApiError(ErrorCode::wrong_account,
                 "Another account asked to move to this address. It does not get it; nothing was changed");
}

}  // namespace

std::vector<std::string> known_words(const Email& email, const std::string& profile) {
  std::vector<std::string> words{email.str(), email.str().substr(0, email.str().find('@')), "tenantd"};
  const auto document = json::read_object(profile);
  if (!document) return words;
  for (const auto& item : document->GetObject())
    if (item.value.IsString()) words.emplace_back(json::view(item.value));
  return words;
}

TokenReply sign_up(db::Txn& txn, const Context& context, const SignUp& form) {
  if (parse_sign_ups(context.settings.signup) != SignUps::open)
    throw ApiError(ErrorCode::signup_closed, "Ask somebody who has an account for an invitation");
  auto known = known_words(form.email, form.profile);
  known.push_back(form.organization.name);
  const std::string hash = hash_new_password(context, form.password, "/password", known);
  const auto founded = [&] {
    try {
      return Founding::found(txn, context, {crypto::new_id<UserId>(), form.email, hash, form.profile, false},
                             form.organization);
    } catch (const db::DuplicateKey& e) {
      if (e.key != "email") throw;
      throw ApiError(ErrorCode::email_taken,
                     "The e-mail address is registered: sign in or reset the password");
    }
  }();
  mail_verification_link(txn, context, founded.user, Links::none_yet);
  return start_session(txn, context, founded.user, founded.membership);
}

TokenReply sign_in(db::Txn& txn, const Context& context, const std::string& email,
                   const std::string& password) {
  const auto [address, problem] = Email::read(email);
  const auto account = address ? store::find_account(txn, *address) : std::nullopt;
  // Who has an account under such an address signs in to it all the same.
  if (!account && !problem.empty()) throw ApiError(ErrorCode::validation_failed).field("/email", problem);
  const auto attempt = begin_attempt(txn, context, account, address.value().str());
  const bool right = is_right_password(context, account, password, bool{attempt.counted});
  if (!right && account) tell_of_lock(context, account->user.id, attempt.counted);
  if (right) enter_as(txn, account->user.id);
  if (!right || account->user.status != Status::active ||
      !confirm_password(txn, context, *account, attempt.counted))
    throw ApiError(ErrorCode::invalid_credentials);
  const bool asks_for_more = account->user.mfa_enabled;
  if (asks_for_more) {
    // What follows ends in a refusal that stays, and nothing else of this unit of work does: not the claim of
    // an Idempotency-Key.
    txn.rollback();
    if (!confirm_password(txn, context, *account, attempt.counted))
      throw ApiError(ErrorCode::invalid_credentials);
  }
  if (crypto::needs_rehash(account->password, hash_cost(context.settings)))
    store::rehash_password(
        txn, account->user.id, account->password,
        crypto::hash_password(crypto::normalize_password(password).value(), hash_cost(context.settings)),
        context.now);
  if (is_breached(crypto::normalize_password(password).value())) tell_of_breach(txn, context, account->user);
  if (!asks_for_more) return signed_in(txn, context, account->user, attempt.id);

  store::settle_account_event(txn, attempt.id, "signin.password_accepted", std::nullopt);
  const Secret token = begin_second_step(txn, context, account->user.id);
  txn.commit();
  throw ApiError(ErrorCode::mfa_required, "Send the code and this mfa_token to /api/v1/auth/mfa/verify")
      .member("mfa_token", token.reveal());
}

TokenReply signed_in(db::Txn& txn, const Context& context, const UserRecord& user,
                     std::optional<EventId> attempt, std::optional<store::Membership> bound_to,
                     std::optional<std::string> method) {
  const bool bound = bound_to.has_value();
  const auto bound_org = bound ? std::optional{bound_to->organization.id} : std::nullopt;
  enter_as(txn, user.id);
  auto membership = bound ? std::move(bound_to) : store::first_membership(txn, user.id);
  if (!membership) require_own_way(txn, user.id);
  auto reply = start_session(txn, context, user, std::move(membership), bound);
  if (attempt) {
    store::settle_account_event(txn, *attempt, "signin.succeeded", reply.session);
  } else {
    store::NewAccountEvent event{crypto::new_id<EventId>(), user.id, "signin.succeeded", reply.session};
    event.address = context.address;
    event.agent = context.agent;
    event.method = bound ? "sso" : std::move(method);
    store::insert_account_event(txn, event, context.now);
  }
  if (reply.alert)
    mail_sign_in(txn, context, {mail::Template::login_alert, user.email, where_and_when(context, user)},
                 bound_org, reader_of(user));
  return reply;
}

void sign_out(db::Txn& txn, const Session& session) {
  store::delete_session(txn, session.id(), session.user());
}

void request_password_reset(db::Txn& txn, const Context& context, const Email& email) {
  const auto account = store::find_account(txn, email);
  const bool exists = account && account->user.status == Status::active;
  const UserId nobody = crypto::new_id<UserId>();
  const bool near = store::is_known_network(txn, exists ? account->user.id : nobody,
                                            network_of(context.address), context.now);
  // Whose address nobody has spends the same.
  const bool has_budget = may_mail_reset(txn, context, email.str(), near);
  const bool known = exists && has_budget;
  const UserId user = known ? account->user.id : nobody;
  const Secret token = crypto::new_token();
  const Seconds lifetime{context.settings.reset_seconds};
  const mail::Mail mail{mail::Template::password_reset,
                        email.str(),
                        {{"link", mail_link(context, "reset", token)},
                         {"email", email.str()},
                         {"minutes", mail_minutes(lifetime.count())},
                         {"address", context.address}}};
  // Without a budget too: the newest link that was sent stays good.
  // Known or not, the same statements, the same commit and the same ring, so that the time tells nothing: who
  // is not known has no token to be deleted, gets none, and a mail that is never sent.
  store::delete_tokens(txn, user, TokenPurpose::reset_password);
  store::insert_mailed_token(txn, user, known ? account->user.email : email.str(),
                             TokenPurpose::reset_password, crypto::sha256(token.reveal()), context.now,
                             context.now + lifetime);
  mail_reset(txn, context, mail, known ? std::optional{user} : std::nullopt);
}

void reset_password(db::Txn& txn, const Context& context, const std::string& token,
                    const std::string& new_password) {
  const std::string hash = crypto::sha256(token);
  const auto user = store::peek_token(txn, TokenPurpose::reset_password, hash, context.now);
  const auto account = user ? store::find_account(txn, *user) : std::nullopt;
  if (!account || account->user.status != Status::active) throw ApiError(ErrorCode::token_invalid);
  require_own_way(txn, *user);
  const auto email = Email::parse(account->user.email);
  const auto phc = hash_new_password(context, new_password, "/new_password",
                                     known_words(email.value(), account->user.profile));
  if (!store::take_token(txn, TokenPurpose::reset_password, hash, context.now))
    throw ApiError(ErrorCode::token_invalid);
  if (!store::prove_account(txn, *account)) {
    // Whoever used the account so far never showed that the address is theirs; whoever reads the mail does.
    tell_of_new_password(txn, context, claim_account(txn, context, account->user, phc));
    return;
  }
  store::delete_tokens(txn, *user, TokenPurpose::reset_password);
  store::set_password(txn, *user, phc, context.now);
  // Whoever sat in the account may have left themselves a way in. An account that had no password was made by
  // its provider, which stays its way in.
  const bool unlink = !account->password.empty();
  if (unlink) store::forget_identities(txn, *user);
  store::clear_attempts(txn, *user);
  store::mark_verified(txn, *user, context.now);
  // Who reads the mailbox is the owner, wherever that is; who was in the account before may not be. A crowd
  // of guesses that goes on locks it again at once, but not from here.
  store::forget_networks(txn, *user);
  store::know_network(txn, *user, network_of(context.address), context.now);
  forget_steps_of_old_password(txn, *user);
  end_sessions_told(txn, context, *user, std::nullopt);
  json::Object after;
  after.set("password", kMasked).set("sessions_ended", true);
  if (unlink) after.set("identities_unlinked", true);
  if (!account->user.email_verified_at) after.set("email_verified", true);
  record_account_change(txn, context, *user, {"password.reset", std::nullopt, {}, after});
  auto owner = account->user;
  owner.email_verified_at = context.now;
  tell_of_new_password(txn, context, owner);
}

void change_password(db::Txn& txn, const Context& context, const Session& session, const std::string& current,
                     const std::string& new_password) {
  require_whole_account(txn, session.principal());
  const auto account = check_password(txn, context, session.user(), current);
  if (!account) throw ApiError(ErrorCode::reauthentication_required, "The current password is wrong");
  const auto email = Email::parse(account->user.email);
  const auto phc = hash_new_password(context, new_password, "/new_password",
                                     known_words(email.value(), account->user.profile));
  if (!confirm_password(txn, context, *account, {})) throw ApiError(ErrorCode::reauthentication_required);
  store::set_password(txn, session.user(), phc, context.now);
  store::delete_tokens(txn, session.user(), TokenPurpose::reset_password);
  forget_steps_of_old_password(txn, session.user());
  end_sessions_told(txn, context, session.user(), session.id());
  record_account_change(txn, context, session.user(),
                        {"password.changed",
                         session.id(),
                         {},
                         json::Object{}.set("password", kMasked).set("other_sessions_ended", true)});
  tell_of_new_password(txn, context, account->user);
}

void unlink_identity(db::Txn& txn, const Context& context, const Session& session, IdentityId id) {
  require_whole_account(txn, session.principal());
  const auto all = store::identities_of(txn, session.user());
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.id() == id; });
  if (found == all.end() || !store::delete_identity(txn, session.user(), id))
    throw ApiError(ErrorCode::not_found);
  // What it had begun ends with it, a sign-in that waits for its code too.
  end_sessions_told(txn, context, session.user(), session.id());
  record_account_change(txn, context, session.user(),
                        {"identity.unlinked", session.id(),
                         json::Object{}.set("issuer", found->issuer).set("email", found->email),
                         json::Object{}.set("other_sessions_ended", true)});
  mail_security_change(txn, context, session.principal().user,
                       "A sign-in by a provider was unlinked from it");
}

void verify_email(db::Txn& txn, const Context& context, const Verification& form) {
  const std::string hash = crypto::sha256(form.token);
  const auto moving = store::peek_token(txn, TokenPurpose::change_email, hash, context.now);
  const auto user = moving ? moving : store::peek_token(txn, TokenPurpose::verify_email, hash, context.now);
  auto account = user ? store::find_account(txn, *user) : std::nullopt;
  if (!account || account->user.status != Status::active) throw ApiError(ErrorCode::token_invalid);
  if (form.new_password && moving) refuse_address(txn, *user);
  if (form.new_password) return disown(txn, context, account->user, hash, *form.new_password);
  require_same_person(txn, context, *account, form);
  if (moving && confirm_email_change(txn, context, hash)) return;
  if (store::take_token(txn, TokenPurpose::verify_email, hash, context.now) != user)
    throw ApiError(ErrorCode::token_invalid);
  store::mark_verified(txn, *user, context.now);
  account->user.email_verified_at = context.now;
  record_account_change(
      txn, context, *user,
      {"email.verified", std::nullopt, {}, json::Object{}.set("email", account->user.email)});
  offer_mail(txn, context, {mail::Template::welcome, account->user.email, {{"email", account->user.email}}},
             std::nullopt, reader_of(account->user));
}

void resend_verification(db::Txn& txn, const Context& context, const Session& session) {
  const auto& user = session.principal().user;
  if (user.email_verified_at) return;
  mail_verification_link(txn, context, user, Links::perhaps);
}

bool create_super_admin(db::Txn& txn, const Context& context, const Email& email,
                        const std::string& password) {
  if (store::find_account(txn, email)) return false;
  const auto hash = hash_new_password(context, password, "SUPER_ADMIN_PASSWORD", known_words(email, "{}"));
  const auto user = store::insert_user(txn, {crypto::new_id<UserId>(), email, hash, "{}", true}, context.now);
  store::make_super(txn, user.id);
  record_for_system(
      txn, context,
      {"super_admin.created", "user", user.id.bytes(), {}, json::Object{}.set("email", user.email)});
  Founding::found(txn, context, user.id, {email.str(), std::nullopt, true});
  return true;
}

}  // namespace tenantd::service
