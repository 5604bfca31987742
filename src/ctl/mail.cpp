// tenantctl mail: how mails look, whether one gets through, and which addresses get none.
#include <sysexits.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iomanip>

#include "options.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/ctl/commands.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/hosts/deployment.hpp"
#include "tenantd/mail/transport.hpp"
#include "tenantd/modules/mail_events/mail_events.hpp"
#include "usage.hpp"

namespace tenantd::ctl {

const char* const kMailPage =
    "Usage: tenantctl mail preview [TEMPLATE] [--text|--html|--eml]   one mail with sample values; without\n"
    "                                                                TEMPLATE the names of all\n"
    "       tenantctl mail preview --all --dir DIR                   each as NAME.txt, .html and .eml in "
    "DIR,\n"
    "                                                                which is made if it is missing\n"
    "       tenantctl mail test ADDRESS                              send one as the settings say, past the\n"
    "                                                                outbox, and print the server's answer\n"
    "       tenantctl mail suppressions list                         addresses that get no mail, newest "
    "first\n"
    "       tenantctl mail suppressions remove ADDRESS\n"
    "Exit status: 0 done, 1 refused or not found, 64 wrong usage, 74 the output could not be written,\n"
    "75 the server does not take it now, 78 wrong settings.\n";

namespace {

constexpr const char* kSampleId = "00000000-0000-7000-8000-000000000000";
constexpr std::int64_t kListPage = 200;

mail::Message sample(const Settings& settings, mail::Template kind) {
  const auto mail = mail::sample_mail(kind, "grace@example.com", settings.public_url);
  return mail::render(mail, kSampleId, settings.mail_from, settings.public_url, now(),
                      kind == mail::Template::invitation ? "Northwind Traders" : "", settings.app_url);
}

const std::string& part_of(const mail::Message& message, const std::string& format) {
  if (format == "--html") return message.html;
  return format == "--eml" ? message.data : message.text;
}

void write_file(const std::string& path, const std::string& text) {
  errno = 0;
  std::ofstream file{path, std::ios::binary};
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path + ": " + std::strerror(errno));
}

int preview_all(const Settings& settings, const std::string& dir, std::ostream& out) {
  std::error_code problem;
  std::filesystem::create_directories(dir, problem);
  if (problem) throw std::runtime_error("cannot make the folder " + dir + ": " + problem.message());
  for (const auto kind : mail::templates()) {
    const auto message = sample(settings, kind);
    const auto stem = dir + '/' + std::string{mail::template_name(kind)};
    write_file(stem + ".txt", message.text);
    write_file(stem + ".html", message.html);
    write_file(stem + ".eml", message.data);
    out << stem << ".{txt,html,eml}  " << message.subject << '\n';
  }
  return 0;
}

int preview_one(const Settings& settings, const std::string& name, const std::string& format,
                std::ostream& out) {
  const auto kind = mail::template_by_name(name);
  if (!kind) throw UsageError("there is no mail template \"" + name + "\"");
  out << part_of(sample(settings, *kind), format);
  return 0;
}

int preview(const Arguments& arguments, std::ostream& out) {
  bool all = false, text = false, html = false, eml = false;
  std::string dir;
  const auto names = read_options(
      arguments, {{"--all", all}, {"--dir", dir}, {"--text", text}, {"--html", html}, {"--eml", eml}}, 1);
  const int formats = int{text} + int{html} + int{eml};
  if (all && dir.empty()) throw UsageError("mail preview --all needs --dir DIR");
  if (!dir.empty() && !all) throw UsageError("--dir goes with --all");
  if (formats > 1) throw UsageError("--text, --html and --eml exclude each other");
  if (formats == 1 && names.empty()) throw UsageError("mail preview takes a template's name");
  if (all && !names.empty()) throw UsageError("--all takes no template's name");
  if (!all && names.empty()) {
    for (const auto kind : mail::templates()) out << mail::template_name(kind) << '\n';
    return 0;
  }
  const Settings settings = load_settings();
  if (all) return preview_all(settings, dir, out);
  return preview_one(settings, names[0], html ? "--html" : eml ? "--eml" : "--text", out);
}

int test(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  if (arguments.size() != 1) throw UsageError("mail test takes one address");
  const auto [to, problem] = Email::read(arguments[0]);
  if (!problem.empty()) throw UsageError("the address \"" + arguments[0] + "\" " + problem);
  const Settings settings = load_settings();
  const auto transport = mail::make_transport(settings);
  const auto message = mail::render(mail::sample_mail(mail::Template::test, to->str(), settings.public_url),
                                    crypto::new_id<MailId>().str(), settings.mail_from, settings.public_url,
                                    now(), "", settings.app_url);
  auto result = transport->send(message);
  if (const auto failure = transport->settle()) result = *failure;
  transport->idle();
  const bool sent = result.outcome == mail::Outcome::sent;
  if (!result.detour.empty())
    err << "tenantctl: not by " << settings.mail_transport << ": " << result.detour << '\n';
  (sent ? out : err) << (sent ? "sent by " + result.provider : "tenantctl: not sent") << ": " << result.detail
                     << '\n';
  if (sent) return 0;
  return result.outcome == mail::Outcome::refused ? 1 : EX_TEMPFAIL;
}

int list(db::Pool& pool, std::ostream& out) {
  db::Txn txn{pool};
  std::optional<store::Keyset> from;
  do {
    const auto page = store::list_suppressions(txn, from, kListPage);
    for (const auto& row : page)
      out << service::format_utc(row.created_at) << "  " << std::left << std::setw(10) << row.reason
          << std::setw(8) << row.source << row.email << (row.detail.empty() ? "" : "  ") << row.detail
          << '\n';
    from = page.size() < static_cast<std::size_t>(kListPage)
               ? std::nullopt
               : std::optional{store::Keyset{page.back().created_at, page.back().id.bytes()}};
  } while (from);
  return 0;
}

int lift(const Settings& settings, db::Pool& pool, const std::string& address, std::ostream& out,
         std::ostream& err) {
  const auto keys = hosts::checked_keys(settings, *pool.acquire());
  const service::Context context{settings, keys, now(), "", "tenantctl", "", nullptr, {}, {}, {}, {}};
  try {
    db::run_transaction(pool, nullptr,
                        [&](db::Txn& txn) { service::lift_suppression(txn, context, address); });
  } catch (const ApiError& e) {
    if (e.code() != ErrorCode::not_found) throw;
    err << "tenantctl: " << address << " is not suppressed\n";
    return 1;
  }
  out << address << " gets mail again\n";
  return 0;
}

int suppressions(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  const auto words = read_options(arguments, {}, 2);
  const bool listing = words.size() == 1 && words[0] == "list";
  if (!listing && (words.size() != 2 || words[0] != "remove"))
    throw UsageError("mail suppressions takes list or remove ADDRESS");
  const Settings settings = load_settings();
  db::Pool pool{application_account(settings), 1};
  return listing ? list(pool, out) : lift(settings, pool, words[1], out, err);
}

}  // namespace

int mail_tools(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  const std::string action = arguments.empty() ? "" : arguments[0];
  const Arguments rest(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  if (action == "preview") return preview(rest, out);
  if (action == "test") return test(rest, out, err);
  if (action == "suppressions") return suppressions(rest, out, err);
  throw UsageError("mail takes preview, test or suppressions");
}

}  // namespace tenantd::ctl
