// tenantctl mail, and whom a mail says it is from.
#include <criterion/criterion.h>

#include <filesystem>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/processes.hpp"
#include "support/script_server.hpp"

using namespace tenantd::test;

namespace {

Finished tool(std::vector<std::string> arguments, const std::vector<std::string>& environment = {}) {
  arguments.insert(arguments.begin(), {setting("TENANTD_BUILD") + "/tenantctl", "mail"});
  return run_program(arguments, environment);
}

bool contains(const std::string& text, std::string_view piece) {
  return text.find(piece) != std::string::npos;
}

}  // namespace

Test(mail_tools, preview_shows_each_mail_in_each_form) {
  const auto names = tool({"preview"});
  require(names.status == 0 && contains(names.output, "invitation\n"), names.output);
  require(contains(tool({"preview", "invitation"}).output, "Ada Lovelace"), "text");
  require(tool({"preview", "invitation", "--html"}).output.starts_with("<!DOCTYPE html>"), "html");
  require(contains(tool({"preview", "--eml", "invitation"}).output, "From: "), "eml");
  const auto dir = run_dir() + "/preview";
  std::filesystem::create_directory(dir);
  require_equal(tool({"preview", "--all", "--dir", dir}).status, 0);
  for (const char* name : {"/password_reset.txt", "/password_reset.html", "/password_reset.eml"})
    require(std::filesystem::file_size(dir + name) > 200, name);
  for (const auto& wrong :
       {std::vector<std::string>{"preview", "no_such"}, {"preview", "invitation", "--pdf"}, {}, {"fly"}})
    require_equal(tool(wrong).status, 64);
}

Test(mail_tools, a_test_mail_says_what_the_server_said) {
  const SmtpSink good;
  const auto to = [](const SmtpSink& sink) {
    return std::vector<std::string>{"MAIL_TRANSPORT=smtp", "SMTP_URL=" + sink.url("smtp")};
  };
  const auto sent = tool({"test", "carol@example.com"}, to(good));
  require(sent.status == 0 && contains(sent.output, "sent by smtp: 250 2.0.0 kept"), sent.output);
  require(contains(good.mail(0), "Subject: Test mail"), good.mail(0));
  const auto refused =
      tool({"test", "carol@example.com"}, to(SmtpSink{{"--reply", "550 5.1.1 no such user"}}));
  require(refused.status == 1 && contains(refused.output, "550 5.1.1"), refused.output);
  require_equal(tool({"test", "carol@example.com"}, to(SmtpSink{{"--reply", "451 4.3.0 later"}})).status, 75);
  require_equal(tool({"test", "nobody"}).status, 64);
  const auto unset = tool({"test", "carol@example.com"}, {"MAIL_TRANSPORT=resend"});
  require(unset.status == 78 && contains(unset.output, "RESEND_API_KEY must be set"), unset.output);

  const ProviderStub down{"resend", "500"};
  auto both = to(good);
  both[0] = "MAIL_TRANSPORT=resend";
  both.insert(both.end(), {"RESEND_API_KEY=re_test", "RESEND_URL=" + down.url()});
  const auto detour = tool({"test", "carol@example.com"}, both);
  require(detour.status == 0 && contains(detour.output, "not by resend: resend: 500") &&
              contains(detour.output, "sent by smtp"),
          detour.output);
}

Test(mail_tools, suppressions_are_listed_and_lifted) {
  const auto email = fresh_email("gone");
  database().run(
      "INSERT INTO suppression (email, id, reason, detail, source, created_at, updated_at) VALUES (" +
      literal(email) + ", " + binary(fresh_id()) + ", 'bounce', '550 gone', 'smtp', 1, 1)");
  const auto listed = tool({"suppressions", "list"});
  require(listed.status == 0 && contains(listed.output, email + "  550 gone"), listed.output);
  require_equal(tool({"suppressions", "remove", email}).status, 0);
  require_equal(tool({"suppressions", "remove", email}).status, 1);
  require_equal(number_of("SELECT COUNT(*) FROM suppression WHERE email = " + literal(email)), 0);
  require_equal(
      number_of(
          "SELECT COUNT(*) FROM audit_log WHERE action = 'mail.suppression_lifted' AND old_values LIKE " +
          literal('%' + email + '%')),
      1);
}

Test(mail_tools, an_invitation_is_from_the_organization_by_way_of_the_service) {
  const auto owner = sign_up();
  verify(owner);
  database().run("UPDATE organization SET mail_sender_name = 'Northwind <ceo@bank.example>' WHERE id = " +
                 binary(owner.org_id));
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  const auto from = newest_mail(email, "invitation").header("From");
  require_equal(from, "\"Northwind ceo bank.example via tenantd\" <no-reply@localhost>");
  const auto other = sign_up();
  const auto another = fresh_email();
  expect(invite(other, another), 201);
  require_equal(newest_mail(another, "invitation").header("From"), "tenantd <no-reply@localhost>");
}
