#include <algorithm>
#include <array>
#include <kainjow/mustache.hpp>
#include <stdexcept>

#include "tenantd/base/embedded.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/mail/links.hpp"
#include "tenantd/mail/mime.hpp"
#include "tenantd/mail/transport.hpp"

namespace tenantd::mail {
namespace {

namespace mustache = kainjow::mustache;

constexpr std::size_t kValueMax = 200;    // code points of a name or an agent string; links are never cut
constexpr std::size_t kReasonMax = 500;   // of what somebody wrote to be read whole
constexpr std::size_t kChangeMax = 2000;  // of what the service lists itself
constexpr std::size_t kPreheaderMax = 140;

std::size_t limit_of(const std::string& key) {
  if (key == "change") return kChangeMax;
  return key == "reason" ? kReasonMax : kValueMax;
}

const std::string& identity(const std::string& text) { return text; }

std::string template_text(const std::string& name) {
  for (const auto& file : embedded::templates())
    if (file.name == name) return std::string{file.text};
  throw std::runtime_error("there is no mail template " + name);
}

// The embedded file `name`, read once a thread; values are HTML-escaped if the name says .html.
mustache::mustache& view_of(const std::string& name) {
  thread_local std::map<std::string, mustache::mustache> views;
  if (const auto found = views.find(name); found != views.end()) return found->second;
  mustache::mustache view{template_text(name)};
  if (!view.is_valid()) throw std::runtime_error("mail template " + name + ": " + view.error_message());
  if (name.find(".html.") == std::string::npos) view.set_custom_escape(identity);
  return views.emplace(name, std::move(view)).first->second;
}

std::string fill(const std::string& name, const mustache::data& values) {
  std::string out;
  view_of(name).render(values, [&out](const std::string& piece) { out += piece; });
  return out;
}

bool needs_link(Template kind) {
  return kind == Template::invitation || kind == Template::verification ||
         kind == Template::account_created || kind == Template::password_reset ||
         kind == Template::email_change || kind == Template::account_locked;
}

// "10 minutes", "3 hours", "1 day"; `minutes` as it is if it is no number.
std::string lifetime(const std::string& minutes) {
  const auto number = parse_int(minutes);
  if (!number) return minutes;
  const auto of = [](std::int64_t count, const char* unit) {
    return std::to_string(count) + ' ' + unit + (count == 1 ? "" : "s");
  };
  if (*number >= 1440 && *number % 1440 == 0) return of(*number / 1440, "day");
  if (*number >= 60 && *number % 60 == 0) return of(*number / 60, "hour");
  return of(*number, "minute");
}

// Returns the host of an URL as a name, or an empty text if it is an IP address or unreadable.
std::string host_name(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  std::string host = ascii_domain(url.substr(0, url.find_first_of("/:?#")));
  const bool named = std::any_of(host.begin(), host.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return named ? host : std::string{};
}

// True of mails whose reader may have to choose another password at once.
bool warns(Template kind) {
  return kind == Template::login_alert || kind == Template::password_changed ||
         kind == Template::password_breached || kind == Template::security_changed;
}

// True if the value is an address, which mail programs may show as one.
bool is_address(const std::string& key, const std::string& value) {
  constexpr std::array keys{"actor", "decider", "email", "from", "inviter", "requester", "to"};
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) return false;
  try {
    return envelope_address(value) == value;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

// What was changed is said with the name of a provider or a passkey, which somebody typed, or with an
// address, which is to be read as it is.
std::string unlinked_around_addresses(std::string_view text) {
  std::string kept;
  for (const auto word : split(text, ' ')) {
    if (!kept.empty()) kept += ' ';
    // In a list it stands with a sign before or behind it.
    const auto begin = std::min(word.find_first_not_of("("), word.size());
    const auto end = word.find_last_not_of("),.;:");
    const std::string core{word.substr(begin, end == std::string_view::npos ? 0 : end + 1 - begin)};
    kept += is_address("email", core) ? std::string{word} : unlinked(word);
  }
  return kept;
}

// A value on one line, cut, and without what would become a link: all but the service's own link and words,
// and the network address that it saw, were typed by somebody.
std::string clean(const std::string& key, const std::string& value) {
  const std::string line{trim(one_line(value))};
  if (key == "link" || key == "address" || line.empty()) return line;
  const std::string cut = shortened(line, limit_of(key));
  if (is_address(key, cut)) return cut;
  return key == "change" ? unlinked_around_addresses(cut) : unlinked(cut);
}

// The values that templates see: the mail's own, cleaned, and those that every mail has.
std::map<std::string, std::string> complete(const Mail& mail, const Mailbox& from,
                                            const std::string& public_url, const std::string& app_url) {
  std::map<std::string, std::string> values;
  for (const auto& [key, value] : mail.values) {
    if (key.starts_with('#')) continue;
    if (auto text = clean(key, value); !text.empty()) values[key] = std::move(text);
  }
  if (needs_link(mail.kind) && !values.contains("link"))
    throw std::runtime_error("a mail of template " + std::string{template_name(mail.kind)} + " needs a link");
  if (const auto minutes = values.find("minutes"); minutes != values.end())
    values["lifetime"] = lifetime(minutes->second);
  values["public_url"] = public_url;
  if (!app_url.empty()) values["app_url"] = app_url;
  values.emplace("email", one_line(mail.to));
  values.emplace("service", service_name(from));
  values.emplace("reset_url", public_url + "/reset");
  // Whoever only has to sign in goes where people use the application; the service itself has no such page.
  const auto target = values.contains("link") ? values["link"]
                      : warns(mail.kind)      ? values["reset_url"]
                                              : app_url;
  if (!target.empty()) values.emplace("target", target);
  return values;
}

// What an inbox shows beside the subject: the first paragraph.
std::string preheader(std::string_view text) {
  return shortened(one_line(trim(text.substr(0, text.find("\n\n")))), kPreheaderMax);
}

// A section that is left out leaves the empty lines around it: of several in a row one stays.
std::string without_gaps(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (c != '\n' || !out.ends_with("\n\n")) out += c;
  return out;
}

struct Content {
  std::string subject, text, html;
};

// The lists of a mail, cleaned like its other values; an empty one hides its section.
void set_lists(mustache::data& view, const Mail& mail) {
  for (const auto& [key, value] : mail.values) {
    if (!key.starts_with('#')) continue;
    mustache::data list{mustache::data::type::list};
    for (const auto& row : rows_of_list(value)) {
      mustache::data item;
      for (const auto& [name, text] : row) item.set(name, clean(name, text));
      list.push_back(item);
    }
    view.set(key.substr(1), list);
  }
}

// What a subject may name: nothing that could be read as an address of any kind, and of a mail that an
// unproven account caused, nothing that its owner chose.
mustache::data subject_view(const Mail& mail, const std::map<std::string, std::string>& values) {
  mustache::data view;
  const bool neutral = mail.values.contains(kNeutral);
  for (const auto& [key, value] : values) {
    const auto own = mail.values.find(key);
    const bool typed = own != mail.values.end();
    if (typed && (neutral || carries_link(one_line(own->second)))) continue;
    view.set(key, value);
  }
  return view;
}

Content fill_all(const Mail& mail, const std::map<std::string, std::string>& values) {
  const std::string name{template_name(mail.kind)};
  mustache::data view;
  for (const auto& [key, value] : values) view.set(key, value);
  set_lists(view, mail);
  view.set("button",
           mustache::data{mustache::lambda2{[&](const std::string& label, const mustache::renderer& render) {
             const auto target = values.find("target");
             if (target == values.end()) return std::string{};
             mustache::data button;
             button.set("label", render(label));
             button.set("target", target->second);
             return fill("button.html.mustache", button);
           }}});

  Content content;
  content.subject = trim(one_line(fill(name + ".subject.mustache", subject_view(mail, values))));
  const std::string text = without_gaps(fill(name + ".txt.mustache", view));
  const std::string html = fill(name + ".html.mustache", view);
  view.set("subject", content.subject);
  view.set("preheader", preheader(text));
  view.set("body", std::string{trim(text)});
  content.text = fill("layout.txt.mustache", view);
  view.set("body", std::string{trim(html)});
  content.html = fill("layout.html.mustache", view);
  return content;
}

// What the settings say of all mails, read once as long as they do not change.
struct Service {
  std::string from, public_url;
  Mailbox mailbox;
  std::string domain;  // of Message-IDs
};

const Service& service_of(const std::string& from, const std::string& public_url) {
  thread_local Service known;
  if (known.from == from && known.public_url == public_url && !from.empty()) return known;
  const Mailbox mailbox = parse_mailbox(from);
  const std::string host = host_name(public_url);
  known = {from, public_url, mailbox,
           host.empty() ? mailbox.address.substr(mailbox.address.find('@') + 1) : host};
  return known;
}

}  // namespace

Message render(const Mail& mail, const std::string& id, const std::string& from,
               const std::string& public_url, TimePoint date, const std::string& sender_name,
               const std::string& app_url) {
  const bool usable = !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
  if (!usable) throw std::invalid_argument("the mail's id is not made of letters, digits and hyphens");
  const Service& service = service_of(from, public_url);
  const Mailbox& sender = service.mailbox;
  const std::string recipient = envelope_address(mail.to);
  const Content content = fill_all(mail, complete(mail, sender, public_url, app_url));

  const std::string boundary = "=_" + id;
  const bool neutral = mail.values.contains(kNeutral);
  const Mailbox author = on_behalf_of(sender, neutral ? std::string{} : sender_name);
  Message message{sender.address,
                  recipient,
                  id + '@' + service.domain,
                  {},
                  date,
                  plain_mailbox(author),
                  content.subject,
                  content.text,
                  content.html};
  message.data =
      "Date: " + format_date(date) + "\r\nFrom: " + format_mailbox(author) + "\r\nTo: <" + recipient +
      ">\r\nSubject: " + header_text(content.subject, std::string_view{"Subject: "}.size()) +
      "\r\nMessage-ID: <" + message.message_id +
      ">\r\n"
      "MIME-Version: 1.0\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "X-Auto-Response-Suppress: All\r\n"
      "Content-Type: multipart/alternative;\r\n boundary=\"" +
      boundary + "\"\r\n\r\n--" + boundary + "\r\n" + text_part("text/plain", content.text) + "\r\n--" +
      boundary + "\r\n" + text_part("text/html", content.html) + "\r\n--" + boundary + "--\r\n";
  return message;
}

}  // namespace tenantd::mail
