#include "identity/passkeys/passkeys.hpp"

#include "identity/factors/second_factor.hpp"
#include "tenantd/base/bytes.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/live_sessions.hpp"
#include "tenantd/mail/mime.hpp"

namespace tenantd::service {
namespace {

constexpr std::size_t kEndBytes = 8, kNonceBytes = 16, kCodeBytes = 32;

std::string challenge_code(const Context& context, const std::string& subject, std::string_view head) {
  return crypto::hmac_sha256(context.keys.seal_key().reveal(),
                             "passkey:" + crypto::sha256(subject) + std::string{head});
}

std::string make_challenge(const Context& context, const std::string& subject) {
  const auto end = static_cast<std::uint64_t>(unix_seconds(context.now + kPasskeyChallenge));
  const auto head = big_endian(end, kEndBytes) + crypto::random_bytes(kNonceBytes);
  return head + challenge_code(context, subject, head);
}

// When the challenge ends; nullopt if it was not made for `subject`, or is over.
std::optional<TimePoint> end_of_challenge(const Context& context, const std::string& subject,
                                          const std::string& challenge) {
  if (challenge.size() != kEndBytes + kNonceBytes + kCodeBytes) return std::nullopt;
  const auto head = std::string_view{challenge}.substr(0, kEndBytes + kNonceBytes);
  if (!Secret{challenge_code(context, subject, head)}.equals(std::string_view{challenge}.substr(head.size())))
    return std::nullopt;
  const auto time = from_unix(static_cast<std::int64_t>(from_big_endian(head.substr(0, kEndBytes))));
  return time > context.now ? std::optional{time} : std::nullopt;
}

crypto::RelyingParty party_of(const Settings& settings) { return crypto::relying_party(settings.public_url); }

crypto::RelyingParty require_party(const Settings& settings) {
  auto party = party_of(settings);
  if (party.id.empty())
    throw ApiError(ErrorCode::not_found,
                   "There are no passkeys here: PUBLIC_URL needs https and a host's name");
  return party;
}

std::string subject_of_creation(const Session& session) {
  return "create:" + std::string{session.user().raw()} + std::string{session.id().raw()};
}

std::string subject_of_use(const PasskeyUse& use) {
  return use.mfa_token ? "second:" + *use.mfa_token : "first:" + use.browser;
}

std::string descriptors(const std::vector<store::PasskeyRow>& passkeys) {
  json::Writer json;
  json.begin_array();
  for (const auto& each : passkeys)
    json.begin_object()
        .field("type", "public-key")
        .field("id", base64url_encode(each.key.credential))
        .end_object();
  json.end_array();
  return json.text();
}

std::string milliseconds() { return std::to_string(kPasskeyChallenge.count() * 1000); }

void announce(db::Txn& txn, const Context& context, const UserRecord& user, const AccountChange& change,
              const std::string& said) {
  record_account_change(txn, context, user.id, change);
  mail_security_change(txn, context, user, said);
}

// A device of which there are two: the one that counts less is refused, and the owner is told, whatever
// becomes of the request.
void tell_of_clone(db::Txn& txn, const Context& context, const UserRecord& user,
                   const store::PasskeyRow& passkey) {
  txn.rollback();
  announce(txn, context, user,
           {"passkey.cloned", std::nullopt, {}, json::Object{}.set("passkey_id", passkey.id)},
           "the passkey \"" + passkey.name +
               "\" was used by a device that seems to be a copy, and was refused; remove it if you do not "
               "know why");
  txn.commit();
}

[[noreturn]] void refuse(const PasskeyUse& use, const std::string& why) {
  throw ApiError(use.mfa_token ? ErrorCode::mfa_invalid : ErrorCode::invalid_credentials,
                 "The passkey was not accepted: try again, or sign in another way")
      .detail(why);
}

// Who has proven to hold which passkey, and that nobody has shown this proof before.
store::PasskeyRow prove(db::Txn& txn, const Context& context, const PasskeyUse& use,
                        const PasskeyProof& proof) try {
  const auto party = require_party(context.settings);
  const auto challenge = crypto::challenge_in(proof.assertion.client_data, "webauthn.get", party);
  const auto end = end_of_challenge(context, subject_of_use(use), challenge);
  if (!end) refuse(use, "the challenge was made for somebody else, or is over");
  auto passkey = store::find_passkey(txn, proof.credential);
  if (!passkey) refuse(use, "no account has the credential");
  if (proof.user_handle && *proof.user_handle != passkey->user.raw()) refuse(use, "it is another account's");
  const auto state = crypto::verify_assertion(proof.assertion, passkey->key, party);
  if (state.backup_eligible != passkey->key.backup_eligible)
    refuse(use, "it cannot have become another kind");
  const auto account = store::find_account(txn, passkey->user);
  if (!account || account->user.status != Status::active) refuse(use, "the account is not active");
  // First: who sends a proof twice has no copy of the device.
  if (!store::use_challenge(txn, crypto::sha256(challenge), *end))
    refuse(use, "the challenge was used before");
  if (!store::use_passkey(txn, passkey->id, state, context.now)) {
    // Its owner has removed it since it was looked up: there is no copy to warn of.
    if (!store::holds_passkey(txn, passkey->id)) refuse(use, "the passkey was removed meanwhile");
    tell_of_clone(txn, context, account->user, *passkey);
    refuse(use, "its counter has gone back");
  }
  return *std::move(passkey);
} catch (const crypto::PasskeyRefused& refused) {
  refuse(use, refused.what());
}

}  // namespace

bool has_passkeys(const Settings& settings) { return !party_of(settings).id.empty(); }

json::Object passkey_creation_options(db::Txn& txn, const Context& context, const Session& session,
                                      const Proof& proof) {
  const auto party = require_party(context.settings);
  require_whole_account(txn, session.principal());
  const auto account = reauthenticate(txn, context, session.user(), proof);
  // Or somebody who signed up with another's address would have a key to the account that it becomes.
  if (!account.user.email_verified_at) throw ApiError(ErrorCode::email_unverified);
  const auto held = store::passkeys_of(txn, session.user());
  if (static_cast<std::int64_t>(held.size()) >= kPasskeysPerAccount)
    throw ApiError(ErrorCode::limit_reached, "Remove a passkey first");
  json::Writer algorithms;
  algorithms.begin_array();
  for (const int algorithm : crypto::kPasskeyAlgorithms)
    algorithms.begin_object().field("type", "public-key").field("alg", algorithm).end_object();
  algorithms.end_array();
  json::Object options;
  options.set("rp", json::Object{}.set("id", party.id).set("name", mail::service_name(context.settings)))
      .set("user", json::Object{}
                       .set("id", base64url_encode(session.user().raw()))
                       .set("name", account.user.email)
                       .set("displayName", account.user.email))
      .set("challenge", base64url_encode(make_challenge(context, subject_of_creation(session))))
      .raw("pubKeyCredParams", algorithms.text())
      .raw("timeout", milliseconds())
      .raw("excludeCredentials", descriptors(held))
      .set("authenticatorSelection", json::Object{}
                                         .set("residentKey", "required")
                                         .set("requireResidentKey", true)
                                         .set("userVerification", "required"))
      .set("attestation", "none");
  return options;
}

store::PasskeyRow add_passkey(db::Txn& txn, const Context& context, const Session& session,
                              const NewPasskey& made) {
  const auto party = require_party(context.settings);
  require_whole_account(txn, session.principal());
  store::PasskeyRow row;
  try {
    const auto challenge = crypto::challenge_in(made.client_data, "webauthn.create", party);
    const auto end = end_of_challenge(context, subject_of_creation(session), challenge);
    if (!end) throw crypto::PasskeyRefused("it answers no challenge of this session, or too late");
    row.key = crypto::verify_registration(made.client_data, made.attestation_object, party);
    if (!store::use_challenge(txn, crypto::sha256(challenge), *end))
      throw crypto::PasskeyRefused("its challenge was used before");
  } catch (const crypto::PasskeyRefused& refused) {
    throw ApiError(ErrorCode::validation_failed).field("/credential", refused.what());
  }
  row.id = crypto::new_id<store::PasskeyId>();
  row.user = session.user();
  row.name = made.name;
  row.created_at = context.now;
  try {
    if (!store::insert_passkey(txn, row, kPasskeysPerAccount))
      throw ApiError(ErrorCode::limit_reached, "Remove a passkey first");
  } catch (const db::DuplicateKey&) {
    throw ApiError(ErrorCode::conflict, "The authenticator has made this passkey before");
  }
  announce(
      txn, context, session.principal().user,
      {"passkey.added", session.id(), {}, json::Object{}.set("passkey_id", row.id).set("name", row.name)},
      "the passkey \"" + row.name + "\" was added, by which one signs in without the password");
  return row;
}

store::PasskeyRow rename_passkey(db::Txn& txn, const Context& context, const Session& session,
                                 store::PasskeyId id, const std::string& name) {
  require_whole_account(txn, session.principal());
  auto row = store::find_passkey(txn, session.user(), id);
  if (!row || !store::rename_passkey(txn, session.user(), id, name)) throw ApiError(ErrorCode::not_found);
  record_account_change(txn, context, session.user(),
                        {"passkey.renamed", session.id(), json::Object{}.set("name", row->name),
                         json::Object{}.set("name", name)});
  row->name = name;
  return *std::move(row);
}

void remove_passkey(db::Txn& txn, const Context& context, const Session& session, store::PasskeyId id,
                    const Proof& proof) {
  require_whole_account(txn, session.principal());
  const auto account = reauthenticate(txn, context, session.user(), proof);
  const auto row = store::find_passkey(txn, session.user(), id);
  if (!row || !store::delete_passkey(txn, session.user(), id)) throw ApiError(ErrorCode::not_found);
  // What it had begun ends with it.
  end_sessions_told(txn, context, account.user.id, session.id());
  announce(txn, context, account.user,
           {"passkey.removed", session.id(), json::Object{}.set("passkey_id", row->id).set("name", row->name),
            json::Object{}.set("other_sessions_ended", true)},
           "the passkey \"" + row->name + "\" was removed");
}

json::Object passkey_request_options(db::Txn& txn, const Context& context, const PasskeyUse& use) {
  const auto party = require_party(context.settings);
  std::vector<store::PasskeyRow> named;
  if (use.mfa_token) {
    const auto user = second_step_of(txn, context, *use.mfa_token);
    if (!user) throw ApiError(ErrorCode::mfa_invalid);
    named = store::passkeys_of(txn, *user);
    if (named.empty()) throw ApiError(ErrorCode::mfa_invalid, "The account has no passkey: send a code");
  }
  return json::Object{}
      .set("challenge", base64url_encode(make_challenge(context, subject_of_use(use))))
      .raw("timeout", milliseconds())
      .set("rpId", party.id)
      .raw("allowCredentials", descriptors(named))
      .set("userVerification", "required");
}

TokenReply sign_in_by_passkey(db::Txn& txn, const Context& context, const PasskeyUse& use,
                              const PasskeyProof& proof) {
  const auto passkey = prove(txn, context, use, proof);
  if (use.mfa_token) {
    if (second_step_of(txn, context, *use.mfa_token) != passkey.user) refuse(use, "it is another account's");
    return end_second_step(txn, context, passkey.user, *use.mfa_token, kByPasskey);
  }
  const auto account = store::find_account(txn, passkey.user);
  if (!account) refuse(use, "the account is gone");
  auto reply = signed_in(txn, context, account->user, std::nullopt, std::nullopt, "passkey");
  store::set_second_factor(txn, reply.session, account->user.id);
  store::set_methods(txn, reply.session, account->user.id, kByPasskey);
  return reply;
}

std::string passkeys_in_words(db::Txn& txn, UserId user) {
  std::string words;
  for (const auto& row : store::passkeys_of(txn, user))
    words += (words.empty() ? "\"" : "; \"") + row.name + "\", added " + format_utc(row.created_at);
  return words;
}

UserId prove_passkey(db::Txn& txn, const Context& context, const PasskeyUse& use, const PasskeyProof& proof) {
  return prove(txn, context, use, proof).user;
}

}  // namespace tenantd::service
