#include <criterion/criterion.h>

#include "mail/render_fixture.hpp"

using namespace tenantd::test::rendered;
using namespace tenantd;
using mail::Mail;
using mail::Message;
using mail::Template;

Test(mail_render, every_template_has_a_subject_a_text_and_an_html_part) {
  for (const Template kind : kAll) {
    const Message message = render(sample(kind));
    const std::string text = part(message, "text/plain");
    const std::string html = part(message, "text/html");
    cr_assert(header(message, "Subject").size() > 5);
    cr_assert(contains(text, kLink), "%s", std::string{template_name(kind)}.c_str());
    cr_assert(contains(html, std::string{"href=\""} + kLink));
    cr_assert(contains(html, "</html>"));
    cr_assert(contains(text, "Acme Identity"));
    for (const auto& whole : {text, html}) cr_assert_not(contains(whole, "{{") || contains(whole, "}}"));
  }
}

Test(mail_render, templates_without_optional_values_still_read_well) {
  for (const Template kind : kAll) {
    const Mail mail{kind, "carol@example.com", {{"link", kLink}, {"organization", "Northwind"}}};
    const std::string text = part(render(mail), "text/plain");
    cr_assert_not(contains(text, " ,") || contains(text, "  ") || contains(text, " ."), "%s", text.c_str());
  }
}

Test(mail_render, a_mail_that_lives_by_its_link_is_not_sent_without_one) {
  for (const Template kind :
       {Template::invitation, Template::verification, Template::account_created, Template::password_reset}) {
    Mail mail = sample(kind);
    mail.values.erase("link");
    cr_assert_throw(render(mail), std::runtime_error);
  }
}

Test(mail_render, an_alert_leads_to_the_page_that_mails_a_reset_link) {
  for (const Template kind :
       {Template::login_alert, Template::password_changed, Template::security_changed}) {
    Mail mail = sample(kind);
    mail.values.erase("link");
    const Message message = render(mail);
    cr_assert(contains(part(message, "text/html"), "href=\"https://id.acme.example/reset\""));
    cr_assert(contains(part(message, "text/plain"), "https://id.acme.example/reset"));
  }
}

Test(mail_render, mails_lead_to_the_application_only_where_there_is_one) {
  for (const Template kind : mail::templates()) {
    const Mail mail = mail::sample_mail(kind, "carol@example.com", "https://id.acme.example");
    const auto rendered = [&](const std::string& app_url) {
      return mail::render(mail, kId, "Acme <no-reply@acme.example>", "https://id.acme.example",
                          from_unix(1795231900), {}, app_url);
    };
    const std::string name{template_name(kind)};
    const auto without = rendered("");
    // The service's own pages are named; its root is none.
    for (const auto& text : {without.text, without.html})
      for (const char* end : {"\n", "\"", "<", "."})
        cr_assert_not(contains(text, std::string{"https://id.acme.example"} + end), "%s: %s", name.c_str(),
                      text.c_str());
    cr_assert_not(contains(without.html, "href=\"\""), "%s", name.c_str());
    cr_assert_not(contains(without.text, "\n\n\n"), "%s: %s", name.c_str(), without.text.c_str());
    const auto with = rendered("https://app.acme.example");
    cr_assert(contains(with.text, "https://app.acme.example"), "%s", name.c_str());
    cr_assert(contains(with.html, "href=\"https://app.acme.example\""), "%s", name.c_str());
  }
}

Test(mail_render, html_values_are_escaped_and_text_values_are_not) {
  Mail mail = sample(Template::invitation);
  mail.values["organization"] = "<script>alert('x')</script> & {{link}} \"Co\"";
  const Message message = render(mail);
  const std::string html = part(message, "text/html");
  cr_assert_not(contains(html, "<script"));
  cr_assert(
      contains(html, "&lt;script&gt;alert(&apos;x&apos;)&lt;/script&gt; &amp; {{link}} &quot;Co&quot;"));
  cr_assert(contains(part(message, "text/plain"), "<script>alert('x')</script> & {{link}} \"Co\""));
}

