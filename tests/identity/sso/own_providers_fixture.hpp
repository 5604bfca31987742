// An instance that may call the identity provider of the test's own.
#pragma once

#include <string>
#include <vector>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"

namespace tenantd::test {

inline std::string path(const std::string& org_id, const std::string& rest = "") {
  return "/api/v1/tenants/" + org_id + "/oidc-providers" + rest;
}

// An instance of its own that may call the provider, which the test holds.
struct ProviderWorld {
  FakeProvider idp;
  PrivateStack stack;
  Account owner;
  explicit ProviderWorld(std::vector<std::string> more = {}) : stack{with(idp.settings(), std::move(more))} {
    stack.take_the_suites_place();
    owner = sign_up();
  }
  static std::vector<std::string> with(std::vector<std::string> settings, std::vector<std::string> more) {
    settings.insert(settings.end(), more.begin(), more.end());
    return settings;
  }
  std::string role_of(const std::string& user_id) const {
    return text_of(
        "SELECT r.name FROM member m JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id "
        "WHERE m.user_id = " +
        binary(user_id) + " AND m.org_id = " + binary(owner.org_id));
  }
};

inline std::int64_t count(const std::string& table) { return number_of("SELECT COUNT(*) FROM " + table); }

// The reply to a sign-in that brings this token.
inline Response bring(FakeProvider& idp, const Begun& begun, const std::string& token,
                      const std::string& issuer = "") {
  const auto code = fresh_name("code");
  idp.grant(code, token);
  return come_back(begun, code, issuer);
}

}  // namespace tenantd::test
