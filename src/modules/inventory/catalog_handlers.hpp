// The five handlers of a list that an organization keeps, made of what each kind brings: its forms and how a
// row looks.
#pragma once

#include <string>

#include "modules/inventory/catalog.hpp"
#include "tenantd/api/collection.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {

template <class RowId, class Put>
Response show_reply(const TenantScope& scope, Txn& txn, RowId id, Put&& put) {
  const auto row = store::find_row(txn, scope, id);
  if (!row) throw ApiError(ErrorCode::not_found);
  return row_reply(*row, "", put);
}

template <class Row, class RowId, class Put>
Response change_reply(const Request& request, const TenantScope& scope, Txn& txn, RowId id,
                      const std::function<void(Row&)>& edit, Put&& put) {
  const auto is_expected = [&](std::int64_t revision) {
    return if_match_allows(request.http.if_match, revision);
  };
  return row_reply(service::change_row<Row>(txn, request.context, scope, id, is_expected, edit), "", put);
}

}  // namespace tenantd::api::handlers
