#include "tenantd/effects/mail_gate.hpp"

#include <stdexcept>
#include <vector>

#include "effects/enqueue_store.hpp"
#include "tenantd/domain/network.hpp"
#include "tenantd/effects/budgets.hpp"

namespace tenantd::service {
namespace {

using Share = store::Budget;

// All of them, or none. Returns what there was too little of.
Allowance take(db::Txn& txn, const Context& context, const std::vector<Share>& wanted) {
  if (!context.counts_mails) return {};
  return store::spend(txn, context.keys.seal_key(), wanted, context.now);
}

std::int64_t half(std::int64_t most) { return (most + 1) / 2; }

std::string key_of(char budget, const std::string& whose) { return budget + whose; }

// An account that somebody signed up with an address that may be anybody's.
bool is_unproven(const Context& context) {
  const auto* caller = context.caller;
  return caller != nullptr && !caller->actor && !caller->user.is_super && !caller->user.email_verified_at;
}

// Who causes a mail: an organization, a person, or nobody known, who is where the request comes from.
std::string origin_of(const Context& context, std::optional<OrgId> org) {
  if (org) return std::string{org->raw()};
  if (context.caller != nullptr) return std::string{context.caller->user.id.raw()};
  return network_of(context.address);
}

void add_originator(std::vector<Share>& shares, const Context& context, std::optional<OrgId> org) {
  const auto& s = context.settings;
  const auto network = network_of(context.address);
  if (org) shares.push_back({key_of('g', std::string{org->raw()}), 10 * s.limit_invite});
  if (context.caller == nullptr)
    shares.push_back({key_of('n', network), kNetworkTimes * s.limit_mail_caused});
  if (!is_unproven(context) || s.limit_invite == 0) return;
  shares.push_back({key_of('u', std::string{context.caller->user.id.raw()}), kUnprovenMails});
  shares.push_back({key_of('w', network), kUnprovenNetworkMails});
}

// What others cause is bounded by reader, by reader and cause, and by cause. A change of address has a budget
// of its own: it is taken from whether or not a mail goes out, which must not keep invitations away.
std::vector<Share> shares_of_caused(const Context& context, mail::Template kind, const std::string& to,
                                    std::optional<OrgId> org) {
  const auto most = context.settings.limit_mail_caused;
  // Nor may accounts that anybody makes keep a reader's mail away.
  const bool unproven = is_unproven(context);
  const char reader = kind == mail::Template::email_change ? 'e' : unproven ? 'x' : 'c';
  std::vector<Share> shares{{key_of(reader, to), unproven ? half(most) : most},
                            {key_of('d', to + ' ' + origin_of(context, org)), half(most)}};
  add_originator(shares, context, org);
  return shares;
}

// Strangers who lock an account spend nothing of the alerts of what they change in it, and neither spends
// what the last mail needs.
char budget_of_change(mail::Template kind) {
  if (kind == mail::Template::account_erased) return 'f';
  return kind == mail::Template::account_locked ? 'k' : 'b';
}

std::vector<Share> shares_of(const Context& context, mail::Template kind, const std::string& to,
                             std::optional<OrgId> org) {
  const auto& s = context.settings;
  switch (mail::class_of(kind)) {
    case mail::Class::reset: break;  // may_mail_reset, may_mail_code
    case mail::Class::verification:
      return {{key_of('v', to), s.limit_mail},
              {key_of('n', network_of(context.address)), kNetworkTimes * s.limit_mail_caused}};
    case mail::Class::caused: return shares_of_caused(context, kind, to, org);
    // What an organization's provider vouches for spends nothing of the person's other alerts.
    case mail::Class::sign_in:
      return {{org ? key_of('A', to + ' ' + std::string{org->raw()}) : key_of('a', to), s.limit_mail_alerts}};
    case mail::Class::change: return {{key_of(budget_of_change(kind), to), s.limit_mail_alerts}};
    case mail::Class::notice: return {{key_of('p', to), 10 * s.limit_mail_caused}};
    case mail::Class::report: return {};
  }
  throw std::logic_error("this class of mails has a function of its own");
}

MailId queue(db::Txn& txn, const Context& context, const mail::Mail& mail, std::optional<OrgId> org,
             std::optional<UserId> user, bool discard) {
  const auto id = store::enqueue_mail(txn, context.keys.seal_key(), mail, org, user, context.now, discard);
  if (context.wake_courier) txn.after_commit(context.wake_courier);
  return id;
}

// The names of budgets of what anybody can ask to be mailed to an address.
struct AskedBudgets {
  char network, owner, strangers, stranger;
};

bool may_mail(db::Txn& txn, const Context& context, const std::string& email, bool known_network,
              AskedBudgets budgets) {
  const auto most = context.settings.limit_mail;
  const auto network = network_of(context.address);
  std::vector<Share> shares{{key_of(budgets.network, network), kNetworkTimes * most}};
  if (known_network) {
    shares.push_back({key_of(budgets.owner, email), most});
  } else {
    shares.push_back({key_of(budgets.strangers, email), most});
    shares.push_back({key_of(budgets.stranger, email + ' ' + network), half(most)});
  }
  return take(txn, context, shares).allowed;
}

void make_neutral(const Context& context, mail::Mail& mail) {
  if (is_unproven(context)) mail.values[mail::kNeutral] = "1";
}

void require_share(db::Txn& txn, const Context& context, mail::Template kind, const std::string& to,
                   std::optional<OrgId> org) {
  require(take(txn, context, shares_of(context, kind, to, org)), "Too many mails: try again later");
}

MailId take_and_queue(db::Txn& txn, const Context& context, mail::Mail mail, std::optional<OrgId> org,
                      std::optional<UserId> user, bool discard) {
  make_neutral(context, mail);
  require_share(txn, context, mail.kind, mail.to, org);
  return queue(txn, context, mail, org, user, discard);
}

}  // namespace

MailId send_mail(db::Txn& txn, const Context& context, mail::Mail mail, std::optional<OrgId> org,
                 std::optional<UserId> user) {
  return take_and_queue(txn, context, std::move(mail), org, user, false);
}

store::SealedMail seal_mail(const Context& context, mail::Mail mail) {
  make_neutral(context, mail);
  return store::seal_mail(context.keys.seal_key(), mail);
}

void send_stored(db::Txn& txn, const Context& context, const store::SealedMail& mail,
                 std::optional<OrgId> org) {
  require_share(txn, context, mail.kind, mail.to, org);
  if (context.wake_courier) txn.after_commit(context.wake_courier);
}

void send_if(bool wanted, db::Txn& txn, const Context& context, mail::Mail mail, std::optional<UserId> user) {
  take_and_queue(txn, context, std::move(mail), std::nullopt, user, !wanted);
}

Reader reader_of(const UserRecord& user) { return {user.email, user.id, user.email_verified_at.has_value()}; }

bool offer_mail(db::Txn& txn, const Context& context, mail::Mail mail, std::optional<OrgId> org,
                const Reader& reader) {
  if (!reader.proven) return false;
  mail.to = reader.email;
  if (!take(txn, context, shares_of(context, mail.kind, mail.to, org))) return false;
  queue(txn, context, mail, org, reader.user, false);
  return true;
}

bool mail_sign_in(db::Txn& txn, const Context& context, mail::Mail mail,
                  const std::optional<OrgId>& bound_org, const Reader& reader) {
  if (!reader.proven) return false;
  mail.to = reader.email;
  if (!take(txn, context, shares_of(context, mail.kind, mail.to, bound_org))) return false;
  queue(txn, context, mail, std::nullopt, reader.user, false);
  return true;
}

void mail_security_change(db::Txn& txn, const Context& context, const UserRecord& user,
                          const std::string& change) {
  mail::Mail mail{mail::Template::security_changed, user.email, where_and_when(context, user)};
  mail.values["change"] = change;
  offer_mail(txn, context, std::move(mail), std::nullopt, reader_of(user));
}

void mail_erasure(db::Txn& txn, const Context& context, const UserRecord& user, bool by_person) {
  if (!user.email_verified_at) return;
  // From where others erase accounts is not the reader's to know.
  auto values = where_and_when(context, user);
  if (!by_person) values = {{"email", user.email}, {"time", values["time"]}, {"others", "1"}};
  const mail::Mail mail{mail::Template::account_erased, user.email, std::move(values)};
  if (!take(txn, context, shares_of(context, mail.kind, mail.to, std::nullopt))) return;
  // Not the account's own row: those go two minutes later, and the mail may wait for longer.
  queue(txn, context, mail, std::nullopt, std::nullopt, false);
}

bool may_mail_reset(db::Txn& txn, const Context& context, const std::string& email, bool known_network) {
  return may_mail(txn, context, email, known_network, {'r', 'o', 's', 't'});
}

bool may_mail_code(db::Txn& txn, const Context& context, const std::string& email, bool known_network) {
  return may_mail(txn, context, email, known_network, {'R', 'O', 'S', 'T'});
}

void mail_reset(db::Txn& txn, const Context& context, const mail::Mail& mail, std::optional<UserId> user) {
  queue(txn, context, mail, std::nullopt, user, !user);
}

}  // namespace tenantd::service
