// Bounces and complaints as mail systems report them, on an instance whose mail goes to a stub of Amazon SES:
// what is signed counts, once, and nothing else is believed.
#include <criterion/criterion.h>
#include <signal.h>

#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/listener.hpp"
#include "support/private_stack.hpp"
#include "support/script_server.hpp"
#include "support/world.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kTopic = "arn:aws:sns:eu-central-1:123456789012:mail";
constexpr const char* kSecret = "shared between two mail systems";
const char* const kSes = "/api/v1/mail/events/ses";
const char* const kGeneric = "/api/v1/mail/events";

void openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const auto ran = run_program(arguments);
  require_equal(ran.status, 0, ran.output);
}

// Amazon SNS: an authority of its own, a TLS server of it, and certificates to sign with.
class Sns : public ScriptServer {
 public:
  Sns() {
    std::filesystem::create_directory(dir() + "/www");
    openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test Authority",
             "-keyout", dir() + "/ca.key", "-out", dir() + "/ca.pem"});
    issue("/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1", dir() + "/key.pem",
          dir() + "/cert.pem");
    issue("/CN=sns.amazonaws.com", "subjectAltName=DNS:sns.amazonaws.com", signing_key("sns"), www("sns"));
    issue("/CN=elsewhere.example", "subjectAltName=DNS:elsewhere.example", signing_key("other"),
          www("other"));
    write("script", "200");
    start("provider_stub.py", {"files", "--tls"});
  }

  std::string host() const { return "localhost:" + port(); }
  std::string ca() const { return dir() + "/ca.pem"; }
  int requests() const {
    int number = 0;
    while (std::filesystem::exists(dir() + "/request-" + std::to_string(number) + ".json")) ++number;
    return number;
  }
  std::string certificate_url(const std::string& name = "sns") const {
    return "https://" + host() + '/' + name + ".pem";
  }
  void say(const std::string& word) const { write("script", word); }

  // base64, in one line.
  std::string sign(const std::string& text, const std::string& digest,
                   const std::string& name = "sns") const {
    write("text", text);
    openssl(
        {"dgst", "-" + digest, "-sign", signing_key(name), "-out", dir() + "/signature", dir() + "/text"});
    return tenantd::base64_encode(read("signature"));
  }

 private:
  std::string signing_key(const std::string& name) const { return dir() + '/' + name + ".key"; }
  std::string www(const std::string& name) const { return dir() + "/www/" + name + ".pem"; }

  void issue(const std::string& subject, const std::string& names, const std::string& key,
             const std::string& to) {
    openssl(
        {"req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", key, "-out", dir() + "/csr"});
    write("names", names);
    openssl({"x509", "-req", "-in", dir() + "/csr", "-days", "2", "-CA", ca(), "-CAkey", dir() + "/ca.key",
             "-CAcreateserial", "-extfile", dir() + "/names", "-out", to});
  }
};

