#include "tenantd/ctl/checked_settings.hpp"

#include <criterion/criterion.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "support/check.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

// What is said of settings that are the defaults but for this.
std::string refusal(const std::function<void(Settings&)>& change) {
  Settings settings;
  change(settings);
  try {
    ctl::check_settings(settings);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return {};
}

std::string refusal(std::string Settings::*member, const std::string& value) {
  return refusal([&](Settings& settings) { settings.*member = value; });
}

void expect_named(const std::string& said, const std::string& key) {
  require(said.starts_with(key + ' '), "\"" + said + "\" does not begin with " + key);
}

}  // namespace

Test(checked_settings, a_client_without_its_secret_is_refused_by_tenantd_alone) {
  const Secret given{"hidden"};
  const auto said = [](const Settings& settings) -> std::string {
    try {
      ctl::check_client_secrets(settings);
    } catch (const ConfigError& e) {
      return e.what();
    }
    return {};
  };
  const auto try_one = [&](const char* name, std::string Settings::*id, Secret Settings::*secret) {
    Settings settings;
    settings.*id = "client";
    require_equal(said(settings), std::string{name} + "_CLIENT_ID is set without " + name + "_CLIENT_SECRET");
    ctl::check_settings(settings);  // as the courier does, which is not given it
    settings.*secret = given;
    require_equal(said(settings), "");
  };
  try_one("GOOGLE", &Settings::google_client_id, &Settings::google_client_secret);
  try_one("MICROSOFT", &Settings::microsoft_client_id, &Settings::microsoft_client_secret);
  try_one("GITHUB", &Settings::github_client_id, &Settings::github_client_secret);
}

Test(checked_settings, the_defaults_hold) {
  require_equal(refusal([](Settings&) {}), "");
}

Test(checked_settings, pages_are_addresses_of_pages) {
  for (const char* url :
       {"foo", "", "accounts.example.com", "ftp://id.example.com", "https://", "https:///x", "https://a b",
        "https://user@id.example.com", "https://id.example.com:x", "javascript:alert(1)", "https://<b>"}) {
    expect_named(refusal(&Settings::public_url, url), "PUBLIC_URL");
    if (*url == '\0') continue;
    expect_named(refusal(&Settings::app_url, url), "APP_URL");
    expect_named(refusal(&Settings::oauth_redirect_url, url), "OAUTH_REDIRECT_URL");
  }
  for (const char* url :
       {"https://id.example.com", "http://127.0.0.1:8080", "http://[::1]:8080", "https://bücher.example/x"}) {
    require_equal(refusal(&Settings::public_url, url), "");
    require_equal(refusal(&Settings::app_url, url), "");
    require_equal(refusal(&Settings::oauth_redirect_url, url), "");
  }
  // Paths are put behind the one, and codes behind the other.
  expect_named(refusal(&Settings::public_url, "https://id.example.com/?a"), "PUBLIC_URL");
  expect_named(refusal(&Settings::oauth_redirect_url, "https://id.example.com/#/sso"), "OAUTH_REDIRECT_URL");
  require_equal(refusal(&Settings::app_url, "https://app.example.com/#/home"), "");
}

Test(checked_settings, issuers_are_addresses_that_may_be_called) {
  for (const char* url :
       {"", "accounts.google.com", "http://accounts.google.com", "https://127.0.0.1", "https://10.0.0.1/x",
        "https://user:word@accounts.google.com", "file:///etc/passwd"}) {
    expect_named(refusal(&Settings::oauth_google_url, url), "OAUTH_GOOGLE_URL");
    expect_named(refusal(&Settings::oauth_microsoft_url, url), "OAUTH_MICROSOFT_URL");
  }
  require_equal(refusal([](Settings& s) {
                  s.oauth_google_url = "http://10.0.0.1:8080";
                  s.outbound_allow = "10.0.0.0/8, fd00::/8";
                  s.outbound_http = true;
                }),
                "");
}

Test(checked_settings, networks_and_authorities_can_be_read) {
  for (const char* networks : {"foo", "10.0.0.0/33", "10.0.0.1,localhost", "10.0.0.0/8;fd00::/8"})
    expect_named(refusal(&Settings::outbound_allow, networks), "OUTBOUND_ALLOW");
  expect_named(refusal(&Settings::outbound_ca_file, "/nonexistent/ca.pem"), "OUTBOUND_CA_FILE");
  expect_named(refusal(&Settings::outbound_ca_file, "/tmp"), "OUTBOUND_CA_FILE");
  expect_named(refusal(&Settings::outbound_ca_file, "/etc/hostname"), "OUTBOUND_CA_FILE");
}

Test(checked_settings, who_reports_bounces_is_a_topic_and_a_host) {
  for (const char* topic :
       {"x", "arn:aws:sqs:eu-central-1:123456789012:mail", "arn:aws:sns:eu-central-1:1:mail",
        "arn:aws:sns::123456789012:mail", "arn:aws:sns:eu-central-1:123456789012:"})
    expect_named(refusal(&Settings::ses_topic_arn, topic), "SES_TOPIC_ARN");
  for (const char* host : {"a/b", "https://sns.example.com", "a b", "a:b", ":1"})
    expect_named(refusal(&Settings::sns_cert_host, host), "SNS_CERT_HOST");
  require_equal(refusal([](Settings& s) {
                  s.ses_topic_arn = "arn:aws-cn:sns:cn-north-1:123456789012:mail.fifo";
                  s.sns_cert_host = "sns.cn-north-1.amazonaws.com.cn:8443";
                }),
                "");
}

Test(checked_settings, a_session_is_not_idle_for_longer_than_it_lasts) {
  const auto said = refusal([](Settings& s) { s.session_max_seconds = s.session_idle_seconds - 1; });
  expect_named(said, "SESSION_IDLE_SECONDS");
  require(said.find("SESSION_MAX_SECONDS (604799)") != std::string::npos, said);
  require_equal(refusal([](Settings& s) { s.session_max_seconds = s.session_idle_seconds; }), "");
}

Test(checked_settings, what_an_account_may_choose_is_no_more_than_what_the_service_sends) {
  const auto said = [](const char* usual, const char* least) {
    return refusal([&](Settings& s) {
      s.login_alert = usual;
      s.login_alert_least = least;
    });
  };
  expect_named(said("always", "sometimes"), "LOGIN_ALERT_LEAST");
  expect_named(said("new_device", "always"), "LOGIN_ALERT_LEAST");
  for (const char* right : {"", "never", "new_device"}) require_equal(said("new_device", right), "");
}

Test(checked_settings, holes_are_told_by_mail_or_on_a_page) {
  for (const char* wrong :
       {"security@example.com", "mailto:nobody", "http://example.com/x", "https://",
        "mailto:a@example.com\nExpires: never", "mailto:a@example.com, mailto:b@example.com"})
    expect_named(refusal([&](Settings& s) { s.security_contact = wrong; }), "SECURITY_CONTACT");
  for (const char* right : {"", "mailto:a@example.com", "https://example.com/holes  mailto:a@example.com"})
    require_equal(refusal([&](Settings& s) { s.security_contact = right; }), "");
}

Test(checked_settings, mails_about_sign_ins_are_of_one_of_three_kinds) {
  for (const char* wrong : {"", "sometimes", "ALWAYS", "always,never"}) {
    const auto said = refusal([&](Settings& s) { s.login_alert = wrong; });
    expect_named(said, "LOGIN_ALERT");
    require(said.find("always, new_device or never") != std::string::npos, said);
  }
  for (const char* right : {"always", "new_device", "never"})
    require_equal(refusal([&](Settings& s) { s.login_alert = right; }), "");
}
