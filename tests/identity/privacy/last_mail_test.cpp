// The mail that tells of an erasure: who gets it, and that its address is gone behind it.
#include <criterion/criterion.h>
#include <fstream>

#include "identity/privacy/person_fixture.hpp"
#include "modules/mail_events/mail_events_fixture.hpp"
#include "support/private_stack.hpp"
#include "support/script_server.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;
namespace reported = tenantd::test::reported;

namespace {

constexpr const char* kLastMail = "account_erased";

std::int64_t last_mails(const std::string& where) {
  return number_of("SELECT COUNT(*) FROM outbox WHERE template = " + literal(kLastMail) + " AND " + where);
}

// In an organization of its own, which ends with it.
Account register_person(bool proven) {
  const auto email = fresh_email();
  const auto person = account_of(
      expect(Client{}.post("/users/register", object({{"email", email}, {"password", kPassword}})), 201),
      email);
  // The mails of these instances come nowhere.
  if (proven)
    database().run("UPDATE user SET email_verified_at = created_at WHERE id = " + binary(person.user_id));
  return person;
}

// The file of a mail of the outbox that names nobody.
std::string last_mail_to(const std::string& email) {
  std::string found;
  wait_until("the last mail to " + email, [&] {
    for (const auto& entry : std::filesystem::directory_iterator{setting("MAIL_DIR")}) {
      const auto raw = file_text(entry.path());
      const auto head = raw.substr(0, raw.find("\r\n\r\n"));
      if (head.find("is erased") != std::string::npos && head.find(email) != std::string::npos) found = raw;
    }
    return !found.empty();
  });
  return found;
}

class MovedInstance {
 public:
  explicit MovedInstance(std::vector<std::string> settings)
      : clock_(run_dir() + '/' + fresh_name("clock")), stack_(with_clock(std::move(settings))) {
    stack_.take_the_suites_place();
  }

  void erase_traces() const {
    move(kNothingUnderWay);
    const auto done = stack_.run("tenantctl privacy finish");
    require_equal(done.status, 0, done.output);
    move(0);
  }
  // An hour later, when what was postponed is due.
  void send_what_waits() const {
    move(3600);
    database().run("UPDATE outbox SET lease_until = 0");
    const auto done = stack_.run("tenantd-courier --once");
    require_equal(done.status, 0, done.output);
    move(0);
  }

 private:
  void move(std::int64_t seconds) const {
    std::fstream file{clock_, std::ios::in | std::ios::out | std::ios::binary};
    file.write(reinterpret_cast<const char*>(&seconds), sizeof seconds);
    require(file.flush().good(), "the clock cannot be moved");
  }
  std::vector<std::string> with_clock(std::vector<std::string> settings) const {
    const std::int64_t seconds = 0;
    std::ofstream{clock_, std::ios::binary}.write(reinterpret_cast<const char*>(&seconds), sizeof seconds);
    settings.push_back("CLOCK_OFFSET_FILE=" + clock_);
    return settings;
  }

  std::string clock_;
  PrivateStack stack_;
};

}  // namespace

Test(last_mail, a_person_is_told_and_the_outbox_keeps_no_address, .timeout = 180) {
  const MovedClock clock;
  const auto person = invite_and_accept(sign_up(), "member");
  const auto named = [&](const char* text, const std::string& mail) {
    return mail.find(text) != std::string::npos;
  };
  expect(erase(person), 204);
  const auto mail = last_mail_to(person.email);
  require(named("To: ", mail) && named("text/html", mail), mail);
  wait_until("the address is gone", [&] { return count_mails(person.email, kLastMail) == 0; });
  sweep_traces(clock);
  require(is_finished(person), "the erasure is under way");
  require_equal(joined(columns_with(person.email)), "");
  require_equal(joined(logs_with(person.email)), "");
  require(last_mails("recipient = '' AND status = 1 AND values_sealed IS NULL AND user_id IS NULL") > 0,
          "the row says that a mail went out");
}

