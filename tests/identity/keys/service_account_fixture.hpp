// Service accounts of an organization and their keys, for the tests of both.
#pragma once

#include <criterion/criterion.h>

#include <algorithm>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/inventory.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"

namespace tenantd::test {

inline const std::string kAccounts = "/api/v1/service-accounts";
inline const std::string kProducts = "/api/v1/products";

inline std::string account_body(const std::string& access, const std::string& more = "") {
  return R"({"name":")" + fresh_name("robot") + "\"," + access + more + '}';
}
inline const std::string kReads = R"("permissions":["products:read"])";

// The account's id.
inline std::string make_account(const Account& owner, const std::string& access = kReads,
                                const std::string& more = "") {
  return expect(owner.client().post(kAccounts, account_body(access, more)), 201).text("/id");
}

inline Response add_key(const Account& owner, const std::string& account, const std::string& more = "") {
  return owner.client().post(kAccounts + '/' + account + "/keys", R"({"name":"first")" + more + '}');
}

inline Response rotate(const Account& owner, const std::string& account, const std::string& body = "{}") {
  return owner.client().post(kAccounts + '/' + account + "/rotate-key", body);
}

inline Client with(const Response& key) {
  Client client;
  client.header("X-Api-Key", expect(key, 201).text("/key"));
  return client;
}

inline Response change(const Account& owner, const std::string& account, const std::string& body) {
  return owner.client().put(kAccounts + '/' + account, body);
}

}  // namespace tenantd::test
