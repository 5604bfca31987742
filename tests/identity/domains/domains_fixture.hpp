// An instance whose name server and identity provider are the test's own.
#pragma once

#include <string>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/dns_server.hpp"
#include "support/fake_provider.hpp"
#include "support/mailbox.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"

namespace tenantd::test {

struct Domains {
  DnsServer dns;
  FakeProvider idp;
  PrivateStack stack;

  explicit Domains(std::vector<std::string> more = {}) : stack(settings(std::move(more))) {
    stack.take_the_suites_place();
  }

  std::vector<std::string> settings(std::vector<std::string> more) const {
    for (const auto& line : idp.settings(true)) more.push_back(line);
    more.push_back("DNS_SERVERS=" + dns.address());
    more.push_back("DNS_SECONDS=1");
    more.push_back("CLOCK_OFFSET_FILE=" + setting("CLOCK_OFFSET_FILE"));
    return more;
  }

  // Sets the record that a claim asks for.
  void set_record(const Response& claim) {
    dns.say_txt(claim.text("/record_name"), claim.text("/record_value"));
  }
};

// "acme-17.example": nobody else has it.
inline std::string fresh_domain() { return fresh_name("acme") + ".example.com"; }

inline Response claim(const Account& who, const std::string& domain) {
  return who.client().post("/api/v1/domains", object({{"domain", domain}}));
}
inline Response claimed_by(const Account& who, const std::string& domain) {
  auto reply = claim(who, domain);
  expect(reply, 201);
  return reply;
}
inline std::string domain_path(const Response& claimed) { return "/api/v1/domains/" + claimed.text("/id"); }
inline Response verify_domain(const Account& who, const Response& claimed) {
  return who.client().post(domain_path(claimed) + "/verify");
}
// Claims it, sets the record, and proves it.
inline Response prove(Domains& world, const Account& who, const std::string& domain) {
  const auto claimed = claimed_by(who, domain);
  world.set_record(claimed);
  auto verified = verify_domain(who, claimed);
  expect(verified, 200);
  return verified;
}
inline Response discover(const std::string& email) {
  auto reply = Client{}.post("/api/v1/auth/discover", object({{"email", email}}));
  expect(reply, 200);
  return reply;
}
inline bool is_discovered(const std::string& email) { return !discover(email).at("/organization").IsNull(); }
inline Response enforce(const Account& who, bool on = true) {
  return who.client().put("/api/v1/domains/enforcement",
                          on ? R"({"enforced":true})" : R"({"enforced":false})");
}
inline std::int64_t proven(const std::string& domain) {
  return number_of("SELECT COUNT(*) FROM domain WHERE proven_domain = " + literal(domain));
}
// The account's address becomes one of `domain`, verified.
inline void move_to(Account& account, const std::string& domain) {
  account.email = fresh_name("ann") + '@' + domain;
  database().run("UPDATE user SET email = " + literal(account.email) +
                 ", email_verified_at = 1 WHERE id = " + binary(account.user_id));
}

}  // namespace tenantd::test
