// The providers' transports against a server that verifies their signatures and misbehaves as told.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/script_server.hpp"
#include "tenantd/mail/providers.hpp"
#include "tenantd/mail/transports.hpp"

using namespace tenantd;
using mail::Message;
using mail::Outcome;
using test::ProviderStub;
using test::require;
using test::require_equal;
using test::SmtpSink;

namespace {

constexpr const char* kId = "0190b7a4-7c11-7000-8000-000000000001@acme.example";

Message sample() {
  return {"no-reply@acme.example",
          "carol@example.com",
          kId,
          std::string{"Subject: Grüße\r\nMessage-ID: <"} + kId + ">\r\n\r\nHello\r\n",
          from_unix(1795231900),
          "Acme via Id <no-reply@acme.example>",
          "Grüße",
          "Hello",
          "<p>Hello</p>"};
}

Settings ses_settings(const ProviderStub& stub) {
  Settings settings;
  settings.mail_transport = "ses";
  settings.mail_fallback = false;
  settings.outbound_seconds = 1;
  settings.ses_region = "eu-central-1";
  settings.ses_url = stub.url() + '/';
  settings.ses_access_key_id = "AKIDEXAMPLE";
  settings.ses_secret_access_key = Secret{"s3cr3t/key"};
  return settings;
}

Settings resend_settings(const ProviderStub& stub) {
  Settings settings;
  settings.mail_transport = "resend";
  settings.mail_fallback = false;
  settings.outbound_seconds = 1;
  settings.resend_url = stub.url();
  settings.resend_api_key = Secret{"re_test"};
  return settings;
}

Settings with_fallback(Settings settings, const SmtpSink& sink) {
  settings.mail_fallback = true;
  settings.smtp_url = sink.url("smtp");
  settings.smtp_timeout_seconds = 10;
  return settings;
}

mail::Result send(const Settings& settings) { return mail::make_transport(settings)->send(sample()); }

bool contains(const std::string& text, std::string_view piece) {
  return text.find(piece) != std::string::npos;
}

std::string fault_of(const std::function<void(Settings&)>& change) {
  Settings settings;
  settings.ses_access_key_id = "AKIDEXAMPLE";
  settings.ses_secret_access_key = Secret{"s"};
  settings.resend_api_key = Secret{"re"};
  change(settings);
  try {
    mail::make_transport(settings);
    return "";
  } catch (const ConfigError& problem) {
    return problem.what();
  }
}

}  // namespace

Test(ses, takes_the_whole_message_under_a_signature_that_can_be_recomputed) {
  const ProviderStub stub{"ses"};
  const auto result = send(ses_settings(stub));
  require(result.outcome == Outcome::sent, result.detail);
  require_equal(result.provider, "ses");
  require_equal(result.provider_id, "ses-0");
  require(stub.request(0)["good"].GetBool(), "the signature is not what AWS computes");
  require_equal(stub.text(0, "/path"), "/v2/email/outbound-emails");
  require_equal(stub.text(0, "/message"), sample().data);
  require(contains(stub.text(0, "/body"), R"("ToAddresses":["carol@example.com"])"), stub.text(0, "/body"));
}

Test(ses, keeps_its_connection_between_mails_until_idle) {
  const ProviderStub stub{"ses"};
  const auto transport = mail::make_transport(ses_settings(stub));
  for (int i = 0; i < 3; ++i) require(transport->send(sample()).outcome == Outcome::sent, "not sent");
  require_equal(stub.request(2)["connection"].GetInt(), 1);
  transport->idle();
  require(transport->send(sample()).outcome == Outcome::sent, "not sent");
  require_equal(stub.request(3)["connection"].GetInt(), 2);
}

