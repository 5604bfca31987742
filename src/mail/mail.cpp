#include "tenantd/mail/mail.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <stdexcept>

namespace tenantd::mail {
namespace {

constexpr std::array kTemplates{Template::invitation,       Template::verification,
                                Template::welcome,          Template::account_created,
                                Template::password_reset,   Template::password_changed,
                                Template::login_alert,      Template::email_change,
                                Template::security_changed, Template::ownership_transferred,
                                Template::impersonation};

}  // namespace

std::string_view template_name(Template kind) {
  switch (kind) {
    case Template::invitation: return "invitation";
    case Template::verification: return "verification";
    case Template::welcome: return "welcome";
    case Template::account_created: return "account_created";
    case Template::password_reset: return "password_reset";
    case Template::password_changed: return "password_changed";
    case Template::login_alert: return "login_alert";
    case Template::email_change: return "email_change";
    case Template::security_changed: return "security_changed";
    case Template::ownership_transferred: return "ownership_transferred";
    case Template::impersonation: return "impersonation";
  }
  throw std::logic_error("no such mail template");
}

std::optional<Template> template_by_name(std::string_view name) {
  for (const Template kind : kTemplates)
    if (template_name(kind) == name) return kind;
  return std::nullopt;
}

std::string values_to_json(const Mail& mail) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  writer.StartObject();
  for (const auto& [key, value] : mail.values) {
    writer.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::map<std::string, std::string> values_from_json(std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject())
    throw std::runtime_error("the mail's values are no JSON object");
  std::map<std::string, std::string> values;
  for (const auto& member : document.GetObject()) {
    if (!member.value.IsString()) throw std::runtime_error("a value of the mail is no JSON string");
    values.emplace(std::string{member.name.GetString(), member.name.GetStringLength()},
                   std::string{member.value.GetString(), member.value.GetStringLength()});
  }
  return values;
}

}  // namespace tenantd::mail
