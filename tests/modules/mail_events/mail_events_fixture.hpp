// What the tests beside it share.
#pragma once

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
#include "support/fixtures.hpp"
#include "support/listener.hpp"
#include "support/private_stack.hpp"
#include "support/script_server.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::test::reported {
using namespace tenantd::test;

inline constexpr const char* kTopic = "arn:aws:sns:eu-central-1:123456789012:mail";
inline constexpr const char* kSecret = "shared between two mail systems";
inline const char* const kSes = "/api/v1/mail/events/ses";
inline const char* const kGeneric = "/api/v1/mail/events";

inline void openssl(std::vector<std::string> arguments) {
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

inline std::string time_text(std::int64_t ago = 0) {
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

inline std::string body_of(const Sns& sns, const Message& m) {
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

inline std::string bounce_of(const std::string& email, const std::string& provider_id,
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

inline Response report(const std::string& body, const std::string& signature) {
  return Client{}.send({"POST", kGeneric, body, "application/json", {{"X-Signature", signature}}});
}

inline std::string signature_of(const std::string& body, std::int64_t ago = 0,
                                const std::string& secret = kSecret) {
  const auto time = std::to_string(std::time(nullptr) - ago);
  return "t=" + time + ",v1=" + tenantd::to_hex(tenantd::crypto::hmac_sha256(secret, time + '.' + body));
}

inline std::string event_body(const std::string& members) { return R"({"events":[{)" + members + "}]}"; }

inline std::string outbox(const std::string& column, const std::string& email,
                          const std::string& order = "DESC") {
  return text_of("SELECT COALESCE(" + column + ", 'NULL') FROM outbox WHERE recipient = " + literal(email) +
                 " ORDER BY id " + order + " LIMIT 1");
}

// Waits until the newest mail to the address has left the outbox.
inline void settled(const std::string& email) {
  wait_until("the mail to " + email + " is settled", [&] { return outbox("status", email) != "0"; });
}

inline std::int64_t suppressed(const std::string& email) {
  return number_of("SELECT COUNT(*) FROM suppression WHERE email = " + literal(email));
}

inline std::int64_t events_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM account_event WHERE type = 'mail.bounced' AND user_id = " +
                   binary(account.user_id));
}

inline std::int64_t audited(const std::string& action) {
  return number_of("SELECT COUNT(*) FROM audit_log WHERE action = " + literal(action));
}

inline void is_taken(const Response& reply, const std::string& what) {
  expect(reply, 200);
  for (const char* kind : {"suppressed", "noted", "ignored"})
    require_equal(reply.number(std::string{"/"} + kind), what == kind ? 1 : 0, reply.describe());
}

}  // namespace tenantd::test::reported