Test(mail_render, a_name_with_line_ends_or_nul_never_reaches_a_header) {
  Mail mail = sample(Template::invitation);
  const std::string evil = std::string{"Eve\r\nBcc: victim@example.com\r\n\r\nbody\n"} + '\0' +
                           "\x1b[31m\xC2\x85\xE2\x80\xA8\xE2\x80\xAE";
  mail.values["inviter"] = mail.values["organization"] = evil;
  const Message message = render(mail, "Acme\r\nBcc: other@example.com <no-reply@acme.example>");
  cr_assert_eq(headers(message).size(), 9U);
  for (const auto& line : headers(message)) cr_assert_not(line.starts_with("Bcc"));
  for (const char c : header_block(message)) cr_assert((c >= 0x20 && c < 0x7F) || c == '\r' || c == '\n');
  const std::string text = part(message, "text/plain");
  cr_assert(contains(text, "Eve  Bcc: victim@ example. com"));
  cr_assert_not(contains(text, "\nBcc") || contains(text, "\x1b") || contains(text, "\xE2\x80\xAE"));
}

Test(mail_render, a_long_subject_beyond_ascii_is_folded_into_whole_encoded_words) {
  Mail mail = sample(Template::invitation);
  std::string name;
  for (int i = 0; i < 60; ++i) name += i % 3 == 0 ? "\xF0\x9F\xA6\x8A" : i % 3 == 1 ? "\xC5\xBE" : "a";
  mail.values["organization"] = name;
  const Message message = render(mail);
  cr_assert_eq(decode_words(header(message, "Subject")), "Ada Lovelace invites you to join " + name);
  const std::string block = header_block(message);
  for (const auto line : split(block, '\n')) cr_assert(line.size() <= 77, "%zu", line.size());
}

Test(mail_render, a_short_ascii_subject_stays_readable_and_one_that_looks_encoded_is_encoded) {
  Mail mail = sample(Template::invitation);
  cr_assert_eq(header(render(mail), "Subject"), "Ada Lovelace invites you to join Northwind");
  mail.values["organization"] = "=?UTF-8?B?QQ==?=";
  cr_assert_eq(decode_words(header(render(mail), "Subject")),
               "Ada Lovelace invites you to join =?UTF-8?B?QQ==?=");
}

Test(mail_render, long_names_are_cut_and_links_are_not) {
  Mail mail = sample(Template::invitation);
  mail.values["organization"] = std::string(5000, 'x');
  mail.values["link"] = "https://id.acme.example/" + std::string(2000, 'y');
  const std::string text = part(render(mail), "text/plain");
  cr_assert_not(contains(text, std::string(201, 'x')));
  cr_assert(contains(text, std::string(2000, 'y')));
}

Test(mail_render, bytes_that_are_no_utf8_become_replacement_characters) {
  Mail mail = sample(Template::invitation);
  mail.values["inviter"] = "Ada\xC3\x28\xFF";
  cr_assert(contains(part(render(mail), "text/plain"), "Ada\xEF\xBF\xBD(\xEF\xBF\xBD"));
}

Test(mail_render, addresses_that_fit_no_envelope_are_refused) {
  using namespace std::string_literals;
  for (const auto& to : {"a\r\nRCPT TO:<b@example.com>@example.com"s,
                         "a\0@example.com"s,
                         "a b@example.com"s,
                         "<a@example.com>"s,
                         "a@example.com>"s,
                         "a@example.com,b@example.com"s,
                         "a,b@example.com"s,
                         "a@b@example.com"s,
                         "\"a b\"@example.com"s,
                         "no-at"s,
                         "@example.com"s,
                         "a@"s,
                         "a..b@example.com"s,
                         "a@-x.example"s,
                         "a@exa mple.com"s,
                         "a@[127.0.0.1]"s,
                         "gr\xC3\xBC\xC3\x9F@example.com"s,
                         "a@exam\npl.com"s,
                         ""s,
                         std::string(65, 'a') + "@example.com",
                         "a@" + std::string(300, 'b') + ".example"})
    cr_assert(refuses(to), "%s", to.c_str());
  cr_assert_not(refuses("first.last+tag@mail.example.com"));
}

