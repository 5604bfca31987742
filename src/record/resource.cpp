// A resource's rows in the route table.
#include "tenantd/record/resource.hpp"

#include <deque>
#include <mutex>

#include "record/words.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::record {
namespace {

using api::Rate;
using api::Route;
using namespace api::handlers;

// Rows hold views: what is made for them stays for as long as the program runs.
std::string_view kept(std::string text) {
  static std::mutex guard;
  static std::deque<std::string> texts;
  const std::scoped_lock lock{guard};
  return texts.emplace_back(std::move(text));
}

// `codes` and what the record's constraints refuse a write with.
api::Refuses with_constraints(const Record& record, api::Refuses codes) {
  for (const auto& refusal : record.refusals)
    if (refusal.code != resource_in_use && refusal.code != validation_failed) codes.add(refusal.code);
  return codes;
}

// The rows of files, behind those of the collection.
void add_files(std::vector<Route>& rows, const Resource& resource, const Handlers& handlers) {
  const auto& options = resource.options;
  const std::string many = spoken(many_of(resource)), path{options.path};
  const Route take{.method = POST,
                   .path = kept(path + "/import"),
                   .handler = handlers.take,
                   .permission = options.rights.create,
                   .rate = Rate::write,
                   .body = kept(std::string{resource.record.name} + "_import"),
                   .also = api::AlsoTakes::csv,
                   .query = "import_query",
                   .reply = ok("import_report"),
                   .refuses = {limit_reached},
                   .summary = kept("Add and change " + many + " by a CSV file")};
  const Route give{.method = GET,
                   .path = kept(path + "/export"),
                   .handler = handlers.give,
                   .permission = options.rights.read,
                   .rate = Rate::read,
                   .query = "export_query",
                   .reply = csv(),
                   .refuses = nothing,
                   .summary = kept(sentence(many) + " as CSV, in files that an import takes")};
  rows.insert(rows.begin() + 2, {take, give});
}

}  // namespace

std::vector<Route> routes_of(const Resource& resource, const Handlers& handlers) {
  const auto& [record, options] = resource;
  const std::string one = with_article(record.name), many = many_of(resource);
  const std::string_view name = record.name, path = options.path;
  const auto path_of_one = kept(std::string{path} + "/{" + std::string{name} + "_id}");
  std::vector<Route> rows{{.method = GET,
                           .path = path,
                           .handler = handlers.list,
                           .permission = options.rights.read,
                           .rate = Rate::read,
                           .query = options.query,
                           .reply = ok(kept(many)),
                           .refuses = nothing,
                           .summary = kept(sentence(spoken(many)))},
                          {.method = POST,
                           .path = path,
                           .handler = handlers.make,
                           .permission = options.rights.create,
                           .rate = Rate::write,
                           .body = name,
                           .reply = made(name),
                           .refuses = with_constraints(record, {limit_reached}),
                           .summary = kept("Add " + one)},
                          {.method = GET,
                           .path = path_of_one,
                           .handler = handlers.show,
                           .permission = options.rights.read,
                           .rate = Rate::read,
                           .reply = ok(name),
                           .refuses = {not_found},
                           .summary = kept(sentence(one))},
                          {.method = PUT,
                           .path = path_of_one,
                           .handler = handlers.change,
                           .permission = options.rights.update,
                           .rate = Rate::write,
                           .body = name,
                           .reply = ok(name),
                           .refuses = with_constraints(record, {not_found}),
                           .summary = kept("Replace " + one + "; If-Match takes its ETag")},
                          {.method = DELETE_,
                           .path = path_of_one,
                           .handler = handlers.remove,
                           .permission = options.rights.remove,
                           .if_match = true,
                           .rate = Rate::write,
                           .reply = done(),
                           .refuses = {not_found, resource_in_use},
                           .summary = kept("Remove " + one + " that nothing names")}};
  if (unique_field(record) != nullptr) add_files(rows, resource, handlers);
  for (auto& row : rows) row.section = options.section;
  return rows;
}

api::Described describe(const Resource& resource, const Handlers& handlers) {
  return {resource.record.name, resource.options.path, routes_of(resource, handlers), schemas_of(resource)};
}

api::Described describe_schemas(const Record& record) {
  return {record.name, {}, {}, schemas_of(resource(record, {}))};
}

}  // namespace tenantd::record
