// An organization whose directory provisions by SCIM, with a domain that it has proven.
#pragma once

#include <string>
#include <vector>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::test {

inline const std::string kScim = "/scim/v2";

// As the record of a domain would prove it.
inline void prove_domain(const std::string& org_id, const std::string& domain) {
  database().run(
      "INSERT INTO domain (org_id, id, domain, record_value, proven_at, created_at, updated_at) VALUES (" +
      binary(org_id) + ", " + binary(fresh_id()) + ", " + literal(domain) + ", 'x', 1, 1, 1)");
}

struct Directory {
  Account owner;
  std::string domain = fresh_name("corp") + ".example.com";
  ApiKey key = make_api_key(owner, R"(["scim:provision"])");

  explicit Directory(bool proven = true) : Directory{sign_up_verified()} {
    if (proven) prove_domain(owner.org_id, domain);
  }
  explicit Directory(Account whose) : owner{std::move(whose)} {}

  // As providers send the key.
  Response send(const std::string& method, const std::string& path,
                const std::optional<std::string>& body = {}, std::vector<Header> headers = {}) const {
    headers.emplace_back("Authorization", "Bearer " + key.key);
    return Client{}.send({method, kScim + path, body, "application/scim+json", headers});
  }
  Response get(const std::string& path) const { return send("GET", path); }
  Response post(const std::string& path, const std::string& body) const { return send("POST", path, body); }
  Response put(const std::string& path, const std::string& body) const { return send("PUT", path, body); }
  Response patch(const std::string& path, const std::string& operations,
                 std::vector<Header> headers = {}) const {
    return send(
        "PATCH", path,
        R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":)" + operations + '}',
        std::move(headers));
  }
  Response del(const std::string& path) const { return send("DELETE", path); }

  std::string address(const std::string& stem = "ann") const { return fresh_name(stem) + '@' + domain; }
  Response make(const std::string& user_name, const std::string& more = "") const {
    return post("/Users", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":)" +
                              Field{user_name}.json() + more + '}');
  }
  // The id of a new person.
  std::string made(const std::string& user_name, const std::string& more = "") const {
    return expect(make(user_name, more), 201).text("/id");
  }
  Response make_group(const std::string& name, const std::vector<std::string>& members = {}) const {
    std::string list;
    for (const auto& id : members) list += (list.empty() ? "" : ",") + object({{"value", id}});
    return post("/Groups", R"({"displayName":)" + Field{name}.json() + R"(,"members":[)" + list + "]}");
  }
  // Which groups give which roles: pairs of both.
  Response set_roles(const std::vector<std::pair<std::string, std::string>>& table,
                     const std::string& newcomers = "member") const {
    return set_roles(owner, table, newcomers);
  }
  static Response set_roles(const Account& who, const std::vector<std::pair<std::string, std::string>>& table,
                            const std::string& newcomers = "member") {
    std::string rows;
    for (const auto& [group, role] : table)
      rows += (rows.empty() ? "" : ",") + object({{"group", group}, {"role_name", role}});
    return who.client().put("/api/v1/scim/roles",
                            R"({"default_role_name":")" + newcomers + R"(","group_roles":[)" + rows + "]}");
  }
  std::string role_of(const std::string& id) const { return stored_role(owner.org_id, id); }
};

inline std::string filtered(const std::string& path, const std::string& filter) {
  return path + "?filter=" + tenantd::percent_encode(filter);
}

// Throws unless the reply is an error of SCIM of this status and keyword ("": none).
inline const Response& expect_scim(const Response& reply, int status, const std::string& type = "",
                                   const std::source_location& at = std::source_location::current()) {
  require(reply.status == status && reply.header("content-type") == "application/scim+json" &&
              reply.text("/schemas/0") == "urn:ietf:params:scim:api:messages:2.0:Error" &&
              reply.text("/status") == std::to_string(status) &&
              (type.empty() ? !reply.has("/scimType")
                            : reply.has("/scimType") && reply.text("/scimType") == type),
          "no error " + std::to_string(status) + ' ' + type + ": " + reply.describe(), at);
  return reply;
}

}  // namespace tenantd::test