Test(mail_render, an_international_domain_goes_out_as_a_labels) {
  Mail mail = sample(Template::welcome);
  mail.to =
      "carol@B\xC3\xBC"
      "cher.example";
  const Message message = render(mail);
  cr_assert_eq(message.recipient, "carol@xn--bcher-kva.example");
  cr_assert_eq(header(message, "To"), "<carol@xn--bcher-kva.example>");
}

Test(mail_render, the_same_arguments_give_the_same_bytes_and_message_id) {
  const Message first = render(sample(Template::invitation));
  const Message second = render(sample(Template::invitation));
  cr_assert_eq(first.data, second.data);
  cr_assert_eq(first.message_id, std::string{kId} + "@id.acme.example");
  cr_assert_eq(header(first, "Message-ID"), '<' + first.message_id + '>');
}

Test(mail_render, the_message_id_takes_the_sender_domain_when_the_service_has_no_name) {
  const auto message =
      mail::render(sample(Template::welcome), kId, "no-reply@acme.example", "http://127.0.0.1:8080", {});
  cr_assert_eq(message.message_id, std::string{kId} + "@acme.example");
}

Test(mail_render, an_id_that_could_break_a_header_is_refused) {
  for (const char* id : {"", "a b", "a\r\nb", "a@b", "../a"})
    cr_assert_throw(mail::render(sample(Template::welcome), id, "a@acme.example", "https://x.example", {}),
                    std::invalid_argument);
}

Test(mail_render, headers_say_what_an_automatic_mail_has_to_say) {
  const Message message = render(sample(Template::welcome));
  cr_assert_eq(header(message, "Date"), "Sat, 21 Nov 2026 03:31:40 +0000");
  cr_assert_eq(header(message, "From"), "Acme Identity <no-reply@acme.example>");
  cr_assert_eq(header(message, "MIME-Version"), "1.0");
  cr_assert_eq(header(message, "Auto-Submitted"), "auto-generated");
  cr_assert(contains(header(message, "Content-Type"), "multipart/alternative; boundary=\""));
  cr_assert_eq(message.sender, "no-reply@acme.example");
}

Test(mail_render, sender_names_are_quoted_or_encoded_as_they_need) {
  const auto from = [](const char* text) { return header(render(sample(Template::welcome), text), "From"); };
  cr_assert_eq(from("Acme, \"Inc\" <a@acme.example>"), "\"Acme, \\\"Inc\\\"\" <a@acme.example>");
  cr_assert_eq(from("\"Acme (EU)\" <a@acme.example>"), "\"Acme (EU)\" <a@acme.example>");
  cr_assert_eq(from("a@acme.example"), "<a@acme.example>");
  const std::string encoded = from(
      "B\xC3\xBC"
      "cher <a@acme.example>");
  cr_assert_eq(decode_words(encoded.substr(0, encoded.find(' '))),
               "B\xC3\xBC"
               "cher");
}

Test(mail_render, every_line_ends_with_crlf_and_stays_short) {
  const Message message = render(sample(Template::login_alert));
  for (const auto line : split(message.data, '\n')) {
    cr_assert(line.size() <= 79);
    cr_assert(line.empty() || line.back() == '\r');
  }
}

Test(mail_render, lifetimes_are_told_in_the_unit_that_reads_best) {
  const auto text = [](const char* minutes) {
    Mail mail = sample(Template::verification);
    mail.values["minutes"] = minutes;
    return part(render(mail), "text/plain");
  };
  cr_assert(contains(text("1"), "for 1 minute."));
  cr_assert(contains(text("10"), "for 10 minutes."));
  cr_assert(contains(text("120"), "for 2 hours."));
  cr_assert(contains(text("1440"), "for 1 day."));
}