Test(ses, a_refusal_of_the_mail_is_final_and_one_of_the_account_is_not) {
  for (const char* word : {"400:MessageRejected", "400:BadRequestException", "400", "413"}) {
    const ProviderStub stub{"ses", word};
    const auto result = send(ses_settings(stub));
    require(result.outcome == Outcome::refused, std::string{word} + ": " + result.detail);
  }
  for (const char* word :
       {"400:AccountSuspendedException", "400:SendingPausedException", "400:LimitExceededException",
        "400:MailFromDomainNotVerifiedException", "403", "404", "429", "500", "503", "307"}) {
    const ProviderStub stub{"ses", word};
    const auto result = send(ses_settings(stub));
    require(result.outcome == Outcome::retry && result.connection_failed,
            std::string{word} + ": " + result.detail);
    require_equal(stub.requests(), 1, word);
  }
}

Test(ses, wrong_credentials_are_the_operators_to_mend) {
  const ProviderStub stub{"ses"};
  auto settings = ses_settings(stub);
  settings.ses_secret_access_key = Secret{"another"};
  const auto result = send(settings);
  require(result.outcome == Outcome::retry && result.connection_failed, result.detail);
  require(contains(result.detail, "SignatureDoesNotMatch"), result.detail);
}

Test(ses, silence_and_broken_answers_lose_nothing) {
  for (const char* word : {"hang", "close", "cut"}) {
    const ProviderStub stub{"ses", word};
    const auto before = monotonic_microseconds();
    const auto result = send(ses_settings(stub));
    require(result.outcome == Outcome::retry && result.connection_failed,
            std::string{word} + ": " + result.detail);
    require(contains(result.detail, "may have the mail"), result.detail);
    require(monotonic_microseconds() - before < 10'000'000, "no bound on the wait");
  }
}

Test(resend, takes_the_parts_with_the_message_id_as_its_key) {
  const ProviderStub stub{"resend"};
  const auto transport = mail::make_transport(resend_settings(stub));
  const auto result = transport->send(sample());
  require(result.outcome == Outcome::sent, result.detail);
  require_equal(result.provider_id, "resend-0");
  require_equal(stub.text(0, "/path"), "/emails");
  require_equal(stub.text(0, "/headers/Idempotency-Key"), kId);
  rapidjson::Document body;
  body.Parse(stub.text(0, "/body"));
  require_equal(std::string{body["from"].GetString()}, "Acme via Id <no-reply@acme.example>");
  require_equal(std::string{body["to"][0].GetString()}, "carol@example.com");
  require_equal(std::string{body["subject"].GetString()}, "Grüße");
  require_equal(std::string{body["html"].GetString()}, "<p>Hello</p>");
  require_equal(std::string{body["headers"]["Message-ID"].GetString()}, std::string{"<"} + kId + '>');
  // Once more, as after a kill between send and record: no second mail.
  require_equal(transport->send(sample()).provider_id, "resend-0");
}

Test(resend, answers_are_judged_like_those_of_a_mail_server) {
  for (const char* word : {"422:validation_error", "400:invalid_parameter"}) {
    const ProviderStub stub{"resend", word};
    require(send(resend_settings(stub)).outcome == Outcome::refused, word);
  }
  for (const char* word : {"422:invalid_from_address", "401:missing_api_key", "403:invalid_api_key",
                           "429:rate_limit_exceeded", "500:application_error", "hang", "close", "cut"}) {
    const ProviderStub stub{"resend", word};
    const auto result = send(resend_settings(stub));
    require(result.outcome == Outcome::retry && result.connection_failed,
            std::string{word} + ": " + result.detail);
  }
}

Test(resend, a_key_that_is_in_use_waits_and_takes_no_other_way) {
  const ProviderStub stub{"resend", "409:concurrent_idempotent_requests"};
  const SmtpSink sink;
  const auto result = send(with_fallback(resend_settings(stub), sink));
  require(result.outcome == Outcome::retry && !result.connection_failed, result.detail);
  require_equal(sink.mails(), 0);
}

Test(fallback, what_the_provider_does_not_take_now_goes_by_smtp_at_once) {
  for (const char* word : {"403", "429", "500", "hang", "close", "cut"}) {
    const ProviderStub stub{"ses", word};
    const SmtpSink sink;
    const auto result = send(with_fallback(ses_settings(stub), sink));
    require(result.outcome == Outcome::sent, std::string{word} + ": " + result.detail);
    require_equal(result.provider, "smtp");
    require_equal(result.provider_id, kId);
    require(!result.detour.empty(), "says why");
    require_equal(sink.mails(), 1, word);
    require(contains(sink.mail(0), std::string{"Message-ID: <"} + kId + '>'), sink.mail(0));
    require(contains(stub.text(0, "/message"), kId), "another Message-ID");
  }
}

