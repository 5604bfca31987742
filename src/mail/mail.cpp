#include "tenantd/mail/mail.hpp"

#include <array>
#include <stdexcept>

#include "report_sample.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/config/settings.hpp"

namespace tenantd::mail {
namespace {

constexpr std::array kTemplates{Template::invitation,
                                Template::invitation_asked,
                                Template::verification,
                                Template::welcome,
                                Template::account_created,
                                Template::password_reset,
                                Template::sign_in_code,
                                Template::password_changed,
                                Template::password_breached,
                                Template::login_alert,
                                Template::account_locked,
                                Template::account_erased,
                                Template::email_change,
                                Template::security_changed,
                                Template::ownership_transferred,
                                Template::sso_bypassed,
                                Template::domain_unproven,
                                Template::impersonation,
                                Template::tenant_created,
                                Template::purchase_submitted,
                                Template::purchase_decided,
                                Template::weekly_report,
                                Template::low_stock,
                                Template::key_ending,
                                Template::test};

constexpr std::int64_t kCodeMinutes = 10;

// The page that a mail's own link leads to; "" if it has none.
std::string page_of(Template kind) {
  if (kind == Template::invitation) return "invite";
  if (kind == Template::verification || kind == Template::email_change) return "verify";
  if (kind == Template::account_locked) return "unlock";
  return kind == Template::password_reset || kind == Template::account_created ? "reset" : "";
}

// How long such a link is good for, unless the settings say otherwise.
std::int64_t lifetime_seconds(Template kind) {
  const Settings settings;
  if (kind == Template::verification) return settings.verify_seconds;
  if (kind == Template::account_created) return settings.set_password_seconds;
  if (kind == Template::email_change) return settings.change_email_seconds;
  if (kind == Template::account_locked) return settings.lock_seconds;
  if (kind == Template::sign_in_code) return kCodeMinutes * 60;
  return kind == Template::password_reset ? settings.reset_seconds : settings.invite_seconds;
}

json::Object object_of(const std::map<std::string, std::string>& values) {
  json::Object object;
  for (const auto& [key, value] : values) object.set(key, value);
  return object;
}

std::map<std::string, std::string> values_of(const json::Value& object) {
  if (!object.IsObject()) throw std::runtime_error("the mail's values are no JSON object");
  std::map<std::string, std::string> values;
  for (const auto& member : object.GetObject()) {
    if (!member.value.IsString()) throw std::runtime_error("a value of the mail is no JSON string");
    values.emplace(json::view(member.name), json::view(member.value));
  }
  return values;
}

}  // namespace

std::string_view template_name(Template kind) {
  switch (kind) {
    case Template::invitation: return "invitation";
    case Template::invitation_asked: return "invitation_asked";
    case Template::verification: return "verification";
    case Template::welcome: return "welcome";
    case Template::account_created: return "account_created";
    case Template::password_reset: return "password_reset";
    case Template::sign_in_code: return "sign_in_code";
    case Template::password_changed: return "password_changed";
    case Template::password_breached: return "password_breached";
    case Template::login_alert: return "login_alert";
    case Template::account_locked: return "account_locked";
    case Template::account_erased: return "account_erased";
    case Template::email_change: return "email_change";
    case Template::security_changed: return "security_changed";
    case Template::ownership_transferred: return "ownership_transferred";
    case Template::sso_bypassed: return "sso_bypassed";
    case Template::domain_unproven: return "domain_unproven";
    case Template::impersonation: return "impersonation";
    case Template::test: return "test";
    case Template::tenant_created: return "tenant_created";
    case Template::purchase_submitted: return "purchase_submitted";
    case Template::purchase_decided: return "purchase_decided";
    case Template::weekly_report: return "weekly_report";
    case Template::low_stock: return "low_stock";
    case Template::key_ending: return "key_ending";
  }
  throw std::logic_error("no such mail template");
}

Class class_of(Template kind) {
  switch (kind) {
    case Template::password_reset:
    case Template::sign_in_code: return Class::reset;
    case Template::verification: return Class::verification;
    case Template::invitation:
    case Template::account_created:
    case Template::email_change:
    case Template::tenant_created: return Class::caused;
    case Template::login_alert: return Class::sign_in;
    case Template::account_locked:
    case Template::account_erased:
    case Template::password_changed:
    case Template::password_breached:
    case Template::security_changed: return Class::change;
    case Template::welcome:
    case Template::invitation_asked:
    case Template::impersonation:
    case Template::ownership_transferred:
    case Template::sso_bypassed:
    case Template::domain_unproven:
    case Template::key_ending:
    case Template::purchase_submitted:
    case Template::purchase_decided:
    case Template::test: return Class::notice;
    case Template::weekly_report:
    case Template::low_stock: return Class::report;
  }
  throw std::logic_error("no such mail template");
}

int rank_of(Template kind) {
  if (kind == Template::email_change) return 1;
  if (kind == Template::impersonation) return 2;
  switch (class_of(kind)) {
    case Class::reset: return 0;
    case Class::verification: return 1;
    case Class::sign_in:
    case Class::change: return 2;
    case Class::caused: return 3;
    case Class::notice: return 4;
    case Class::report: return 5;
  }
  throw std::logic_error("no such class of mails");
}

bool forgets_its_reader(Template kind) { return kind == Template::account_erased; }

std::span<const Template> templates() { return kTemplates; }

std::optional<Template> template_by_name(std::string_view name) {
  for (const Template kind : kTemplates)
    if (template_name(kind) == name) return kind;
  return std::nullopt;
}

Mail sample_mail(Template kind, const std::string& to, const std::string& public_url) {
  Mail mail{kind,
            to,
            {{"organization", "Northwind Traders"},
             {"inviter", "Ada Lovelace"},
             {"actor", "support@example.net"},
             {"reason", "Ticket 4711: the list of products is empty"},
             {"until", "2026-11-21 03:46 UTC"},
             {"domain", "example.com"},
             {"record", "_tenantd.example.com"},
             {"key", "Production"},
             {"prefix", "tnd_Zk3vTq9m"},
             {"account", "Nightly export"},
             {"role", "member"},
             {"minutes", std::to_string(lifetime_seconds(kind) / 60)},
             {"code", "4821 9037"},
             {"change", "Two-factor sign-in was switched off"},
             {"from", "ada@example.com"},
             {"to", "grace@example.com"},
             {"email", to},
             {"address", "203.0.113.7"},
             {"agent", "Firefox on Linux"},
             {"time", "2026-11-21 03:31 UTC"},
             {"number", "17"},
             {"title", "Bolts for March"},
             {"amount", "1,240.00 EUR"},
             {"requester", "ada@example.com"},
             {"decider", "grace@example.com"},
             {"decision", "rejected"},
             {"reason", "There are enough until May"}}};
  if (const auto page = page_of(kind); !page.empty())
    mail.values["link"] = public_url + '/' + page + "#token=kX3vTq9mB1c8yZ0wRr5uLh2nEe7aSs4dFf6gGj1pQoI";
  add_report_sample(mail);
  return mail;
}

std::string values_to_json(const Mail& mail) { return object_of(mail.values).text(); }

std::map<std::string, std::string> values_from_json(std::string_view json) {
  const auto document = json::read(json);
  if (!document) throw std::runtime_error("the mail's values are no JSON object");
  return values_of(*document);
}

std::string list_value(const std::vector<Row>& rows) {
  json::Writer list;
  list.begin_array();
  for (const auto& row : rows) list.value(object_of(row));
  return list.end_array().text();
}

std::vector<Row> rows_of_list(std::string_view json) {
  const auto document = json::read(json);
  if (!document || !document->IsArray()) throw std::runtime_error("a list of the mail is no JSON array");
  std::vector<Row> rows;
  for (const auto& row : document->GetArray()) rows.push_back(values_of(row));
  return rows;
}

}  // namespace tenantd::mail
