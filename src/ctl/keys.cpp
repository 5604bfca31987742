#include "keys.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "options.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/db/access_denied.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/hosts/deployment.hpp"
#include "tenantd/hosts/hosts.hpp"
#include "usage.hpp"

namespace tenantd::ctl {

const char* const kKeysPage =
    "Usage: tenantctl keys create        make the keys that are missing\n"
    "       tenantctl keys rotate        make another signing key. It is published at once and signs after\n"
    "                                    KEYS_PUBLISH_SECONDS, and not before every host that runs has it:\n"
    "                                    copy KEYS_DIR/signing to the others meanwhile. Tokens of the older\n"
    "                                    ones stay valid\n"
    "                     --now          it signs at once: the old one is in wrong hands\n"
    "                     --rsa          the same of the RSA keys, which sign ID tokens by RS256\n"
    "       tenantctl keys retire KID    remove a signing key whose tokens have all ended, by its age and by "
    "what\n"
    "                                    the hosts have written into the database\n"
    "                     --force        and end those that have not\n"
    "       tenantctl keys list          the public signing keys, as /.well-known/jwks.json shows them\n"
    "       tenantctl keys adopt         say what the database would lose by these keys, if it knows others\n"
    "                     --force        and let it know these: no host runs, and the others are lost\n"
    "They lie in KEYS_DIR, for the user whom the services run as: root makes them for the folder's owner. A\n"
    "running tenantd sees by itself which signing keys there are. adopt signs in as DB_ADMIN_USER. Exit\n"
    "status: 0 done, or nothing to do; 1 not done; 64 wrong usage; 75 database away; 78 wrong settings.\n";

namespace {

struct KeysOptions {
  std::string action, kid;
  bool at_once = false, force = false, rsa = false;
};

KeysOptions parse_keys(const Arguments& arguments) {
  KeysOptions options;
  const auto words = read_options(
      arguments, {{"--now", options.at_once}, {"--force", options.force}, {"--rsa", options.rsa}}, 2);
  options.action = words.empty() ? "" : words[0];
  const auto& action = options.action;
  const auto is_one_of = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, action) != names.end();
  };
  const bool fits = action == "retire"
                        ? words.size() == 2
                        : words.size() == 1 && is_one_of({"create", "rotate", "list", "adopt"});
  const bool options_fit = ((!options.at_once && !options.rsa) || action == "rotate") &&
                           (!options.force || is_one_of({"retire", "adopt"}));
  if (!fits || !options_fit)
    throw UsageError(
        "keys takes create, rotate [--now] [--rsa], retire KID [--force], list or adopt [--force]");
  if (action == "retire") options.kid = words[1];
  return options;
}

// Keys that root makes must be readable for those whose folder it is, and root must not follow what stands in
// a folder of others: it becomes the owner of the folder, or of the nearest one above that exists.
void become_owner_of(const std::string& dir) {
  if (::geteuid() != 0) return;
  std::filesystem::path path = std::filesystem::absolute(dir);
  struct stat found {};
  while (::stat(path.c_str(), &found) != 0 && path.has_relative_path()) path = path.parent_path();
  if (found.st_uid == 0) return;
  if (::setgroups(0, nullptr) != 0 || ::setgid(found.st_gid) != 0 || ::setuid(found.st_uid) != 0)
    throw std::runtime_error("cannot become the owner of " + path.string() + ": " + std::strerror(errno));
}

int create(const std::string& dir, std::ostream& out) {
  const auto made = crypto::KeyRing::create_missing(dir);
  for (const auto& name : made) out << "made " << dir << '/' << name << '\n';
  if (made.empty()) out << "all keys exist\n";
  return 0;
}

int rotate_rsa(const Settings& settings, TimePoint from, std::ostream& out) {
  out << "published " << crypto::KeyRing::rotate_rsa(settings.keys_dir, from) << "; it signs ID tokens from "
      << service::format_utc(from) << " on. Copy KEYS_DIR/signing to the other hosts before\n";
  return 0;
}

