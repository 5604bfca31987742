// Bounces and complaints as mail systems report them, on an instance whose mail goes to a stub of Amazon SES:
// what is signed counts, once, and nothing else is believed.
#include <criterion/criterion.h>

#include "modules/mail_events/mail_events_fixture.hpp"

using namespace tenantd::test::reported;
using namespace tenantd::test;

Test(mail_events, a_bounce_by_sns_ends_mail_to_the_address_until_it_is_lifted, .timeout = 300) {
  const Instance at;
  const auto person = sign_up();
  settled(person.email);
  require_equal(outbox("provider", person.email), "ses");
  const auto name = outbox("provider_id", person.email);
  require(name.starts_with("ses-"), name);

  // Transient: noted on the mail, and mail goes on.
  is_taken(at.notify({.text = bounce_of(person.email, name, "Transient")}), "noted");
  require_equal(suppressed(person.email), 0);
  require(outbox("last_error", person.email).starts_with("transient bounce: "),
          outbox("last_error", person.email));

  Message bounce{.text = bounce_of(person.email, name), .subject = "Amazon SES Email Event Notification"};
  is_taken(at.notify(bounce), "suppressed");
  require_equal(suppressed(person.email), 1);
  require_equal(number_of("SELECT bounced_at > 0 FROM outbox WHERE provider_id = " + literal(name)), 1);
  require_equal(events_of(person), 1);
  require_equal(audited("mail.suppressed"), 1);
  auto security = person.client().get("/api/v1/auth/security-events");
  require_equal(security.text("/items/0/type"), "mail.bounced");
  require_equal(security.text("/items/0/address"), "");
  {
    Unchanged database;
    is_taken(at.notify(bounce), "ignored");
    database.check("a replay");
  }

  // Nothing goes there, and no provider is asked.
  const auto asked = at.ses.requests();
  expect(Client{}.post("/reset_password", object({{"email", person.email}})), 202);
  settled(person.email);
  require_equal(outbox("status", person.email), "2");
  require_equal(outbox("last_error", person.email), "suppressed: bounce");
  require_equal(at.ses.requests(), asked);

  auto root = at.root().client();
  const auto listed = root.get("/api/v1/admin/mail/suppressions?include_total=true");
  expect(listed, 200);
  require_equal(listed.number("/total"), 1);
  require_equal(listed.text("/items/0/email"), person.email);
  require_equal(listed.text("/items/0/reason"), "bounce");
  require_equal(listed.text("/items/0/source"), "ses");
  require(listed.text("/items/0/detail").find("550 5.1.1") != std::string::npos, listed.body);
  expect(root.send({"DELETE", "/api/v1/admin/mail/suppressions/" + person.email, {}, "", {}}), 204);
  require_equal(audited("mail.suppression_lifted"), 1);
  expect_problem(root.send({"DELETE", "/api/v1/admin/mail/suppressions/" + person.email, {}, "", {}}), 404,
                 "not_found");
  is_taken(at.notify(bounce), "ignored");
  require_equal(suppressed(person.email), 0, "a replay does not suppress again");

  expect(Client{}.post("/reset_password", object({{"email", person.email}})), 202);
  settled(person.email);
  require_equal(outbox("status", person.email), "1");
  require_equal(at.sns.requests(), 1, "the certificate is kept");
}

