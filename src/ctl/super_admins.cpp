#include "super_admins.hpp"

#include <sysexits.h>

#include <algorithm>
#include <iomanip>

#include "administrator.hpp"
#include "options.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/accounts.hpp"
#include "tenantd/identity/setup.hpp"
#include "tenantd/identity/super_admins.hpp"
#include "usage.hpp"

namespace tenantd::ctl {

const char* const kSuperAdminPage =
    "Usage: tenantctl super-admin list             who is one, and since when the account exists\n"
    "       tenantctl super-admin grant ADDRESS    make an account one; it stays signed in\n"
    "       tenantctl super-admin revoke ADDRESS   make it an ordinary account; all its sessions end\n\n"
    "What it says counts on every host of a running tenantd. It signs in as DB_ADMIN_USER and needs the\n"
    "keys, for the audit row. create-super-admin makes an account that does not exist yet.\n"
    "Exit status: 0 done, or it was so already; 1 the address has no account, or one that has\n"
    "not verified it; 64 wrong usage;\n"
    "75 database away; 78 wrong settings.\n";

const char* const kSetupLinkPage =
    "Usage: tenantctl setup-link\n\n"
    "Prints the link that makes the first super-admin in the browser. It is good once, for SETUP_SECONDS, "
    "and\n"
    "takes the place of the one before. It signs in as DB_ADMIN_USER and needs the keys.\n"
    "Exit status: 0 printed; 1 somebody is super-admin already; 75 database away; 78 wrong settings.\n";

namespace {

Email address_of(const Arguments& words) {
  if (words.size() != 2) throw UsageError("super-admin " + words[0] + " takes one address");
  auto typed = Email::read(words[1]);
  if (!typed.problem.empty()) throw UsageError("the address \"" + words[1] + "\" " + typed.problem);
  return *std::move(typed.email);
}

int list(Administrator& as, std::ostream& out) {
  db::Txn txn{as.pool};
  const auto found = store::list_super_admins(txn, store::SuperAdminScope::unsafe_for_tenantctl());
  for (const auto& one : found)
    out << service::format_utc(one.created_at) << "  " << std::left << std::setw(12)
        << status_name(one.status) << one.email << '\n';
  return 0;
}

// What the new super-admin meets first.
void tell_of_factor(const Settings& settings, std::ostream& out) {
  if (!settings.super_admin_mfa) return;
  out << "Before anything system-wide it enrolls a second factor: sign in, then POST /api/v1/auth/mfa/enroll "
         "and /api/v1/auth/mfa/confirm (SUPER_ADMIN_MFA)\n";
}

int grant(Administrator& as, const Email& email, std::ostream& out, std::ostream& err) {
  std::optional<bool> was;
  try {
    was = db::run_transaction(
        as.pool, &as.hosts, [&](db::Txn& txn) { return service::grant_super_admin(txn, as.context, email); });
  } catch (const ApiError& e) {
    if (e.code() != ErrorCode::account_unverified) throw;
    err << "tenantctl: " << email.str()
        << " has an account that has not verified the address, and may be anybody's: let its owner follow "
        << "the link in the mail first\n";
    return 1;
  }
  if (!was) {
    err << "tenantctl: " << email.str()
        << " has no account: let it sign up first, or set SUPER_ADMIN_EMAIL and "
        << "SUPER_ADMIN_PASSWORD and run tenantctl create-super-admin\n";
    return 1;
  }
  out << email.str() << (*was ? " is super-admin already\n" : " is super-admin\n");
  if (!*was) tell_of_factor(as.settings, out);
  return 0;
}

int revoke(Administrator& as, const Email& email, std::ostream& out, std::ostream& err) {
  std::size_t left = 0;
  const auto was = db::run_transaction(as.pool, &as.hosts, [&](db::Txn& txn) {
    const auto found = service::revoke_super_admin(txn, as.context, email);
    left = store::list_super_admins(txn, store::SuperAdminScope::unsafe_for_tenantctl()).size();
    return found;
  });
  if (!was) {
    err << "tenantctl: " << email.str() << " has no account\n";
    return 1;
  }
  out << email.str()
      << (*was ? " is an ordinary account now; its sessions have ended\n" : " is no super-admin\n");
  if (left == 0)
    err << "tenantctl: nobody is super-admin now; tenantctl super-admin grant ADDRESS makes one\n";
  return 0;
}

enum class Found { made, was_one, ordinary };

}  // namespace

int create_super_admin(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  read_options(arguments, {});
  const Settings settings = load_settings();
  const auto typed = Email::read(settings.super_admin_email);
  if (!typed.problem.empty() || settings.super_admin_password.empty()) {
    err << "tenantctl: set SUPER_ADMIN_EMAIL to an e-mail address and SUPER_ADMIN_PASSWORD (or _FILE)\n";
    return EX_CONFIG;
  }
  const auto& email = typed.email;
  Administrator as{settings};
  const auto found = db::run_transaction(as.pool, &as.hosts, [&](db::Txn& txn) {
    if (service::create_super_admin(txn, as.context, *email, settings.super_admin_password.reveal()))
      return Found::made;
    return service::is_super_admin(txn, *email) ? Found::was_one : Found::ordinary;
  });
  if (found == Found::ordinary) {
    err << "tenantctl: " << email->str()
        << " has an ordinary account, which was not changed; to make it super-admin: "
        << "tenantctl super-admin grant " << email->str() << '\n';
    return EX_DATAERR;
  }
  out << email->str() << (found == Found::made ? " is super-admin\n" : " is super-admin already\n");
  if (found == Found::made) tell_of_factor(settings, out);
  return 0;
}

int setup_link(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  read_options(arguments, {});
  const Settings settings = load_settings();
  Administrator as{settings};
  try {
    out << db::run_transaction(as.pool, &as.hosts, [&](db::Txn& txn) {
      return service::make_setup_link(txn, as.context);
    }) << '\n';
  } catch (const ApiError& e) {
    if (e.code() != ErrorCode::setup_done) throw;
    err << "tenantctl: somebody is super-admin already: see tenantctl super-admin list\n";
    return 1;
  }
  return 0;
}

int super_admins(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  const auto words = read_options(arguments, {}, 2);
  const std::string action = words.empty() ? "" : words[0];
  if (action != "list" && action != "grant" && action != "revoke")
    throw UsageError("super-admin takes list, grant ADDRESS or revoke ADDRESS");
  if (action == "list" && words.size() > 1) throw UsageError("unexpected argument \"" + words[1] + '"');
  if (action != "list") address_of(words);
  const Settings settings = load_settings();
  Administrator as{settings};
  if (action == "list") return list(as, out);
  return action == "grant" ? grant(as, address_of(words), out, err) : revoke(as, address_of(words), out, err);
}

}  // namespace tenantd::ctl
