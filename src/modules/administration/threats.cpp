// The search for attacks: the store groups what is written down about accounts, and here stands what a group
// means.
#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "modules/administration/administration.hpp"

namespace tenantd::service {
namespace {

// Many accounts with few tries each get under every account's lock: the passwords are tried, not the account.
const char* kind_of(const store::EventGroup& group, const ThreatBounds& bounds) {
  const bool spread = group.accounts >= bounds.accounts && group.events <= group.accounts * bounds.tries;
  return spread ? "spraying" : "burst";
}

}  // namespace

std::string network_text(const std::string& address) {
  in6_addr parsed{};
  if (::inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return address;
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) return address.substr(address.rfind(':') + 1);
  std::memset(parsed.s6_addr + 8, 0, 8);
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &parsed, text.data(), text.size());
  return std::string{text.data()} + "/64";
}

std::vector<Threat> find_threats(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                                 const ThreatBounds& bounds) {
  const auto since = context.now - bounds.window;
  std::vector<Threat> found;
  const auto add = [&](const char* kind, store::EventGroup group) {
    found.push_back({kind, network_text(group.address), std::move(group)});
  };
  for (auto& group :
       store::failures_by_network(txn, admin, since, bounds.failures, bounds.accounts, bounds.limit)) {
    const char* kind = kind_of(group, bounds);
    add(kind, std::move(group));
  }
  for (auto& group : store::failures_by_account(txn, admin, since, bounds.networks, bounds.limit))
    add("account_under_attack", std::move(group));
  for (auto& group : store::signins_by_network(txn, admin, since, bounds.signed_in, bounds.limit))
    add("many_accounts", std::move(group));
  for (auto& group : store::events_by_account(txn, admin, "session.token_reused", since, 1, bounds.limit))
    add("refresh_reuse", std::move(group));
  for (auto& group : store::events_by_account(txn, admin, "mfa.failed", since, bounds.codes, bounds.limit))
    add("code_guessing", std::move(group));
  return found;
}

}  // namespace tenantd::service
