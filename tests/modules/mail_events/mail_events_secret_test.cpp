// Reports of other mail systems, and mail that a killed courier sends.
#include <criterion/criterion.h>

#include "modules/mail_events/mail_events_fixture.hpp"

using namespace tenantd::test::reported;
using namespace tenantd::test;

Test(mail_events_secret, other_mail_systems_report_under_a_shared_secret, .timeout = 300) {
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
          "t=9999999999999999999,v1=" + hex, "t=9223372036854775807,v1=" + hex,
          "t=-9223372036854775808,v1=" + hex, good.substr(0, good.size() - 1), good + '0'}) {
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

Test(mail_events_secret, without_settings_nobody_is_believed) {
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
Test(mail_events_secret, a_courier_killed_after_the_send_sends_once_more_under_the_same_name) {
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
