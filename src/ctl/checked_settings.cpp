#include "tenantd/ctl/checked_settings.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tenantd/base/text.hpp"
#include "tenantd/clients/redis.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/domain/login_alert.hpp"
#include "tenantd/domain/sign_ups.hpp"
#include "tenantd/net/dns.hpp"
#include "tenantd/net/outbound.hpp"

namespace tenantd::ctl {
namespace {

[[noreturn]] void refuse(const std::string& key, const std::string& why, const std::string& value) {
  throw ConfigError(key + ' ' + why + ", not \"" + value + '"');
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "host", "host:port", "[::1]:port"; a name may be written with other letters than ASCII's.
bool is_host(std::string_view text) {
  const auto bracket = text.find(']');
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const auto name = text.substr(0, colon);
  if (colon != std::string_view::npos && !is_digits(text.substr(colon + 1))) return false;
  if (bracket != std::string_view::npos)
    return name.front() == '[' &&
           name.find_first_not_of("0123456789abcdefABCDEF.:[]") == std::string_view::npos;
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  });
}

// What a browser can be sent to.
bool is_page(std::string_view url) {
  const auto scheme = url.starts_with("https://") ? 8U : url.starts_with("http://") ? 7U : 0U;
  const auto bad = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '"' || c == '<' || c == '>' ||
           c == '\\';
  };
  if (scheme == 0 || std::any_of(url.begin(), url.end(), bad)) return false;
  const auto rest = url.substr(scheme);
  return is_host(rest.substr(0, rest.find_first_of("/?#")));
}

// Pages of others, and pages that paths are put behind.
void check_pages(const Settings& s) {
  const auto check = [](const char* key, const std::string& url, std::string_view never) {
    if (!is_page(url) || url.find_first_of(never) != std::string::npos)
      refuse(key, "must be an address like https://id.example.com", url);
  };
  check("PUBLIC_URL", s.public_url, "?#");
  if (!s.app_url.empty()) check("APP_URL", s.app_url, "");
  if (!s.logo_url.empty()) check("LOGO_URL", s.logo_url, "");
  if (!s.oauth_redirect_url.empty()) check("OAUTH_REDIRECT_URL", s.oauth_redirect_url, "#");
}

// Addresses as RFC 9116 has them: each a line of its own in a file.
void check_security_contact(const Settings& s) {
  for (const auto& contact : split(s.security_contact, ' ')) {
    const bool is_mail = contact.starts_with("mailto:") && contact.find('@') != std::string::npos;
    const bool is_plain =
        std::all_of(contact.begin(), contact.end(), [](char c) { return c > ' ' && c < '\x7f' && c != ','; });
    const bool is_https = contact.starts_with("https://") && is_page(contact);
    if (!contact.empty() && (!is_plain || (!is_mail && !is_https)))
      refuse("SECURITY_CONTACT",
             "must be addresses like mailto:security@example.com or https://example.com/security",
             s.security_contact);
  }
}

void check_authorities(const std::string& path) {
  if (path.empty()) return;
  std::error_code unknown;
  std::ifstream file{path, std::ios::binary};
  if (!file || std::filesystem::is_directory(path, unknown))
    throw ConfigError("OUTBOUND_CA_FILE names a file that cannot be read: " + path);
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (text.find("CERTIFICATE-----") == std::string::npos)
    throw ConfigError("OUTBOUND_CA_FILE names a file that holds no certificate (PEM): " + path);
}

void check_issuers(const Settings& s) {
  net::check_dns_settings(s);
  const auto policy = net::outbound_policy(s);
  const auto check = [&](const char* key, const std::string& url) {
    if (const auto why = net::refuse_url(policy, url))
      throw ConfigError(std::string{key} + " must be an address that may be called (see OUTBOUND_ALLOW): \"" +
                        url + "\" " + *why);
  };
  check("OAUTH_MICROSOFT_URL", s.oauth_microsoft_url);
  check("OAUTH_GOOGLE_URL", s.oauth_google_url);
  check("OAUTH_GITHUB_URL", s.oauth_github_url);
  check("OAUTH_GITHUB_API_URL", s.oauth_github_api_url);
}

// arn:aws:sns:REGION:ACCOUNT:NAME
bool is_topic(const std::string& text) {
  const auto parts = split(text, ':');
  return parts.size() == 6 && parts[0] == "arn" && parts[1].starts_with("aws") && parts[2] == "sns" &&
         !parts[3].empty() && parts[4].size() == 12 && is_digits(parts[4]) && !parts[5].empty();
}

void check_mail_events(const Settings& s) {
  if (!s.ses_topic_arn.empty() && !is_topic(s.ses_topic_arn))
    refuse("SES_TOPIC_ARN", "must look like arn:aws:sns:eu-central-1:123456789012:mail", s.ses_topic_arn);
  if (!s.sns_cert_host.empty() && !is_host(s.sns_cert_host))
    refuse("SNS_CERT_HOST", "must be a host", s.sns_cert_host);
}

void check_sessions(const Settings& s) {
  if (!parse_sign_ups(s.signup)) refuse("SIGNUP", "must be open, invite or closed", s.signup);
  if (!parse_login_alert(s.login_alert))
    throw ConfigError("LOGIN_ALERT must be always, new_device or never, not \"" + s.login_alert + '"');
  if (!s.login_alert_least.empty()) {
    const auto least = parse_login_alert(s.login_alert_least);
    if (!least)
      refuse("LOGIN_ALERT_LEAST", "must be always, new_device, never or empty", s.login_alert_least);
    if (*least > *parse_login_alert(s.login_alert))
      refuse("LOGIN_ALERT_LEAST", "must not ask for more than LOGIN_ALERT", s.login_alert_least);
  }
  if (s.session_idle_seconds > s.session_max_seconds)
    throw ConfigError("SESSION_IDLE_SECONDS (" + std::to_string(s.session_idle_seconds) +
                      ") must not be more than SESSION_MAX_SECONDS (" +
                      std::to_string(s.session_max_seconds) + ')');
}

}  // namespace

void check_settings(const Settings& settings) {
  check_pages(settings);
  check_security_contact(settings);
  check_authorities(settings.outbound_ca_file);
  check_issuers(settings);
  check_mail_events(settings);
  check_sessions(settings);
  db::check_server(settings);
  service::redis_options(settings);
}

void check_client_secrets(const Settings& s) {
  const auto need = [](const char* key, const std::string& id, const Secret& secret) {
    if (!id.empty() && secret.reveal().empty())
      throw ConfigError(std::string{key} + "_CLIENT_ID is set without " + key + "_CLIENT_SECRET");
  };
  need("GOOGLE", s.google_client_id, s.google_client_secret);
  need("MICROSOFT", s.microsoft_client_id, s.microsoft_client_secret);
  need("GITHUB", s.github_client_id, s.github_client_secret);
}

Settings load_checked_settings() {
  auto settings = load_settings();
  check_settings(settings);
  return settings;
}

}  // namespace tenantd::ctl