std::string time_text(std::int64_t ago = 0) {
  const std::time_t at = std::time(nullptr) - ago;
  std::tm parts{};
  ::gmtime_r(&at, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.123Z", &parts);
  return text.data();
}

struct Message {
  std::string type = "Notification";
  std::string message_id = fresh_id();
  std::string topic = kTopic;
  std::string text = "";
  std::string time = time_text();
  std::string version = "2";
  std::string certificate_url = "";
  std::string subscribe_url = "";
  std::string subject = "";
  std::string key = "sns";
  bool spoil = false;
};

std::string body_of(const Sns& sns, const Message& m) {
  std::string text = "Message\n" + m.text + "\nMessageId\n" + m.message_id + '\n';
  if (!m.subject.empty()) text += "Subject\n" + m.subject + '\n';
  if (!m.subscribe_url.empty()) text += "SubscribeURL\n" + m.subscribe_url + '\n';
  text += "Timestamp\n" + m.time + '\n';
  if (!m.subscribe_url.empty()) text += "Token\nt0ken\n";
  text += "TopicArn\n" + m.topic + "\nType\n" + m.type + '\n';
  const auto signature = sns.sign(text, m.version == "1" ? "sha1" : "sha256", m.key);
  auto body =
      object({{"Type", m.type},
              {"MessageId", m.message_id},
              {"TopicArn", m.topic},
              {"Message", m.spoil ? m.text + " " : m.text},
              {"Timestamp", m.time},
              {"SignatureVersion", m.version},
              {"Signature", signature},
              {"SigningCertURL", m.certificate_url.empty() ? sns.certificate_url() : m.certificate_url}});
  body.pop_back();
  if (!m.subject.empty()) body += ",\"Subject\":" + Field{m.subject}.json();
  if (!m.subscribe_url.empty())
    body += ",\"Token\":\"t0ken\",\"SubscribeURL\":" + Field{m.subscribe_url}.json();
  return body + '}';
}

std::string bounce_of(const std::string& email, const std::string& provider_id,
                      const std::string& type = "Permanent") {
  return R"({"notificationType":"Bounce","bounce":{"bounceType":")" + type +
         R"(","bounceSubType":"General","bouncedRecipients":[{"emailAddress":)" + Field{email}.json() +
         R"(,"diagnosticCode":"smtp; 550 5.1.1 user unknown"}]},"mail":{"messageId":)" +
         Field{provider_id}.json() + "}}";
}

// One instance for all that one test tries.
struct Instance {
  Sns sns;
  ProviderStub ses{"ses"};
  PrivateStack stack;

  Instance()
      : stack({"MAIL_TRANSPORT=ses", "MAIL_FALLBACK=false", "SES_URL=" + ses.url(), "SES_REGION=eu-central-1",
               "SES_ACCESS_KEY_ID=AKIDEXAMPLE", "SES_SECRET_ACCESS_KEY=s3cr3t/key",
               std::string{"SES_TOPIC_ARN="} + kTopic, "SNS_CERT_HOST=" + sns.host(),
               "OUTBOUND_ALLOW=127.0.0.1,::1", "OUTBOUND_CA_FILE=" + sns.ca(), "OUTBOUND_SECONDS=5",
               "OUTBOUND_WORKERS=1", std::string{"MAIL_EVENTS_SECRET="} + kSecret,
               "SUPER_ADMIN_EMAIL=root@example.com", "SUPER_ADMIN_PASSWORD=velvet anchor northbound"}) {
    stack.take_the_suites_place();
  }

  Response notify(const Message& message) const {
    return Client{}.send({"POST", kSes, body_of(sns, message), "text/plain; charset=UTF-8", {}});
  }
  Account root() const {
    const std::string email = "root@example.com", password = "velvet anchor northbound";
    return account_of(expect(sign_in(email, password), 200), email, password);
  }
};

Response report(const std::string& body, const std::string& signature) {
  return Client{}.send({"POST", kGeneric, body, "application/json", {{"X-Signature", signature}}});
}

std::string signature_of(const std::string& body, std::int64_t ago = 0, const std::string& secret = kSecret) {
  const auto time = std::to_string(std::time(nullptr) - ago);
  return "t=" + time + ",v1=" + tenantd::to_hex(tenantd::crypto::hmac_sha256(secret, time + '.' + body));
}

std::string event_body(const std::string& members) { return R"({"events":[{)" + members + "}]}"; }

std::string outbox(const std::string& column, const std::string& email, const std::string& order = "DESC") {
  return text_of("SELECT COALESCE(" + column + ", 'NULL') FROM outbox WHERE recipient = " + literal(email) +
                 " ORDER BY id " + order + " LIMIT 1");
}

// Waits until the newest mail to the address has left the outbox.
void settled(const std::string& email) {
  wait_until("the mail to " + email + " is settled", [&] { return outbox("status", email) != "0"; });
}

std::int64_t suppressed(const std::string& email) {
  return number_of("SELECT COUNT(*) FROM suppression WHERE email = " + literal(email));
}

std::int64_t events_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM account_event WHERE type = 'mail.bounced' AND user_id = " +
                   binary(account.user_id));
}

std::int64_t audited(const std::string& action) {
  return number_of("SELECT COUNT(*) FROM audit_log WHERE action = " + literal(action));
}

void is_taken(const Response& reply, const std::string& what) {
  expect(reply, 200);
  for (const char* kind : {"suppressed", "noted", "ignored"})
    require_equal(reply.number(std::string{"/"} + kind), what == kind ? 1 : 0, reply.describe());
}

}  // namespace

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

Test(mail_events, a_message_that_sns_did_not_sign_for_this_topic_changes_nothing, .timeout = 300) {
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
  at.sns.say("302");
  refused({.text = bounce, .certificate_url = at.sns.certificate_url("moved")});
  at.sns.say("503");
  expect_problem(at.notify({.text = bounce, .certificate_url = at.sns.certificate_url("down")}), 503,
                 "unavailable");
  database.check("SNS out of order");
  require(!elsewhere.was_knocked_at(0), "somebody else was asked");

  const auto body = body_of(at.sns, {.text = bounce});
  expect_problem(Client{}.send({"POST", kSes, body, "application/x-www-form-urlencoded", {}}), 415,
                 "unsupported_media_type");
  expect_problem(Client{}.send({"POST", kSes, "nonsense", "text/plain", {}}), 400, "malformed_json");
  database.check("other types");
}

