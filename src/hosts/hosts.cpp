#include "tenantd/hosts/hosts.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/hosts/protocol.hpp"

namespace tenantd::hosts {
namespace {

constexpr db::Sql kList{"host.list",
                        "SELECT id, name, version, started_at, GREATEST(UNIX_TIMESTAMP() - seen_at, 0), "
                        "address, server, files, kids, lag_us, overdue FROM host ORDER BY started_at, id"};
constexpr db::Sql kForgetHost{"host.forget", "DELETE FROM host WHERE id = ?"};

std::vector<std::string> names_in(const std::string& text) {
  std::vector<std::string> names;
  for (const auto name : split(text, ' '))
    if (!name.empty()) names.emplace_back(name);
  return names;
}

std::vector<Host> read(db::Rows rows) {
  std::vector<Host> found;
  while (rows.next())
    found.push_back({rows.id<HostId>(0), rows.text(1), rows.text(2), rows.time(3), rows.integer(4),
                     rows.text(5), rows.text(6), rows.text(7), names_in(rows.text(8)), rows.integer(9),
                     rows.integer(10)});
  return found;
}

}  // namespace

std::string host_name(const Settings& settings) {
  if (!settings.host_name.empty()) return settings.host_name;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

// One that is alone says it rarely.
bool Host::is_alive() const { return silent_seconds * 1'000'000 < 2 * kRenewAloneUs; }

std::string other_writers(const std::vector<Host>& hosts) {
  const auto counts = [](const Host& host) { return host.is_alive() && !host.server.empty(); };
  const auto first = std::ranges::find_if(hosts, counts);
  if (first == hosts.end()) return "";
  std::string all, others;
  for (const auto& host : hosts) {
    if (!counts(host)) continue;
    all += (all.empty() ? "" : ", ") + host.name + " through " + host.server;
    if (host.server != first->server) others = host.server;
  }
  return others.empty() ? "" : all;
}

std::string Host::keys_print() const {
  if (kids.empty()) return {};
  auto sorted = kids;
  std::ranges::sort(sorted);
  std::string text;
  for (const auto& kid : sorted) text += kid + '\n';
  return base64url_encode(crypto::sha256(text)).substr(0, 12);
}

std::vector<Host> list_hosts(db::Connection& connection) { return read(connection.query(kList)); }
std::vector<Host> list_hosts(db::Txn& txn) { return read(txn.query(kList)); }

bool forget_host(db::Txn& txn, const HostId& id) { return txn.execute(kForgetHost, id) == 1; }

}  // namespace tenantd::hosts
