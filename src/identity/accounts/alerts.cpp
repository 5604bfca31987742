#include "identity/accounts/alerts.hpp"

#include <algorithm>

#include "tenantd/domain/error.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/effects/rows.hpp"
#include "tenantd/identity/account_events.hpp"

namespace tenantd::service {
namespace {

constexpr db::Sql kChosenAlerts{"user.chosen_alerts", "SELECT login_alert FROM user WHERE id = ?"};
constexpr db::Sql kLockAlerts{"user.lock_alerts", "SELECT login_alert FROM user WHERE id = ? FOR UPDATE"};
constexpr db::Sql kWantedAlerts{"membership.wanted_alerts",
                                "SELECT COALESCE(MAX(login_alert), 0) FROM my_membership "
                                "WHERE user_id = ? AND status = 0 AND org_status = 0"};
constexpr db::Sql kSetAlerts{"user.set_alerts",
                             "UPDATE user SET login_alert = ?, updated_at = ? WHERE id = ?"};

AlertChoice read_choice(db::Txn& txn, UserId user, db::Rows chosen) {
  AlertChoice choice;
  if (chosen.next()) choice.chosen = store::maybe_login_alert(chosen, 0);
  auto scope = txn.scope();
  const auto before = scope;
  scope.user = user;
  txn.enter(scope);
  auto wanted = txn.query(kWantedAlerts, user);
  txn.enter(before);
  if (wanted.next()) choice.wanted = static_cast<LoginAlert>(wanted.integer(0));
  return choice;
}

}  // namespace

AlertRules::AlertRules(const Settings& settings)
    : usual(parse_login_alert(settings.login_alert).value()),
      least(parse_login_alert(settings.login_alert_least).value_or(usual)) {}

LoginAlert AlertRules::in_force(LoginAlert wanted, const std::optional<LoginAlert>& chosen) const {
  return std::max({least, wanted, chosen.value_or(usual)});
}

AlertChoice alert_choice(db::Txn& txn, UserId user) {
  return read_choice(txn, user, txn.query(kChosenAlerts, user));
}

AlertChoice choose_alerts(db::Txn& txn, const Context& context, const Session& session,
                          const std::optional<LoginAlert>& chosen) {
  const auto user = session.user();
  const AlertRules rules{context.settings};
  auto choice = read_choice(txn, user, txn.lock(kLockAlerts, user));
  if (choice.chosen == chosen) return choice;
  const auto demanded = std::max(rules.least, choice.wanted);
  if (chosen && *chosen < demanded)
    throw ApiError(ErrorCode::validation_failed)
        .field("/login_alert", "must not be fewer than " + *login_alert_name(demanded) +
                                   ", which the service or an organization asks for");
  const auto before = rules.in_force(choice.wanted, choice.chosen);
  json::Object was, is;
  was.set("login_alert", login_alert_name(choice.chosen));
  is.set("login_alert", login_alert_name(chosen));
  txn.execute(kSetAlerts, chosen, context.now, user);
  record_account_change(txn, context, user, {"alerts.changed", session.id(), std::move(was), std::move(is)});
  choice.chosen = chosen;
  // Whoever has taken a session over would like to sign in unseen.
  if (rules.in_force(choice.wanted, chosen) < before)
    mail_security_change(txn, context, session.principal().user, "fewer mails about sign-ins were chosen");
  return choice;
}

}  // namespace tenantd::service
