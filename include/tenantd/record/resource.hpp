// A record as a resource of the API: a list that an organization keeps, with the rows of the route table,
// their handlers and their schemas.
//
//   constexpr auto kWarehouses = resource(kWarehouse, {.path = "/api/v1/warehouses", .rights = …});
//   const api::Described& warehouse_resource() { return described<kWarehouses>(); }
//
// The second line answers its name in domain/resources.hpp.
#pragma once

#include "tenantd/api/described.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/record/rows.hpp"

namespace tenantd::record {

// What a resource has besides its record. A word that is left out follows from the record's name.
struct Options {
  std::string_view path = {};  // of the collection: "/api/v1/warehouses"
  Rights rights{};
  std::string_view section = {};             // the heading of the documents
  std::string_view many = {};                // "warehouses"
  std::string_view query = "catalog_query";  // schema of the list's query
  bool own_files = false;                    // handlers and schema of its files are written by hand
};

struct Resource {
  const Record& record;
  Options options;
};

constexpr Resource resource(const Record& record, const Options& options) { return {record, options}; }

// --- the handlers of a resource ---

using api::Request;
using api::Response;

Response list_rows(const Resource&, const Request&, const TenantScope&, db::Txn&);
Response make_row(const Resource&, const Request&, const TenantScope&, db::Txn&);
Response show_row(const Resource&, const Request&, const TenantScope&, db::Txn&);
Response change_row(const Resource&, const Request&, const TenantScope&, db::Txn&);
Response delete_row(const Resource&, const Request&, const TenantScope&, db::Txn&);
// Of a record with a unique field.
Response import_rows(const Resource&, const Request&, const TenantScope&, db::Txn&);
Response export_rows(const Resource&, const Request&, const TenantScope&, db::Txn&);

// What list_rows() replies.
Response list_reply(const Record&, const Request&, const TenantScope&, db::Txn&, const Filter&);

// The same as rows of the table call them.
struct Handlers {
  api::Handler::Tenant list, make, show, change, remove, take, give;
};

template <const Resource& kResource, auto kHandler>
Response handle(const Request& request, const TenantScope& scope, db::Txn& txn) {
  return kHandler(kResource, request, scope, txn);
}

template <const Resource& kResource>
constexpr Handlers handlers_of() {
  return {handle<kResource, list_rows>,  handle<kResource, make_row>,   handle<kResource, show_row>,
          handle<kResource, change_row>, handle<kResource, delete_row>, handle<kResource, import_rows>,
          handle<kResource, export_rows>};
}

// --- what the API sees of it ---

// GET, POST, GET one, PUT and DELETE; with a unique field also the import and the export of files.
std::vector<api::Route> routes_of(const Resource& resource, const Handlers& handlers);
// The schemas of its bodies and replies, each with an example.
std::vector<api::SchemaText> schemas_of(const Resource& resource);

api::Described describe(const Resource& resource, const Handlers& handlers);
// Of a record whose rows in the table are written by hand.
api::Described describe_schemas(const Record& record);

template <const Resource& kResource>
const api::Described& described(const Handlers& handlers = handlers_of<kResource>()) {
  static const api::Described made = describe(kResource, handlers);
  return made;
}

}  // namespace tenantd::record
