// Who may do what, cell by cell: every caller on every row of the route table. What is expected follows from
// the row and the table of system roles alone, so that a new row is tried here as soon as it exists.
//
// A request that changes something carries a parameter and a member that no schema knows: whoever may call is
// told 422 before the handler runs, and whoever may not is told 401, 403 or 404 before that.
#include <criterion/criterion.h>

#include <cstdio>
#include <map>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/processes.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/domain/permission.hpp"

using namespace tenantd::test;
using tenantd::PermissionSet;
using tenantd::api::Access;
using tenantd::api::Route;
using tenantd::api::routes;
using tenantd::http::Method;

namespace {

enum class Expected { allowed, unauthenticated, forbidden, session_required, not_found };

struct Caller {
  std::string name;
  Account account;            // no token: nobody
  PermissionSet permissions;  // in the organization that is active
  bool super = false;
  std::string foreign;  // the organization that X-Tenant-Id names, to which the caller does not belong
  std::string api_key;  // shown instead of the account's token
};

// One request of a caller to a row. `self`: the path's {user_id} is the caller.
struct Cell {
  const Caller& caller;
  const Route& route;
  bool self;
};

Expected expectation(const Cell& cell) {
  const auto& [caller, route, self] = cell;
  if (route.handler.access == Access::anyone) return Expected::allowed;
  if (caller.account.access_token.empty()) return Expected::unauthenticated;
  const bool as_super = route.super_too && caller.super && caller.api_key.empty();
  if (as_super) return Expected::allowed;
  if (!caller.foreign.empty()) return Expected::not_found;
  const auto if_held = [&](bool held) { return held ? Expected::allowed : Expected::forbidden; };
  const bool is_key = !caller.api_key.empty();
  switch (route.handler.access) {
    case Access::anyone:
    case Access::caller: return Expected::allowed;
    case Access::user: return is_key ? Expected::session_required : Expected::allowed;
    case Access::tenant:
      if (is_key && route.handler.tenant_with_session_ != nullptr) return Expected::session_required;
      return if_held(caller.permissions.has(route.permission.value()));
    case Access::subject:
      return if_held((self && !is_key) || caller.permissions.has(route.permission.value()));
    case Access::super: return is_key ? Expected::session_required : if_held(caller.super);
  }
  return Expected::forbidden;
}

// An export of the audit log writes itself down.
bool changes_something(const Route& route) {
  return route.method != Method::GET || route.path == "/api/v1/audit-logs/export";
}

// "/api/v1/members/{user_id}/role" with an id for each part: the caller's organization, the colleague or the
// caller, and what nothing has.
std::string path_of(const Cell& cell, const std::string& colleague) {
  std::string path{cell.route.path};
  for (auto begin = path.find('{'); begin != std::string::npos; begin = path.find('{')) {
    const auto end = path.find('}', begin);
    const auto part = path.substr(begin + 1, end - begin - 1);
    const auto& caller = cell.caller;
    std::string id = fresh_id();
    if (part == "org_id") id = caller.foreign.empty() ? caller.account.org_id : caller.foreign;
    if (part == "user_id") id = cell.self ? caller.account.user_id : colleague;
    if (id.empty()) id = fresh_id();
    path.replace(begin, end - begin + 1, id);
  }
  return changes_something(cell.route) ? path + "?no_such_parameter=1" : path;
}

Call call_of(const Cell& cell, const std::string& colleague) {
  Call call;
  call.method = tenantd::http::method_name(cell.route.method);
  call.path = path_of(cell, colleague);
  if (!cell.route.body.empty()) call.body = R"({"no_such_member":1})";
  if (!cell.caller.api_key.empty())
    call.headers.emplace_back("X-Api-Key", cell.caller.api_key);
  else if (!cell.caller.account.access_token.empty())
    call.headers.emplace_back("Authorization", "Bearer " + cell.caller.account.access_token);
  if (!cell.caller.foreign.empty()) call.headers.emplace_back("X-Tenant-Id", cell.caller.foreign);
  return call;
}

std::string code_of(const Response& reply) { return reply.has("/code") ? reply.text("/code") : ""; }

bool is_as_expected(const Cell& cell, const Response& reply) {
  switch (expectation(cell)) {
    case Expected::unauthenticated: return reply.status == 401 && code_of(reply) == "unauthenticated";
    case Expected::forbidden: return reply.status == 403 && code_of(reply) == "forbidden";
    case Expected::session_required: return reply.status == 403 && code_of(reply) == "session_required";
    case Expected::not_found: return reply.status == 404 && code_of(reply) == "not_found";
    case Expected::allowed: break;
  }
  // Let in, and then asked which client sends the browser.
  if (cell.route.path == "/oauth2/authorize" && cell.route.method == Method::GET)
    return code_of(reply) == "invalid_request";
  // SCIM's rows look at no parameter that they do not know: an empty body, or an id that nothing has, is
  // refused.
  if (changes_something(cell.route) && cell.route.also == tenantd::api::AlsoTakes::scim)
    return (reply.status == 400 && code_of(reply) == "bad_request") || reply.status == 404;
  if (changes_something(cell.route)) return reply.status == 422 && code_of(reply) == "validation_failed";
  // A read lacks nothing but what it asks for: an id that nothing has, a parameter that must be there.
  const bool has_part = cell.route.path.find('{') != std::string_view::npos;
  return reply.status / 100 == 2 || reply.status == 303 || (reply.status == 404 && has_part) ||
         (reply.status == 422 && !cell.route.query.empty());
}

std::string_view word(Expected expected) {
  switch (expected) {
    case Expected::allowed: return "allowed";
    case Expected::unauthenticated: return "401";
    case Expected::forbidden: return "403";
    case Expected::session_required: return "403 for want of a session";
    case Expected::not_found: return "404";
  }
  return "";
}

std::string line_of(const Cell& cell, const Response& reply) {
  return "\n  " + cell.caller.name + (cell.self ? " on itself" : "") + " | " +
         std::string{tenantd::http::method_name(cell.route.method)} + ' ' + std::string{cell.route.path} +
         " | expected " + std::string{word(expectation(cell))} + " | " + std::to_string(reply.status) + ' ' +
         code_of(reply);
}

// A key of the account that may this.
std::string key_of(const Account& account, PermissionSet permissions) {
  std::string names;
  for (const auto name : tenantd::permission_names(permissions))
    names += (names.empty() ? "" : ",") + Field{name}.json();
  const auto body = object({{"name", "matrix"}, {"permissions", Field::raw('[' + names + ']')}});
  return expect(account.client().post("/api/v1/api-keys", body), 201).text("/key");
}

// Nobody, each system role, an owner elsewhere who asks at home and here, and the super-admin at home and
// here.
std::vector<Caller> callers(const Account& owner, const Account& stranger) {
  std::vector<Caller> all{{"nobody", {}, {}, false, "", ""}};
  PermissionSet everything;
  for (const auto& role : tenantd::system_roles()) {
    const std::string name{role.name};
    const bool owns = role.name == tenantd::kOwnerRole;
    if (owns) everything = role.permissions;
    all.push_back({name, owns ? owner : invite_and_accept(owner, name), role.permissions, false, "", ""});
  }
  all.push_back({"owner elsewhere, at home", stranger, everything, false, "", ""});
  all.push_back({"owner elsewhere, naming this organization", stranger, {}, false, owner.org_id, ""});
  all.push_back({"super-admin, at home", super_admin(), everything, true, "", ""});
  all.push_back({"super-admin, naming this organization", all.back().account, {}, true, owner.org_id, ""});
  const auto little = PermissionSet{}.with(tenantd::Permission::stats_read);
  all.push_back({"key that may everything", owner, everything, false, "", key_of(owner, everything)});
  all.push_back({"key that may count", owner, little, false, "", key_of(owner, little)});
  return all;
}

// The colleague of each caller, on whom subject rows act: somebody in the same organization.
std::string colleague_of(const Caller& caller, const Account& here, const Account& there) {
  return caller.account.org_id == here.org_id || !caller.foreign.empty() ? here.user_id : there.user_id;
}

}  // namespace

