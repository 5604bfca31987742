// What the tests beside it share.
#pragma once

#include <criterion/criterion.h>

#include <algorithm>
#include <array>
#include <map>

#include "api/schema_files.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/inventory.hpp"
#include "tenantd/api/described.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::test::outsiders {
using namespace tenantd::test;
using tenantd::api::Access;
using tenantd::api::needs_permission;
using tenantd::api::Route;
using tenantd::api::routes;

// What a request names. Empty: left out.
struct Names {
  std::string org;
  std::string user;
  std::string tenant_header;
  std::string part = {};  // for the path's parts that name a row of the organization
};

inline std::string member(const std::string& name, const std::string& value) {
  return value.empty() ? "" : ",\"" + name + "\":" + Field{value}.json();
}

// The schema's example, in the organization.
inline std::string example_of(std::string_view schema, const std::string& org) {
  const auto document = tenantd::api::schema_document(schema);
  require(document.HasMember("examples"), std::string{schema} + " has no example");
  rapidjson::Document body;
  body.CopyFrom(document["examples"][0], body.GetAllocator());
  if (!org.empty()) body.AddMember("org_id", rapidjson::Value{org, body.GetAllocator()}, body.GetAllocator());
  return tenantd::json::compact(body);
}

// The body of each schema of the tenants' rows: a schema that does not stand here is known by its example.
inline std::string body_for(std::string_view schema, const Names& names) {
  const std::string org = member("org_id", names.org);
  const std::string user = Field{names.user.empty() ? fresh_id() : names.user}.json();
  if (schema == "invite") return R"({"email":"x@example.com")" + org + '}';
  if (schema == "add_users") return R"({"users":[{"email":"x@example.com"}])" + org + '}';
  if (schema == "delete_member") return "{\"user_id\":" + user + org + '}';
  if (schema == "update_member_role") return "{\"new_role_name\":\"viewer\",\"user_id\":" + user + org + '}';
  if (schema == "create_user")
    return R"({"email":"x@example.com","first_name":"X","last_name":"Y")" + org + '}';
  if (schema == "create_users")
    return R"({"users":[{"email":"x@example.com","first_name":"X","last_name":"Y"}])" + org + '}';
  if (schema == "user_action") return R"({"action":"deactivate","user_ids":[)" + user + ']' + org + '}';
  if (schema == "update_user") return R"({"status":"inactive")" + org + '}';
  if (schema == "member_role") return R"({"new_role_name":"viewer")" + org + '}';
  if (schema == "api_key") return R"({"name":"x","permissions":["users:read"])" + org + '}';
  if (schema == "google_provider")
    return R"({"client_id":"x","client_secret":"y","default_role_name":"viewer"})";
  if (schema == "microsoft_provider")
    return R"({"client_id":"x","client_secret":"y","default_role_name":"viewer",)"
           R"("azure_tenant_id":"3f2504e0-4f89-41d3-9a0c-0305e82c3301"})";
  if (schema == "identity_provider") return R"({"client_id":"x","default_role_name":"viewer"})";
  if (schema == "role") return R"({"name":"x","permissions":[])" + org + '}';
  if (schema == "change_webhook") return R"({"status":"paused")" + org + '}';
  if (schema == "change_stream") return R"({"status":"paused")" + org + '}';
  if (schema == "stream")
    return R"({"name":"x","carries":["audit"],"url":"https://127.9.9.9/","status":"paused")" + org + '}';
  if (schema == "webhook")
    return R"({"url":"https://127.9.9.9/","events":["*"],"status":"paused")" + org + '}';
  if (schema == "product") return R"({"sku":"x","name":"x")" + org + '}';
  if (schema == "product_import") return R"({"csv":"sku,name\nx,x\n")" + org + '}';
  if (schema == "movement_import") return R"({"csv":"sku,warehouse,type,quantity\nx,x,in,1\n")" + org + '}';
  if (schema == "stock_movement")
    return R"({"product_id":")" + fresh_id() + R"(","warehouse_id":")" + fresh_id() +
           R"(","type":"in","quantity":1)" + org + '}';
  if (schema == "purchase_request")
    return R"({"title":"x","lines":[{"product_id":")" + fresh_id() + R"(","quantity":1}])" + org + '}';
  if (schema == "purchase_approval" || schema == "purchase_rejection") return R"({"reason":"x")" + org + '}';
  if (schema == "purchase_receipt") return R"({"warehouse_id":null)" + org + '}';
  if (schema == "resend_invite") return R"({"expires_in":600)" + org + '}';
  if (schema == "approval_thresholds") return R"({"thresholds":[])" + org + '}';
  if (schema == "upload")
    return R"({"project_id":")" + fresh_id() + R"(","name":"x","content_type":"text/plain","size":1)" + org +
           '}';
  if (schema == "project" || schema == "document" || schema == "change_document")
    return R"({"name":"x")" + org + '}';
  if (schema == "search_projects") return R"({"query":"x")" + org + '}';
  if (schema == "change_organization") return R"({"settings":{}})";
  if (schema == "delete_organization") return R"({"name":"x"})";
  if (schema == "transfer_ownership") return "{\"user_id\":" + user + '}';
  return example_of(schema, names.org);
}

