// What somebody typed must not become a link in a mail: not in a subject, not in a body.
#include "tenantd/mail/links.hpp"

#include <criterion/criterion.h>

#include <array>
#include <string>
#include <vector>

#include "tenantd/base/text.hpp"
#include "tenantd/mail/mail.hpp"
#include "tenantd/mail/mime.hpp"
#include "tenantd/mail/transport.hpp"

using namespace tenantd;
using namespace tenantd::mail;

namespace {

const std::vector<std::string> kLinks = {
    "WIN A PRIZE at https://evil.example/x",
    "evil.example",
    "www.evil.co",
    "Evil.COM",
    "see evil.example.",
    "(evil.example)",
    "evil\u3002example",       // ideographic full stop
    "evil\uFF0Eexample",       // fullwidth
    "evil\uFF61example",       // halfwidth ideographic
    "evil\u2024example",       // one dot leader
    "evil\u06D4example",       // Arabic full stop
    "evil\uFE52example",       // small full stop
    "evil\u200B.example",      // zero width
    "evil.\u2060example",      // word joiner
    "evil.\u00ADexample",      // soft hyphen
    "evil.\U0001F4A9",         // a label that is no ASCII
    "\u0435vil.\u0440\u0444",  // Cyrillic
    "evil.xn--p1ai",
    "http://127.0.0.1/x",
    "https:\\\\evil",
    "https\uFF1A//evil",       // fullwidth colon
    "https:\uFF0F\uFF0Fevil",  // fullwidth slashes
    "https:\u2044\u2044evil",  // fraction slashes
    "//evil",
    "mailto:prize",
    "javascript:alert",
    "prize@localhost",
    "prize\uFF20evil",  // fullwidth @
    "a.b.evil.example:8080/x?y=z#w",
};

const std::vector<std::string> kNames = {
    "Acme",
    "Fiat S.p.A.",
    "Smith & Sons Co. KG",
    "J. R. R. Tolkien",
    "Version 3.5",
    "24/7 Service",
    "12:30 Club",
    "Müller e.V.",
    "O'Neill",
    "Ratio 3:1",
    "Half and/or so",
    "\u682A\u5F0F\u4F1A\u793E",
    "Ångström AB",
    "No. 1",
    "...",
};

Mail invitation_of(const std::string& organization) {
  Mail mail = sample_mail(Template::invitation, "carol@example.com", "https://id.example");
  mail.values["organization"] = organization;
  return mail;
}

Message rendered(const Mail& mail, const std::string& sender_name = "") {
  return render(mail, "0190", "tenantd <no-reply@id.example>", "https://id.example", TimePoint{},
                sender_name);
}

}  // namespace

Test(mail_links, a_text_by_which_a_mail_program_makes_a_link_is_known_and_taken_apart) {
  for (const auto& text : kLinks) {
    cr_assert(carries_link(text), "%s", text.c_str());
    cr_assert_not(carries_link(unlinked(text)), "%s: %s", text.c_str(), unlinked(text).c_str());
  }
  cr_assert_eq(unlinked("WIN at https://evil.example/x"), "WIN at https: / /evil. example/x");
}

Test(mail_links, an_ordinary_name_stays_as_it_is) {
  for (const auto& name : kNames) cr_assert_eq(unlinked(name), name, "%s", name.c_str());
}

Test(mail_links, a_subject_leaves_such_a_text_out_and_a_body_shows_it_taken_apart) {
  for (const auto& text : kLinks) {
    const auto message = rendered(invitation_of(text));
    cr_assert_eq(message.subject, "Ada Lovelace invites you to join an organization at tenantd", "%s",
                 message.subject.c_str());
    cr_assert_eq(message.text.find(text), std::string::npos, "%s", message.text.c_str());
    cr_assert_eq(message.html.find(text), std::string::npos, "%s", message.html.c_str());
  }
  for (const auto& name : {"Acme", "Fiat S.p.A."})
    cr_assert_eq(rendered(invitation_of(name)).subject,
                 std::string{"Ada Lovelace invites you to join "} + name);
}

Test(mail_links, no_template_has_a_link_in_its_subject_whatever_its_values_are) {
  for (const Template kind : templates()) {
    for (const auto& text : kLinks) {
      Mail mail = sample_mail(kind, "carol@example.com", "https://id.example");
      for (auto& [key, value] : mail.values)
        if (key != "link" && key[0] != '#') value = text;
      cr_assert_not(carries_link(rendered(mail).subject), "%s: %s", std::string{template_name(kind)}.c_str(),
                    rendered(mail).subject.c_str());
    }
  }
}

Test(mail_links, the_mail_of_an_unproven_account_says_nothing_of_its_own_in_subject_and_sender) {
  Mail mail = invitation_of("Buy now");
  mail.values[kNeutral] = "1";
  const auto message = rendered(mail, "Buy now");
  cr_assert_eq(message.subject, "You are invited to join an organization at tenantd");
  cr_assert_eq(message.from, "tenantd <no-reply@id.example>");
  cr_assert_neq(message.text.find("Buy now"), std::string::npos);
}

Test(mail_links, addresses_that_the_service_names_stay_whole) {
  Mail mail = invitation_of("Acme");
  mail.values["inviter"] = "ada@example.com";
  const auto message = rendered(mail);
  cr_assert_eq(message.subject, "You are invited to join Acme");
  cr_assert_neq(message.text.find("ada@example.com has invited you"), std::string::npos);
  cr_assert_neq(message.text.find("https://id.example/invite#token="), std::string::npos);
}

// What was changed is said with names that somebody typed.
Test(mail_links, what_was_changed_links_nowhere_and_names_addresses_whole) {
  Mail mail = sample_mail(Template::security_changed, "carol@example.com", "https://id.example");
  for (const auto& text : kLinks) {
    if (text.find('@') != std::string::npos) continue;
    mail.values["change"] = "Sign-in by " + text + " was linked to it";
    const auto message = rendered(mail);
    cr_assert_eq(message.text.find(text), std::string::npos, "%s", message.text.c_str());
    cr_assert_eq(message.html.find(text), std::string::npos, "%s", message.html.c_str());
  }
  mail.values["change"] = "its address is now ada@example.com";
  cr_assert_neq(rendered(mail).text.find("its address is now ada@example.com"), std::string::npos);
}