Test(matrix, every_caller_on_every_row_may_do_what_the_tables_say_and_nothing_else) {
  const auto owner = sign_up("Here");
  const auto stranger = sign_up("Elsewhere");
  const auto here = invite_and_accept(owner);
  const auto there = invite_and_accept(stranger);
  const auto all = callers(owner, stranger);
  Client client;
  Unchanged database;
  std::map<Expected, std::size_t> cells;
  std::string wrong;
  for (const auto& route : routes()) {
    if (route.gate != nullptr) continue;  // it answers before anybody is known
    const bool of_subject = route.handler.access == Access::subject;
    for (const auto& caller : all) {
      for (const bool self : {false, true}) {
        if (self && (!of_subject || caller.account.user_id.empty())) continue;
        const Cell cell{caller, route, self};
        const auto reply = client.send(call_of(cell, colleague_of(caller, here, there)));
        ++cells[expectation(cell)];
        if (!is_as_expected(cell, reply)) wrong += line_of(cell, reply);
      }
    }
  }
  database.check("the matrix");
  std::string counted;
  std::size_t total = 0;
  for (const auto& [expected, count] : cells) {
    counted += ", " + std::to_string(count) + ' ' + std::string{word(expected)};
    total += count;
  }
  // Not by cr_log_warn, for which Criterion ends with 1.
  std::printf("matrix: %zu cells of caller and row%s\n", total, counted.c_str());
  require(wrong.empty(), "wrong cells:" + wrong);
}
