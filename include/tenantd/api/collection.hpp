// What handlers of lists that an organization keeps have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tenantd/api/encode.hpp"
#include "tenantd/api/etag.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {

// The id that the path's part `name` spells. Throws ApiError(not_found) if it is none.
template <class AnyId>
AnyId path_id(const Request& request, std::string_view name) {
  const auto id = AnyId::parse(request.http.path_value(name));
  if (!id) throw ApiError(ErrorCode::not_found);
  return *id;
}

// `put(json, row)` writes one. `path`: of the collection.
template <class Row, class Put>
Response row_reply(const Row& row, std::string_view path, Put&& put, int status = 200) {
  JsonOut json;
  put(json, row);
  std::string place{path};
  auto response = status == 201 ? created(json, place.append("/").append(row.id.str())) : reply(json, status);
  response.header("ETag", etag(row.revision));
  return response;
}

// Where a list that is in the order of its making goes on after `row`.
inline constexpr auto kKeysetInTime = [](const auto& row) {
  return store::Keyset{row.created_at, row.id.bytes()};
};

// `filter`: its namespace has list_rows and count_rows (TENANTD_COUNT_SOME) for it.
template <class Filter, class Put, class KeysetOf = decltype(kKeysetInTime)>
Response list_reply(const Request& request, const TenantScope& scope, db::Txn& txn, const Filter& filter,
                    Put&& put, const KeysetOf& keyset_of = kKeysetInTime) {
  const Page page = page_of(request.query);
  return page_reply(page, list_rows(txn, scope, filter, page.from, page.limit + 1), put, keyset_of,
                    [&] { return total_up_to(count_rows(txn, scope, filter)); });
}

// A member of whole numbers; absent or null is nullopt.
inline std::optional<std::int64_t> maybe_number(const JsonValue& object, std::string_view name) {
  const auto* found = member(object, name);
  return found == nullptr || found->IsNull() ? std::nullopt : std::optional{found->GetInt64()};
}

}  // namespace tenantd::api::handlers
