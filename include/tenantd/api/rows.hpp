// What a file of handlers writes its rows with:
//
//   constexpr auto kRows = section("Users", {{.method = GET, .path = "/users", .handler = list_users}});
//   std::span<const Route> users_rows() { return kRows; }
//
// api/routes.cpp joins them.
#pragma once

#include <array>
#include <span>
#include <tuple>

#include "tenantd/api/route.hpp"
#include "tenantd/domain/guarded.hpp"

namespace tenantd::api::handlers {

using db::Txn;
using enum Method;
using enum Permission;
using enum ErrorCode;

// For Route::refuses: with no code but those that the row implies.
inline constexpr Refuses nothing = std::initializer_list<ErrorCode>{};

constexpr Reply ok(std::string_view schema, int other = 0) { return {200, schema, other}; }
constexpr Reply made(std::string_view schema) { return {201, schema}; }
constexpr Reply accepted(std::string_view schema, int other = 0) { return {202, schema, other}; }
constexpr Reply lines() { return {200, "", 0, "application/x-ndjson"}; }
constexpr Reply csv() { return {200, "", 0, "text/csv"}; }
constexpr Reply bytes(int other) { return {200, "", other, "application/octet-stream"}; }
constexpr Reply done() { return {204, ""}; }

// True if the row changes by its permission who gets in, or what leaves. One that changes nothing says so.
constexpr bool is_guarded(const Route& row) {
  return row.method != Method::GET && row.permission && kGuarded.has(*row.permission) && !row.changes_nothing;
}

// The rows under one heading. Does not compile where a permission goes without a tenant handler, or a tenant
// handler without a permission.
template <std::size_t N>
consteval std::array<Route, N> section(std::string_view heading, Route (&&rows)[N]) {
  auto under = std::to_array(std::move(rows));
  for (auto& row : under) {
    row.section = heading;
    row.step_up |= is_guarded(row);
    if (needs_permission(row.handler.access) != row.permission.has_value())
      throw "a permission goes with a tenant handler, and only with one";
  }
  return under;
}

template <std::size_t... N>
consteval auto join(const std::array<Route, N>&... sections) {
  return std::apply([](auto... rows) { return std::array<Route, sizeof...(rows)>{rows...}; },
                    std::tuple_cat(sections...));
}

}  // namespace tenantd::api::handlers