Test(last_mail, an_administrators_and_the_operators_erasure_tell_as_well, .timeout = 180) {
  const auto admins = invite_and_accept(sign_up(), "member");
  const auto operators = invite_and_accept(sign_up(), "member");
  const auto super = super_admin();
  expect(super.client().post("/api/v1/admin/users/" + admins.user_id + "/erase",
                             object({{"email", admins.email}})),
         204);
  const auto done =
      run_program({setting("TENANTD_BUILD") + "/tenantctl", "privacy", "erase", operators.email});
  require_equal(done.status, 0, done.output);
  for (const auto* person : {&admins, &operators}) {
    last_mail_to(person->email);
    wait_until("the address is gone", [&] { return count_mails(person->email, kLastMail) == 0; });
  }
}

Test(last_mail, it_waits_for_the_mail_system_and_reports_on_it_bring_no_address_back, .timeout = 300) {
  const ProviderStub stub{"resend", "503"};
  const MovedInstance at{{"MAIL_TRANSPORT=resend", "MAIL_FALLBACK=false", "RESEND_URL=" + stub.url(),
                          "RESEND_API_KEY=re_test", std::string{"MAIL_EVENTS_SECRET="} + reported::kSecret}};
  const auto person = register_person(true);
  const auto unproven = register_person(false);
  const auto suppressed = register_person(true);
  database().run("INSERT INTO suppression (email, id, reason, source, created_at, updated_at) VALUES (" +
                 literal(suppressed.email) + ", " + binary(fresh_id()) + ", 'bounce', 'smtp', 1, 1)");
  for (const auto* each : {&unproven, &suppressed, &person}) expect(erase(*each), 204);
  require_equal(last_mails("TRUE"), 1, "who has proven no address, or gets no mail, is told nothing");
  require_equal(last_mails("recipient = " + literal(person.email)), 1);
  at.erase_traces();
  require(is_finished(person), "the erasure is under way");
  require_equal(joined(columns_with(person.email)), "outbox.recipient");
  for (const auto* each : {&unproven, &suppressed}) require_equal(joined(columns_with(each->email)), "");

  stub.say("200");
  at.send_what_waits();
  wait_until("the mail is out", [] { return last_mails("status = 1 AND provider_id IS NOT NULL") == 1; });
  require_equal(joined(columns_with(person.email)), "");
  const auto name = text_of("SELECT provider_id FROM outbox WHERE template = " + literal(kLastMail));
  for (const char* what :
       {R"("type":"bounce")", R"("type":"bounce","permanent":false)", R"("type":"complaint")"}) {
    const auto body =
        reported::event_body(std::string{what} + R"(,"detail":"unknown: )" + person.email + R"(","email":)" +
                             Field{person.email}.json() + R"(,"provider_id":)" + Field{name}.json());
    reported::is_taken(reported::report(body, reported::signature_of(body)), "ignored");
  }
  require_equal(joined(columns_with(person.email)), "");
}

Test(last_mail, a_refused_one_is_given_up_without_its_address, .timeout = 180) {
  const SmtpSink sink{{"--reply", "550 5.1.1 no such user", "--first", "100"}};
  const MovedInstance at{{"MAIL_TRANSPORT=smtp", "SMTP_URL=" + sink.url("smtp")}};
  const auto person = register_person(true);
  wait_until("the first mail is refused", [&] {
    return number_of("SELECT COUNT(*) FROM suppression WHERE email = " + literal(person.email)) == 1;
  });
  database().run("DELETE FROM suppression");
  expect(erase(person), 204);
  wait_until("the last mail is given up", [] { return last_mails("status = 2") == 1; });
  require_equal(last_mails("recipient = '' AND values_sealed IS NULL AND bounced_at IS NULL AND last_error = "
                           "'not kept: the mail''s reader was erased'"),
                1);
  require_equal(number_of("SELECT COUNT(*) FROM suppression"), 0, "suppressions");
  const auto mail = text_of("SELECT LOWER(HEX(id)) FROM outbox WHERE template = " + literal(kLastMail));
  at.erase_traces();
  // The registration's own mail was refused by a row of the audit log, which the erasure went through.
  require_equal(joined(columns_with(person.email)), "", mail);
}