int rotate(const Settings& settings, const KeysOptions& options, std::ostream& out) {
  // Even at once is a moment after every worker of this host has seen the key.
  const auto from =
      now() + Seconds{options.at_once ? 1 : std::max<std::int64_t>(settings.keys_publish_seconds, 1)};
  if (options.rsa) return rotate_rsa(settings, from, out);
  out << "published " << crypto::KeyRing::rotate(settings.keys_dir, from) << "; it signs from "
      << service::format_utc(from)
      << " on, once every host has it. Tokens of the older keys stay valid; retire those once their tokens "
         "have ended\n";
  return 0;
}

// What goes when these keys are taken for those of the database.
std::vector<std::string> losses(const hosts::Deployment& deployment, const crypto::KeyRing& ring,
                                TimePoint now) {
  const auto prints = ring.fingerprints();
  std::vector<std::string> lost;
  if (!deployment.seal.empty() && deployment.seal != prints.seal)
    lost.insert(lost.end(),
                {"mails that wait in the outbox", "second factors",
                 "secrets of webhooks and of identity providers", "the proof of the audit log up to now"});
  if (!deployment.refresh.empty() && deployment.refresh != prints.refresh)
    lost.emplace_back("all sessions: everybody signs in again");
  for (const auto& [kid, until] : deployment.signing)
    if (until > now && ring.find(kid) == nullptr)
      lost.push_back("access tokens that the key " + kid + " has signed");
  return lost;
}

int adopt(const Settings& settings, bool force, std::ostream& out, std::ostream& err) {
  const auto ring = crypto::KeyRing::load(settings.keys_dir);
  db::Connection connection{administrator_account(settings)};
  const auto lost = losses(hosts::read_deployment(connection), ring, now());
  if (lost.empty()) {
    hosts::found_deployment(connection, ring);
    return out << "the database knows these keys\n", 0;
  }
  err << "tenantctl: The database knows other keys than those in " << settings.keys_dir
      << ". With these go:\n";
  for (const auto& each : lost) err << "  " << each << '\n';
  for (const auto& host : hosts::list_hosts(connection))
    if (host.is_alive()) return err << "Stop " << host.name << " first, which runs with the others\n", 1;
  if (!force)
    return err << "Restore the keys that belong to it if there is a copy. If not: tenantctl keys adopt "
                  "--force\n",
           1;
  hosts::adopt_keys(connection, ring);
  return out << "the database knows the keys in " << settings.keys_dir << " from now on\n", 0;
}

std::unique_ptr<db::Connection> any_account(const Settings& settings) {
  try {
    return std::make_unique<db::Connection>(application_account(settings));
  } catch (const db::AccessDenied&) {
    return std::make_unique<db::Connection>(administrator_account(settings));
  }
}

// The folder says whose turn it is. A host that another one waits for signs on with the key before, and says
// so in the database.
void refuse_living(const Settings& settings, const std::string& kid) {
  const auto connection = any_account(settings);
  const auto deployment = hosts::read_deployment(*connection);
  const auto at = deployment.signing.find(kid);
  if (at == deployment.signing.end() || at->second <= now()) return;
  throw std::runtime_error("Tokens that the hosts have signed with the key " + kid +
                           " live for up to another " + std::to_string((at->second - now()).count()) +
                           " seconds: retire it then, or with --force to end them");
}

int retire(const Settings& settings, const std::string& kid, bool force, std::ostream& out) {
  crypto::KeyRing::retire(settings.keys_dir, kid, now(), Seconds{force ? 0 : settings.access_token_seconds});
  out << "retired " << kid << '\n';
  return 0;
}

}  // namespace

int keys(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  const auto options = parse_keys(arguments);
  const auto settings = load_settings();
  if (!settings.clock_offset_file.empty()) use_offset_file(settings.clock_offset_file);
  const auto& dir = settings.keys_dir;
  if (options.action == "adopt") return adopt(settings, options.force, out, err);
  if (options.action == "retire" && !options.force) refuse_living(settings, options.kid);
  become_owner_of(dir);
  if (options.action == "create") return create(dir, out);
  if (options.action == "rotate") return rotate(settings, options, out);
  if (options.action == "list") return out << crypto::KeyRing::load(dir).jwks_json() << '\n', 0;
  return retire(settings, options.kid, options.force, out);
}

}  // namespace tenantd::ctl
