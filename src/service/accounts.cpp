#include "tenantd/service/accounts.hpp"

#include <rapidjson/document.h>

#include "tenantd/crypto/password.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/store/global/users.hpp"
#include "tenantd/store/system/enqueue.hpp"

namespace tenantd::service {
namespace {

// The mail's link carries the token in the fragment: no server, scanner or log on the way sees it.
std::string link(const Context& context, const std::string& page, const Secret& token) {
  return context.settings.public_url + "/" + page + "#token=" + token.reveal();
}

std::string minutes(std::int64_t seconds) { return std::to_string((seconds + 59) / 60); }

void mail_verification_link(db::Txn& txn, const Context& context, const UserRecord& user) {
  const Secret token = crypto::new_token();
  const Seconds lifetime{context.settings.verify_seconds};
  store::delete_tokens(txn, user.id, TokenPurpose::verify_email);
  store::insert_token(txn, user.id, TokenPurpose::verify_email, crypto::sha256(token.reveal()), context.now,
                      context.now + lifetime);
  send_mail(txn, context,
            {mail::Template::verification,
             user.email,
             {{"link", link(context, "verify", token)},
              {"email", user.email},
              {"minutes", minutes(lifetime.count())}}},
            std::nullopt, user.id);
}

void mail_where_and_when(db::Txn& txn, const Context& context, mail::Template kind, const UserRecord& user) {
  send_mail(txn, context,
            {kind,
             user.email,
             {{"email", user.email},
              {"time", format_utc(context.now)},
              {"address", context.address},
              {"agent", context.agent.substr(0, 200)}}},
            std::nullopt, user.id);
}

// The account may be signed in to with this password: verified against a decoy when there is none, so that
// every refusal takes the same time.
bool is_right(const Context& context, const std::optional<store::Account>& account, const Secret& password,
              bool may_be_evaluated) {
  const bool real = may_be_evaluated && account && !account->password.empty();
  const std::string& stored = real ? account->password : crypto::decoy_hash(hash_cost(context.settings));
  const bool match = crypto::verify_password(password, stored);
  return real && match;
}

// Durable before the hash: parallel guesses count together, whatever becomes of this one. False = locked.
bool count_attempt(db::Txn& txn, const Context& context, UserId user) {
  return txn.settle([&](db::Txn& own) {
    return store::reserve_attempt(own, user, context.settings.lock_failures,
                                  Seconds{context.settings.lock_seconds}, context.now);
  });
}

}  // namespace

std::vector<std::string> known_words(const Email& email, const std::string& profile) {
  std::vector<std::string> words{email.str(), email.str().substr(0, email.str().find('@')), "tenantd"};
  rapidjson::Document document;
  document.Parse(profile.c_str());
  if (document.HasParseError() || !document.IsObject()) return words;
  for (const auto& item : document.GetObject())
    if (item.value.IsString()) words.emplace_back(item.value.GetString(), item.value.GetStringLength());
  return words;
}

TokenReply sign_up(db::Txn& txn, const Context& context, const SignUp& form) {
  auto known = known_words(form.email, form.profile);
  known.push_back(form.organization.name);
  const std::string hash = hash_new_password(context, form.password, "/password", known);
  UserRecord user;
  try {
    user = store::insert_user(txn, {crypto::new_id<UserId>(), form.email, hash, form.profile, false},
                              context.now);
  } catch (const db::DuplicateKey&) {
    throw ApiError(ErrorCode::email_taken, "The e-mail address is registered: sign in or reset the password");
  }
  auto membership = Founding::found(txn, context, user.id, form.organization);
  mail_verification_link(txn, context, user);
  return start_session(txn, context, user, std::move(membership));
}

TokenReply sign_in(db::Txn& txn, const Context& context, const std::string& email,
                   const std::string& password) {
  const auto address = Email::parse(email);
  const auto normalized = crypto::normalize_password(password);
  const auto account = address ? store::find_account(txn, *address) : std::nullopt;
  const bool may_be_evaluated = account && count_attempt(txn, context, account->user.id);
  const bool right =
      is_right(context, account, normalized.value_or(Secret{}), may_be_evaluated && normalized);
  if (!right || account->user.status != Status::active) throw ApiError(ErrorCode::invalid_credentials);

  if (!store::confirm_attempt(txn, account->user.id, account->password))
    throw ApiError(ErrorCode::invalid_credentials);
  if (crypto::needs_rehash(account->password, hash_cost(context.settings)))
    store::rehash_password(txn, account->user.id, account->password,
                           crypto::hash_password(*normalized, hash_cost(context.settings)), context.now);
  auto reply = start_session(txn, context, account->user, store::first_membership(txn, account->user.id));
  mail_where_and_when(txn, context, mail::Template::login_alert, account->user);
  return reply;
}

void sign_out(db::Txn& txn, const Session& session) {
  store::delete_session(txn, session.id(), session.user());
}

void request_password_reset(db::Txn& txn, const Context& context, const Email& email) {
  const auto account = store::find_account(txn, email);
  const bool wanted = !context.may_mail || context.may_mail(email.str());
  const bool known = wanted && account && account->user.status == Status::active;
  const UserId user = known ? account->user.id : crypto::new_id<UserId>();
  const Secret token = crypto::new_token();
  const Seconds lifetime{context.settings.reset_seconds};
  const mail::Mail mail{mail::Template::password_reset,
                        email.str(),
                        {{"link", link(context, "reset", token)},
                         {"email", email.str()},
                         {"minutes", minutes(lifetime.count())},
                         {"address", context.address}}};
  store::delete_tokens(txn, user, TokenPurpose::reset_password);
  if (!known) {
    // The same work and the same commit, so that the time tells nothing.
    store::enqueue_mail(txn, context.keys.seal_key(), mail, std::nullopt, std::nullopt, context.now, true);
    return;
  }
  store::insert_token(txn, user, TokenPurpose::reset_password, crypto::sha256(token.reveal()), context.now,
                      context.now + lifetime);
  send_mail(txn, context, mail, std::nullopt, user);
}

void reset_password(db::Txn& txn, const Context& context, const std::string& token,
                    const std::string& new_password) {
  const std::string hash = crypto::sha256(token);
  const auto user = store::peek_token(txn, TokenPurpose::reset_password, hash, context.now);
  const auto account = user ? store::find_account(txn, *user) : std::nullopt;
  if (!account || account->user.status != Status::active) throw ApiError(ErrorCode::token_invalid);
  const auto email = Email::parse(account->user.email);
  const auto phc = hash_new_password(context, new_password, "/new_password",
                                     known_words(email.value(), account->user.profile));
  if (!store::take_token(txn, TokenPurpose::reset_password, hash, context.now))
    throw ApiError(ErrorCode::token_invalid);
  store::delete_tokens(txn, *user, TokenPurpose::reset_password);
  store::set_password(txn, *user, phc, context.now);
  store::clear_attempts(txn, *user);
  store::mark_verified(txn, *user, context.now);
  store::delete_sessions(txn, *user, std::nullopt);
  mail_where_and_when(txn, context, mail::Template::password_changed, account->user);
}

void change_password(db::Txn& txn, const Context& context, const Session& session, const std::string& current,
                     const std::string& new_password) {
  const auto account = store::find_account(txn, session.user());
  const auto normalized = crypto::normalize_password(current);
  const bool counted = count_attempt(txn, context, session.user());
  if (!is_right(context, account, normalized.value_or(Secret{}), counted && normalized))
    throw ApiError(ErrorCode::invalid_credentials, "The current password is wrong");
  const auto email = Email::parse(account->user.email);
  const auto phc = hash_new_password(context, new_password, "/new_password",
                                     known_words(email.value(), account->user.profile));
  if (!store::confirm_attempt(txn, session.user(), account->password))
    throw ApiError(ErrorCode::invalid_credentials);
  store::set_password(txn, session.user(), phc, context.now);
  store::delete_tokens(txn, session.user(), TokenPurpose::reset_password);
  store::delete_sessions(txn, session.user(), session.id());
  mail_where_and_when(txn, context, mail::Template::password_changed, account->user);
}

void verify_email(db::Txn& txn, const Context& context, const std::string& token) {
  const auto user = store::take_token(txn, TokenPurpose::verify_email, crypto::sha256(token), context.now);
  if (!user) throw ApiError(ErrorCode::token_invalid);
  store::mark_verified(txn, *user, context.now);
  const auto account = store::find_account(txn, *user);
  if (!account) throw ApiError(ErrorCode::token_invalid);
  send_mail(txn, context, {mail::Template::welcome, account->user.email, {{"email", account->user.email}}},
            std::nullopt, *user);
}

bool create_super_admin(db::Txn& txn, const Context& context, const Email& email,
                        const std::string& password) {
  if (store::find_account(txn, email)) return false;
  const auto hash = hash_new_password(context, password, "SUPER_ADMIN_PASSWORD", known_words(email, "{}"));
  const auto user = store::insert_user(txn, {crypto::new_id<UserId>(), email, hash, "{}", true}, context.now);
  store::make_super(txn, user.id);
  Founding::found(txn, context, user.id, {email.str(), std::nullopt, true});
  return true;
}

}  // namespace tenantd::service
