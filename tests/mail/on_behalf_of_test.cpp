// Whom a mail says it is from; values and samples of templates.
#include <criterion/criterion.h>

#include "mail/render_fixture.hpp"

using namespace tenantd::test::rendered;
using namespace tenantd;
using mail::Mail;
using mail::Message;
using mail::Template;

Test(mail_values, survive_json_and_anything_else_is_refused) {
  Mail mail = sample(Template::invitation);
  mail.values["inviter"] = std::string{"\"Ada\"\r\n\\ \xC5\xBE"} + '\0' + "x";
  cr_assert(mail::values_from_json(mail::values_to_json(mail)) == mail.values);
  for (const char* json : {"", "[]", "{", "{\"a\":1}", "{\"a\":\"b\"} x", "null"})
    cr_assert_throw(mail::values_from_json(json), std::runtime_error);
}

Test(mail_values, template_names_lead_back_to_their_templates) {
  for (const Template kind : kAll) cr_assert(mail::template_by_name(mail::template_name(kind)) == kind);
  cr_assert_not(mail::template_by_name("layout").has_value());
}

Test(on_behalf_of, shows_the_organization_by_way_of_the_service) {
  const mail::Mailbox service{"Acme Id", "no-reply@acme.example"};
  const auto from = [&](const char* name) { return mail::plain_mailbox(mail::on_behalf_of(service, name)); };
  cr_assert_eq(from("Northwind"), "Northwind via Acme Id <no-reply@acme.example>");
  cr_assert_eq(from(""), "Acme Id <no-reply@acme.example>");
  cr_assert_eq(from(" \r\n "), "Acme Id <no-reply@acme.example>");
  cr_assert_eq(from("Bücher GmbH"), "Bücher GmbH via Acme Id <no-reply@acme.example>");
  cr_assert_eq(from("A. Lee & Co."), "\"A. Lee & Co. via Acme Id\" <no-reply@acme.example>");
  const mail::Mailbox bare{"", "no-reply@acme.example"};
  cr_assert_eq(mail::plain_mailbox(mail::on_behalf_of(bare, "Northwind")),
               "\"Northwind via acme.example\" <no-reply@acme.example>");
}

Test(on_behalf_of, a_name_is_neither_an_address_nor_a_second_mailbox_nor_a_header) {
  const mail::Mailbox service{"Acme Id", "no-reply@acme.example"};
  for (const char* name : {"ceo@bank.example", "Bank <ceo@bank.example>", "\"Bank\" <ceo@bank.example>,",
                           "Bank\r\nBcc: eve@example.com", "Bank\\", "=?UTF-8?B?QmFuaw==?=",
                           "ceo\xEF\xBC\xA0"
                           "bank.example",
                           "a;b,c:d(e)[f]",
                           "\xE2\x80\xAE"
                           "knaB",
                           "Bank\xE2\x80\xA8"
                           "Bcc: eve@example.com"}) {
    const auto mailbox = mail::on_behalf_of(service, name);
    cr_assert_eq(mailbox.address, service.address);
    cr_assert(mailbox.name.ends_with(" via Acme Id"), "%s", mailbox.name.c_str());
    cr_assert(mailbox.name.find_first_of("@<>\"\\,;:()[]\r\n") == std::string::npos, "%s",
              mailbox.name.c_str());
    cr_assert(mailbox.name.find("\xEF\xBC\xA0") == std::string::npos);
    const auto header = mail::format_mailbox(mailbox);
    cr_assert(header.ends_with("<no-reply@acme.example>"), "%s", header.c_str());
    cr_assert_eq(std::count(header.begin(), header.end(), '@'), 1);
    for (std::size_t at = header.find('\r'); at != std::string::npos; at = header.find('\r', at + 1))
      cr_assert_eq(header.substr(at, 3), "\r\n ");
  }
  std::string longest;
  for (int i = 0; i < 100; ++i) longest += "ü";
  cr_assert(mail::on_behalf_of(service, longest).name.ends_with("\xE2\x80\xA6 via Acme Id"));
}

Test(on_behalf_of, the_message_says_so_in_its_header_and_to_providers) {
  const auto message = mail::render(sample(Template::invitation), kId, "Acme Id <no-reply@acme.example>",
                                    "https://id.acme.example", from_unix(1795231900), "Northwind");
  cr_assert_eq(header(message, "From"), "Northwind via Acme Id <no-reply@acme.example>");
  cr_assert_eq(message.from, "Northwind via Acme Id <no-reply@acme.example>");
  cr_assert_eq(message.sender, "no-reply@acme.example");
  cr_assert(!message.subject.empty() && !message.text.empty() &&
            message.html.find("<html") != std::string::npos);
}

Test(templates, each_has_a_sample_that_fills_it) {
  for (const auto kind : mail::templates()) {
    const auto message =
        mail::render(mail::sample_mail(kind, "carol@example.com", "https://id.example"), kId,
                     "Acme <no-reply@acme.example>", "https://id.example", from_unix(1795231900));
    cr_assert(message.html.find("{{") == std::string::npos && message.text.find("{{") == std::string::npos);
    cr_assert(!message.subject.empty() && message.subject.size() < 120);
  }
}