// True if the body may name the organization: then it is read before anything else of the body is judged.
inline bool takes_org_id(const Route& route) {
  return route.body == "delete_member" || route.body == "update_member_role" || route.body == "member_role";
}

// True if the path itself names the organization.
inline bool names_the_organization(const Route& route) {
  return route.path.find("{org_id}") != std::string_view::npos;
}

// Rows of an organization, besides its members, that paths name.
inline bool names_a_part(const Route& route) {
  std::size_t parts = 0;
  for (const char c : route.path) parts += c == '{' ? 1U : 0U;
  return parts > (route.path.find("{user_id}") == std::string_view::npos ? 0U : 1U) +
                     (names_the_organization(route) ? 1U : 0U);
}

inline bool names_a_user(const Route& route) {
  return route.body == "delete_member" || route.body == "update_member_role" ||
         route.path.find("{user_id}") != std::string_view::npos;
}

inline Call call_of(const Route& route, const Names& names) {
  Call call;
  call.method = tenantd::http::method_name(route.method);
  call.path = route.path;
  if (const auto at = call.path.find("{user_id}"); at != std::string::npos)
    call.path.replace(at, 9, names.user.empty() ? fresh_id() : names.user);
  if (const auto at = call.path.find("{org_id}"); at != std::string::npos) {
    const bool by_header = tenantd::parse_uuid(names.tenant_header).has_value();
    const auto named = by_header && names.org.empty() ? names.tenant_header : names.org;
    call.path.replace(at, 8, named.empty() ? fresh_id() : named);
  }
  for (auto at = call.path.find('{'); at != std::string::npos; at = call.path.find('{'))
    call.path.replace(at, call.path.find('}') - at + 1, names.part.empty() ? fresh_id() : names.part);
  if (!route.body.empty()) call.body = body_for(route.body, names);
  if (!names.tenant_header.empty()) call.headers.emplace_back("X-Tenant-Id", names.tenant_header);
  return call;
}

inline std::vector<Route> tenant_routes() {
  std::vector<Route> found;
  for (const auto& route : routes())
    if (needs_permission(route.handler.access)) found.push_back(route);
  return found;
}

inline std::string label(const Route& route) {
  return std::string{tenantd::http::method_name(route.method)} + ' ' + std::string{route.path};
}

// Body and headers, without what differs by request.
inline std::string anonymized(const Response& reply) {
  const auto id = reply.header("x-request-id");
  std::string body = reply.body;
  for (auto at = body.find(id); at != std::string::npos; at = body.find(id)) body.replace(at, id.size(), "…");
  return std::to_string(reply.status) + ' ' + reply.header("content-type") + ' ' +
         reply.header("content-length") + ' ' + body;
}

// The row's path, its other parts left as they are.
inline std::string with_organization(const Route& route, const std::string& org_id) {
  std::string path{route.path};
  if (const auto at = path.find("{org_id}"); at != std::string::npos) path.replace(at, 8, org_id);
  return path;
}

// The organization, where the path cannot do without one.
inline std::string named(const Route& route, const Account& account) {
  return names_the_organization(route) ? account.org_id : "";
}

// The id of a row of the organization.
inline std::string uuid_of(const std::string& table, const std::string& condition, const Account& account) {
  const auto hex = text_of("SELECT LOWER(HEX(id)) FROM " + table + " WHERE " + condition +
                           "org_id = " + binary(account.org_id));
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' + hex.substr(16, 4) + '-' +
         hex.substr(20);
}

inline std::string slug_of(const Account& account) {
  return text_of("SELECT slug FROM organization WHERE id = " + binary(account.org_id));
}

}  // namespace tenantd::test::outsiders
