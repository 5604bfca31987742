#include "hosts.hpp"

#include <iomanip>

#include "options.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/hosts/hosts.hpp"
#include "usage.hpp"

namespace tenantd::ctl {

const char* const kHostsPage =
    "Usage: tenantctl hosts list [--json]   who runs on this database: name, whether it lives, since when,\n"
    "                                       its version, where the database sees it, through which server\n"
    "                                       it writes, the longest time between two of its looks at what\n"
    "                                       others changed, where it keeps files, a fingerprint of its\n"
    "                                       signing keys, and its id; --json: for programs, with the\n"
    "                                       keys' names. `list` may be left out\n"
    "       tenantctl hosts forget ID       take the row of a host away that is gone; other hosts that run\n"
    "                                       do so by themselves\n"
    "It signs in as DB_USER. Exit status: 0 done; 1 no such host, or it lives; 64 wrong usage; 75 database\n"
    "away; 78 wrong settings.\n";

namespace {

using hosts::Host;

std::string state_of(const Host& host) {
  return host.is_alive() ? "alive" : "silent for " + std::to_string(host.silent_seconds) + " s";
}

void put_json(json::Writer& json, const Host& host) {
  json.begin_object()
      .field("id", host.id)
      .field("name", host.name)
      .field("version", host.version)
      .field("started_at", host.started_at)
      .field("alive", host.is_alive())
      .field("silent_seconds", host.silent_seconds)
      .field("address", host.address)
      .field("server", host.server)
      .field("lag_ms", host.lag_us / 1000)
      .field("waited_for_in_vain", host.overdue)
      .field("files", host.files)
      .field("keys", host.keys_print())
      .field("signing_keys", host.kids)
      .end_object();
}

void put_line(std::ostream& out, const Host& host) {
  const auto known = [](const std::string& text) { return text.empty() ? std::string{"-"} : text; };
  out << std::left << std::setw(20) << host.name << ' ' << std::setw(18) << state_of(host) << " since "
      << service::format_utc(host.started_at) << "  " << host.version << "  from " << known(host.address)
      << " at " << known(host.server) << "  lag " << host.lag_us / 1000 << " ms  files " << known(host.files)
      << "  keys " << known(host.keys_print()) << "  " << host.id.str() << '\n';
}

int list(db::Pool& pool, bool as_json, std::ostream& out) {
  db::Txn txn{pool};
  const auto found = hosts::list_hosts(txn);
  if (as_json) {
    json::Writer json;
    json.begin_array();
    for (const auto& host : found) put_json(json, host);
    return out << json.end_array().text() << '\n', 0;
  }
  for (const auto& host : found) put_line(out, host);
  if (found.empty()) out << "none runs\n";
  return 0;
}

// The row of one that lives says to the others whom they wait for.
int forget(db::Pool& pool, const HostId& id, std::ostream& out, std::ostream& err) {
  return db::run_transaction(pool, nullptr, [&](db::Txn& txn) {
    for (const auto& host : hosts::list_hosts(txn)) {
      if (host.id != id) continue;
      if (host.is_alive())
        return err << "tenantctl: " << host.name << " said " << host.silent_seconds
                   << " s ago that it lives: stop it, or ask again later\n",
               1;
      hosts::forget_host(txn, id);
      return out << "forgot " << host.name << '\n', 0;
    }
    return err << "tenantctl: no host has the id " << id.str() << '\n', 1;
  });
}

}  // namespace

int hosts(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  bool as_json = false;
  const auto words = read_options(arguments, {{"--json", as_json}}, 2);
  const std::string action = words.empty() ? "list" : words[0];
  const auto id = words.size() == 2 ? HostId::parse(words[1]) : std::nullopt;
  const bool fits = action == "forget" ? id && !as_json : action == "list" && words.size() < 2;
  if (!fits) throw UsageError("hosts takes list [--json] or forget ID");
  const Settings settings = load_settings();
  db::Pool pool{application_account(settings), 1};
  return action == "list" ? list(pool, as_json, out) : forget(pool, *id, out, err);
}

}  // namespace tenantd::ctl