Test(mail_events, a_message_that_sns_did_not_sign_for_this_topic_changes_nothing) {
  const Instance at;
  const auto person = sign_up();
  settled(person.email);
  const auto bounce = bounce_of(person.email, outbox("provider_id", person.email));
  const Listener elsewhere;
  const auto foreign = elsewhere.url().substr(std::string_view{"http://"}.size());
  Unchanged database;
  const auto refused = [&](const Message& message) {
    expect_problem(at.notify(message), 401, "signature_invalid");
    database.check(body_of(at.sns, message));
  };

  // Before anybody is asked.
  refused({.topic = "arn:aws:sns:eu-central-1:123456789012:other", .text = bounce});
  refused({.text = bounce, .time = time_text(3700)});
  refused({.text = bounce, .time = time_text(-400)});
  refused({.text = bounce, .time = "yesterday"});
  refused({.text = bounce, .version = "3"});
  for (const auto& url :
       {"https://" + foreign + "/sns.pem", "https://" + at.sns.host() + "@" + foreign + "/sns.pem",
        "https://" + at.sns.host() + ".example/sns.pem", "http://" + at.sns.host() + "/sns.pem",
        "https://" + at.sns.host() + "/sns.txt", "https://" + at.sns.host() + "/sns.pem?x=.pem",
        "https://" + at.sns.host() + "/sns.txt#.pem",
        "https://" + foreign + "/\\@" + at.sns.host() + "/sns.pem",
        "https://127.0.0.1:" + at.sns.port() + "/sns.pem", std::string{"file:///etc/ssl/sns.pem"}})
    refused({.text = bounce, .certificate_url = url});
  refused({.type = "SubscriptionConfirmation",
           .text = "Confirm",
           .subscribe_url = "https://" + foreign + "/?Token=1"});
  refused({.type = "SubscriptionConfirmation",
           .text = "Confirm",
           .subscribe_url = "https://" + at.sns.host() + "@" + foreign + "/?Token=1"});
  refused({.type = "SubscriptionConfirmation", .text = "Confirm"});
  require_equal(at.sns.requests(), 0, "SNS was asked");

  // With a certificate, and still not.
  refused({.text = bounce, .spoil = true});
  refused({.text = bounce, .version = "1", .spoil = true});
  refused({.text = bounce, .key = "other"});
  refused({.text = bounce, .certificate_url = at.sns.certificate_url("other"), .key = "other"});
  refused({.text = bounce, .certificate_url = at.sns.certificate_url("absent")});
  const auto asked = at.sns.requests();
  refused({.text = bounce, .certificate_url = at.sns.certificate_url("absent")});
  require_equal(at.sns.requests(), asked, "what was absent was asked for again at once");
  at.sns.say("302");
  refused({.text = bounce, .certificate_url = at.sns.certificate_url("moved")});
  at.sns.say("503");
  expect_problem(at.notify({.text = bounce, .certificate_url = at.sns.certificate_url("down")}), 503,
                 "unavailable");
  const auto failed = at.sns.requests();
  expect_problem(at.notify({.text = bounce, .certificate_url = at.sns.certificate_url("down")}), 503,
                 "unavailable");
  require_equal(at.sns.requests(), failed, "what failed was asked for again at once");
  database.check("SNS out of order");
  require(!elsewhere.was_knocked_at(0), "somebody else was asked");

  const auto body = body_of(at.sns, {.text = bounce});
  expect_problem(Client{}.send({"POST", kSes, body, "application/x-www-form-urlencoded", {}}), 415,
                 "unsupported_media_type");
  expect_problem(Client{}.send({"POST", kSes, "nonsense", "text/plain", {}}), 400, "malformed_json");
  database.check("other types");
}

Test(mail_events, sns_confirms_its_subscription_and_signs_in_both_versions) {
  const Instance at;
  const auto person = sign_up();
  settled(person.email);
  const auto confirmation =
      "https://" + at.sns.host() + "/?Action=ConfirmSubscription&TopicArn=" + kTopic + "&Token=t0ken";
  const Message subscription{.type = "SubscriptionConfirmation",
                             .text = "You have chosen to subscribe.\nTo confirm, visit the SubscribeURL.",
                             .subscribe_url = confirmation};
  expect(at.notify(subscription), 200);
  require_equal(at.sns.requests(), 2, "certificate and confirmation");
  require_equal(audited("mail.topic_subscribed"), 1);
  // What is no report, such as SES's own trial.
  expect(at.notify({.text = "Successfully validated SNS topic for Amazon SES event publishing."}), 200);
  const auto complaint =
      R"({"eventType":"Complaint","complaint":{"complaintFeedbackType":"abuse","complainedRecipients":[{"emailAddress":"Person <)" +
      person.email + R"(>"}]},"mail":{"messageId":"unknown"}})";
  is_taken(at.notify({.text = complaint, .version = "1"}), "suppressed");
  require_equal(text_of("SELECT reason FROM suppression WHERE email = " + literal(person.email)),
                "complaint");
  at.sns.say("500");
  expect_problem(
      at.notify({.type = "SubscriptionConfirmation", .text = "Confirm", .subscribe_url = confirmation + "2"}),
      503, "unavailable");
}