Test(fallback, what_the_provider_refuses_goes_nowhere_else) {
  const ProviderStub stub{"ses", "400:MessageRejected"};
  const SmtpSink sink;
  require(send(with_fallback(ses_settings(stub), sink)).outcome == Outcome::refused, "not refused");
  require_equal(sink.mails(), 0);
}

Test(fallback, a_provider_that_is_down_is_asked_once_a_minute) {
  const ProviderStub stub{"ses", "hang 200"};
  const SmtpSink sink;
  const auto settings = with_fallback(ses_settings(stub), sink);
  std::int64_t time = 1;
  const auto transport = mail::make_provider_transport(
      mail::make_ses(mail::ses_options(settings)), mail::make_smtp_transport(mail::smtp_options(settings)),
      [&] { return time; });
  for (int i = 0; i < 4; ++i) require_equal(transport->send(sample()).provider, "smtp");
  require_equal(stub.requests(), 1);
  time += 60'000'000;
  const auto back = transport->send(sample());
  require_equal(back.provider, "ses");
  require(back.detour.empty(), back.detour);
  require_equal(sink.mails(), 4);
}

Test(fallback, a_provider_that_is_busy_is_asked_again_with_the_next_mail) {
  const ProviderStub stub{"ses", "429 200"};
  const SmtpSink sink;
  const auto transport = mail::make_transport(with_fallback(ses_settings(stub), sink));
  require_equal(transport->send(sample()).provider, "smtp");
  require_equal(transport->send(sample()).provider, "ses");
}

Test(fallback, where_both_fail_the_mail_waits_and_both_are_named) {
  const ProviderStub stub{"ses", "500"};
  const SmtpSink sink{{"--reply", "451 4.3.0 later"}};
  const auto result = send(with_fallback(ses_settings(stub), sink));
  require(result.outcome == Outcome::retry && !result.connection_failed, result.detail);
  require(contains(result.detail, "451 4.3.0 later") && contains(result.detail, "ses: 500"), result.detail);
}

Test(provider_settings, what_is_missing_or_cannot_work_is_said_at_the_start) {
  const auto of = [](const char* transport, const std::function<void(Settings&)>& change) {
    return fault_of([&](Settings& s) {
      s.mail_transport = transport;
      change(s);
    });
  };
  require_equal(of("ses", [](Settings&) {}), "");
  require_equal(of("resend", [](Settings&) {}), "");
  require_equal(of("ses", [](Settings& s) { s.ses_access_key_id = ""; }),
                "SES_ACCESS_KEY_ID must be set when MAIL_TRANSPORT is ses");
  require_equal(of("ses", [](Settings& s) { s.ses_secret_access_key = {}; }),
                "SES_SECRET_ACCESS_KEY must be set when MAIL_TRANSPORT is ses");
  require_equal(of("resend", [](Settings& s) { s.resend_api_key = {}; }),
                "RESEND_API_KEY must be set when MAIL_TRANSPORT is resend");
  require(contains(of("ses", [](Settings& s) { s.ses_region = "EU"; }), "SES_REGION"), "region");
  require(contains(of("ses", [](Settings& s) { s.ses_url = "http://10.0.0.1"; }), "SES_URL must begin with"),
          "in the clear");
  require(contains(of("resend", [](Settings& s) { s.resend_url = "nonsense://x"; }), "RESEND_URL"), "scheme");
  require(
      contains(of("resend", [](Settings& s) { s.resend_api_key = Secret{"re\r\nX: y"}; }), "RESEND_API_KEY"),
      "a header of its own");
  require(contains(of("ses", [](Settings& s) { s.smtp_url = "nonsense"; }), "SMTP_URL"), "fallback");
  require_equal(of("ses", [](Settings& s) { s.smtp_url = ""; }), "");
}
