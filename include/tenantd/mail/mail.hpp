// What a mail is before it is a message: a template, a recipient and the values that fill it.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/id.hpp"

namespace tenantd::mail {

// Names are the files in templates/ beside what sends the mail: invitation.subject/.html/.txt.mustache
enum class Template {
  invitation,
  invitation_asked,
  verification,
  welcome,
  account_created,
  password_reset,
  sign_in_code,
  password_changed,
  password_breached,
  login_alert,
  account_locked,
  account_erased,
  email_change,
  security_changed,
  ownership_transferred,
  sso_bypassed,
  domain_unproven,
  impersonation,
  tenant_created,
  purchase_submitted,
  purchase_decided,
  weekly_report,
  low_stock,
  key_ending,
  test  // what `tenantctl mail test` sends
};

std::string_view template_name(Template kind);
std::span<const Template> templates();

// Returns the template of that name, or nullopt (an outbox row written by a newer release).
std::optional<Template> template_by_name(std::string_view name);

// What a mail is in the eyes of who gets it: each class has budgets of its own (service/mail_gate.hpp).
enum class Class {
  reset,         // its reader asked for it, perhaps: nobody knows who asks
  verification,  // the address's first mail
  caused,        // somebody else caused it: an invitation, an account made, a change of address
  sign_in,       // an alert of a sign-in
  change,        // an alert of what changed in an account
  notice,        // of what happened in the reader's own organization
  report
};
Class class_of(Template kind);
// The order in which mails go out; 0 = first. A link that somebody waits for comes before alerts, alerts
// before invitations, those before notices, and reports last.
int rank_of(Template kind);
inline constexpr std::size_t kRanks = 6;
// True of the mail to somebody who is erased: once nobody tries to send it any more, the outbox keeps no
// address of it, and a mail system's report on it leads to no suppression.
bool forgets_its_reader(Template kind);

struct Mail {
  Template kind;
  std::string to;  // canonical address
  std::map<std::string, std::string>
      values;                     // e.g. link, organization, inviter, role, minutes, address, agent, time
  std::optional<MailId> id = {};  // chosen before, for a row that names its mail
};

// A value of this name marks a mail whose subject and sender say nothing that somebody chose.
inline constexpr const char* kNeutral = "neutral";

// A list among the values: its key begins with '#', and its value is the JSON that list_value() makes. The
// template repeats the section of that name for each row.
using Row = std::map<std::string, std::string>;
std::string list_value(const std::vector<Row>& rows);
// Throws std::runtime_error for anything that list_value() does not make.
std::vector<Row> rows_of_list(std::string_view json);

// A mail of this kind that shows what its template can say, without a link that works.
Mail sample_mail(Template kind, const std::string& to, const std::string& public_url);

// Values as JSON text for the outbox, and back. from_json throws std::runtime_error for anything else.
std::string values_to_json(const Mail& mail);
std::map<std::string, std::string> values_from_json(std::string_view json);

}  // namespace tenantd::mail
