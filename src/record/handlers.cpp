// The five handlers of a resource.
#include "tenantd/api/encode.hpp"
#include "tenantd/api/etag.hpp"
#include "tenantd/record/json.hpp"
#include "tenantd/record/resource.hpp"

namespace tenantd::record {
namespace {

// The last of the path's ids. Throws ApiError(not_found) if it is none.
UuidBytes path_id(const Request& request) {
  const auto id = parse_uuid(request.http.path_values.back().second);
  if (!id) throw ApiError(ErrorCode::not_found);
  return *id;
}

Response with_etag(Response response, const Object& row) {
  response.header("ETag", api::etag(row.revision()));
  return response;
}

Response reply_with(const Object& row) {
  json::Writer out;
  put(out, row);
  return with_etag(api::reply(out), row);
}

}  // namespace

Response list_reply(const Record& record, const Request& request, const TenantScope& scope, db::Txn& txn,
                    const Filter& filter) {
  const auto page = api::page_of(request.query);
  return api::page_reply(
      page, list(record, txn, scope, filter, page.from, page.limit + 1),
      [](json::Writer& out, const Object& row) { put(out, row); },
      [&](const Object& row) { return keyset_of(row, filter.ranked); },
      [&] { return api::total_up_to(count(record, txn, scope, filter)); });
}

Response list_rows(const Resource& resource, const Request& request, const TenantScope& scope, db::Txn& txn) {
  return list_reply(resource.record, request, scope, txn, filter_of(resource.record, request.query));
}

Response make_row(const Resource& resource, const Request& request, const TenantScope& scope, db::Txn& txn) {
  Object row{resource.record};
  fill(row, request.body);
  make(row, {txn, request.context, scope});
  json::Writer out;
  put(out, row);
  return with_etag(api::created(out, std::string{resource.options.path} + '/' + format_uuid(row.id())), row);
}

Response show_row(const Resource& resource, const Request& request, const TenantScope& scope, db::Txn& txn) {
  const auto row = find(resource.record, txn, scope, path_id(request));
  if (!row) throw ApiError(ErrorCode::not_found);
  return reply_with(*row);
}

Response change_row(const Resource& resource, const Request& request, const TenantScope& scope,
                    db::Txn& txn) {
  return reply_with(change(resource.record, {txn, request.context, scope}, path_id(request),
                           [&](Object& row) { fill(row, request.body); }));
}

Response delete_row(const Resource& resource, const Request& request, const TenantScope& scope,
                    db::Txn& txn) {
  remove(resource.record, {txn, request.context, scope}, path_id(request));
  return api::no_content();
}

}  // namespace tenantd::record
