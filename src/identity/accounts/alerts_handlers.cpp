#include "identity/accounts/alerts.hpp"

#include <algorithm>

#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/identity/bound.hpp"

namespace tenantd::api::handlers {
namespace {

Response preferences_reply(const Request& request, const service::AlertChoice& choice) {
  const service::AlertRules rules{request.context.settings};
  JsonOut json;
  json.begin_object()
      .field("login_alert", login_alert_name(choice.chosen))
      .field("login_alert_usual", login_alert_name(rules.usual))
      .field("login_alert_least", login_alert_name(std::max(rules.least, choice.wanted)))
      .field("login_alert_in_force", login_alert_name(rules.in_force(choice.wanted, choice.chosen)))
      .end_object();
  return reply(json);
}

Response show_preferences(const Request& request, const Session& session, Txn& txn) {
  service::require_whole_account(txn, session.principal());
  return preferences_reply(request, service::alert_choice(txn, session.user()));
}

Response change_preferences(const Request& request, const Session& session, Txn& txn) {
  service::require_whole_account(txn, session.principal());
  const auto typed = maybe_text(request.body, "login_alert");
  return preferences_reply(request, service::choose_alerts(txn, request.context, session,
                                                           typed ? parse_login_alert(*typed) : std::nullopt));
}

constexpr auto kPreferencesRows = section("Users", {
                                                       {.method = GET,
                                                        .path = "/api/v1/users/me/preferences",
                                                        .handler = show_preferences,
                                                        .rate = Rate::read,
                                                        .reply = ok("preferences"),
                                                        .refuses = {session_bound},
                                                        .name = "getMyPreferences",
                                                        .summary = "Which mails I want"},
                                                       {.method = PUT,
                                                        .path = "/api/v1/users/me/preferences",
                                                        .handler = change_preferences,
                                                        .rate = Rate::write,
                                                        .body = "preferences",
                                                        .reply = ok("preferences"),
                                                        .refuses = {session_bound},
                                                        .name = "updateMyPreferences",
                                                        .summary = "Choose which mails I want"},
                                                   });

}  // namespace

std::span<const Route> preferences_rows() { return kPreferencesRows; }

}  // namespace tenantd::api::handlers