Test(mail_events, sns_confirms_its_subscription_and_signs_in_both_versions, .timeout = 300) {
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

Test(mail_events, other_mail_systems_report_under_a_shared_secret, .timeout = 300) {
  const Instance at;
  const auto person = sign_up();
  const auto owner = sign_up();
  settled(person.email);
  const auto name = outbox("provider_id", person.email);
  const auto body =
      event_body(R"("type":"bounce","email":)" + Field{person.email}.json() + R"(,"provider_id":)" +
                 Field{name}.json() + R"(,"detail":"550 5.1.1 unknown")");
  {
    Unchanged database;
    const auto good = signature_of(body);
    const auto hex = good.substr(good.find("v1=") + 3);
    for (const auto& signature :
         {std::string{}, std::string{"nonsense"}, signature_of(body, 301), signature_of(body, -330),
          signature_of(body, 0, "another"), signature_of(body + ' '), "v1=" + hex, "t=," + hex,
          "t=9999999999999999999,v1=" + hex, good.substr(0, good.size() - 1), good + '0'}) {
      expect_problem(report(body, signature), 401, "signature_invalid");
      database.check("signature " + signature);
    }
    for (const char* wrong :
         {R"({"events":[{"type":"bounce","email":"x@example.com","extra":1}]})", R"({"events":[]})"}) {
      expect_problem(report(wrong, good), 401, "signature_invalid");
      expect_problem(report(wrong, signature_of(wrong)), 422, "validation_failed");
    }
    database.check("bodies that do not fit");
  }
  const auto transient =
      event_body(R"("type":"bounce","permanent":false,"email":)" + Field{person.email}.json());
  is_taken(report(transient, signature_of(transient)), "ignored");
  is_taken(report(body, signature_of(body) + ",v1=00"), "suppressed");
  require_equal(text_of("SELECT source FROM suppression WHERE email = " + literal(person.email)), "generic");
  require_equal(events_of(person), 1);
  is_taken(report(body, signature_of(body)), "ignored");
  require_equal(events_of(person), 1);
  const auto nobody = event_body(R"("type":"complaint","email":"nobody at all")");
  is_taken(report(nobody, signature_of(nobody)), "ignored");

  // An invitation to the address says that it did not go out; one that comes back says so too.
  const auto to_dead = expect(invite(owner, person.email), 201).text("/id");
  const auto address = fresh_email();
  const auto returned = expect(invite(owner, address), 201).text("/id");
  settled(person.email);
  settled(address);
  const auto again = event_body(R"("type":"bounce","email":)" + Field{address}.json() + R"(,"provider_id":)" +
                                Field{outbox("provider_id", address)}.json());
  is_taken(report(again, signature_of(again)), "suppressed");
  auto client = owner.client();
  require_equal(client.get("/api/v1/invites/" + to_dead).text("/delivery/state"), "suppressed");
  require_equal(client.get("/api/v1/invites/" + returned).text("/delivery/state"), "bounced");
}

Test(mail_events, without_settings_nobody_is_believed) {
  Unchanged database;
  const auto body = event_body(R"("type":"bounce","email":"carol@example.com")");
  expect_problem(report(body, signature_of(body)), 404, "not_found");
  expect_problem(
      Client{}.post(kSes, R"({"Type":"Notification","MessageId":"1","TopicArn":"","Message":"{}",)"
                          R"("Timestamp":"x","SignatureVersion":"1","Signature":"x","SigningCertURL":"x"})"),
      404, "not_found");
  database.check("reports that are not asked for");
}

// Killed after the provider has the mail and before that is written down.
Test(mail_events, a_courier_killed_after_the_send_sends_once_more_under_the_same_name, .timeout = 300) {
  for (const char* kind : {"ses", "resend"}) {
    const ProviderStub stub{kind, "hang"};
    const bool is_ses = std::string_view{kind} == "ses";
    const PrivateStack stack{{std::string{"MAIL_TRANSPORT="} + kind, "MAIL_FALLBACK=false",
                              "SES_URL=" + stub.url(), "SES_REGION=eu-central-1",
                              "SES_ACCESS_KEY_ID=AKIDEXAMPLE", "SES_SECRET_ACCESS_KEY=s3cr3t/key",
                              "RESEND_URL=" + stub.url(), "RESEND_API_KEY=re_test", "OUTBOUND_SECONDS=60"}};
    expect(stack.client().post("/signup", sign_up_body(fresh_email(), "Acme")), 201);
    const auto first = stub.request(0);
    require_equal(::kill(part_pid(stack.dir(), "courier"), SIGKILL), 0);
    stub.say("200");
    tenantd::db::Connection database{stack.database()};
    database.run("UPDATE outbox SET lease_until = 0");
    const auto ran = stack.run("tenantd-courier --once");
    require_equal(ran.status, 0, ran.output);
    const auto second = stub.request(1);
    require_equal(stub.requests(), 2);
    if (is_ses) {
      require_equal(stub.text(0, "/message"), stub.text(1, "/message"), "the same bytes");
    } else {
      require_equal(stub.text(0, "/headers/Idempotency-Key"), stub.text(1, "/headers/Idempotency-Key"));
      require_equal(stub.text(0, "/body"), stub.text(1, "/body"));
    }
    auto rows = database.run_query("SELECT status, attempts, provider FROM outbox");
    require(rows.next() && rows.integer(0) == 1 && rows.integer(1) == 1 && rows.text(2) == kind,
            "not recorded");
  }
}
