// How long each table's rows are kept, and how much there is of what.
#include "modules/administration/retention_store.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/config/retention.hpp"

namespace tenantd::api::handlers {
namespace {

std::optional<std::string_view> setting_of(const Retained& what) {
  return what.setting.empty() ? std::nullopt : std::optional{what.setting};
}

void put_retained(JsonOut& json, const Retained& what, const Settings& settings, const store::KeptRows& table,
                  const store::KeptRows& task) {
  const auto kept = what.kept(settings);
  json.begin_object()
      .field("name", what.name)
      .field("table", what.table)
      .field("keeping", name_of(what.keeping))
      .field("setting", setting_of(what))
      .field("kept_seconds", kept ? std::optional{static_cast<std::int64_t>(kept->count())} : std::nullopt)
      .field("rows", table.rows)
      .field("oldest_at", task.oldest_at)
      .field("looked_at", table.looked_at)
      .field("removed_at", task.removed_at)
      .field("removed_rows", task.removed_rows)
      .end_object();
}

Response show_retention(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto kept = store::read_kept(txn, admin);
  const auto noted = [&](std::string_view name) {
    const auto found = kept.find(name);
    return found == kept.end() ? store::KeptRows{} : found->second;
  };
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& each : retained())
    put_retained(json, each, request.context.settings, noted(each.table), noted(each.name));
  json.end_array().end_object();
  return reply(json);
}

constexpr auto kRetentionRows = section(
    "Administration", {
                          {.method = GET,
                           .path = "/api/v1/admin/retention",
                           .handler = show_retention,
                           .rate = Rate::read,
                           .reply = ok("retention"),
                           .refuses = nothing,
                           .name = "getRetention",
                           .summary = "How long each table's rows are kept, how many there are about, "
                                      "and what was removed last"},
                      });

}  // namespace

std::span<const Route> retention_rows() { return kRetentionRows; }

}  // namespace tenantd::api::handlers
