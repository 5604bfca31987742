#include <cstring>

#include "modules/audit/audit_log_store.hpp"
#include "modules/audit/system_audit_log_store.hpp"
#include "tenantd/api/audit_json.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::int64_t kExportRows = 1000;         // of one reply, unless fewer are asked for
constexpr std::int64_t kExportStep = 200;          // read at once
constexpr std::size_t kExportBytes = 1024 * 1024;  // of one reply, about

template <class AnyId>
std::optional<AnyId> id_in_query(const JsonValue& query, std::string_view name) {
  const auto typed = maybe_text(query, name);
  if (!typed) return std::nullopt;
  const auto id = AnyId::parse(*typed);
  if (!id) refuse_field("?" + std::string{name}, id_words(name));
  return id;
}

store::AuditFilter filter_of(const JsonValue& query) {
  store::AuditFilter filter;
  filter.actor = id_in_query<UserId>(query, "actor");
  filter.action = maybe_text(query, "action");
  filter.resource = maybe_text(query, "resource");
  filter.resource_id = id_in_query<EventId>(query, "resource_id");
  filter.from = maybe_time(query, "from_time");
  filter.to = maybe_time(query, "to_time");
  filter.request_id = maybe_text(query, "request_id");
  return filter;
}

// The organization that a super-admin asks about: nil for the system's own rows.
std::optional<OrgId> tenant_of(const JsonValue& query) {
  if (maybe_text(query, "tenant_id") == "system") return OrgId{};
  return id_in_query<OrgId>(query, "tenant_id");
}

// How far an export came, and where it ends: at what was the newest row when it began.
struct ExportCursor {
  std::int64_t after = 0;
  std::int64_t last = 0;
};

std::string written(const ExportCursor& cursor) {
  std::string raw(sizeof cursor, '\0');
  std::memcpy(raw.data(), &cursor, sizeof cursor);
  return base64url_encode(raw);
}

ExportCursor cursor_of(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto text = maybe_text(request.query, "cursor");
  if (!text) return {0, store::newest_audit_row(txn, scope)};
  const auto raw = base64url_decode(*text);
  ExportCursor cursor;
  if (!raw || raw->size() != sizeof cursor) refuse_field("?cursor", "is no cursor of this export");
  std::memcpy(&cursor, raw->data(), sizeof cursor);
  return cursor;
}

struct Exported {
  std::string lines;
  std::int64_t rows = 0;
  std::int64_t first = 0;  // its number
  std::int64_t newest = 0;
  bool more = false;
};

Exported read_lines(const Request& request, const TenantScope& scope, Txn& txn, const ExportCursor& cursor) {
  const auto filter = filter_of(request.query);
  const auto* wanted = member(request.query, "limit");
  const auto most = wanted != nullptr ? wanted->GetInt64() : kExportRows;
  Exported out;
  out.newest = cursor.after;
  for (;;) {
    const auto step = std::min(kExportStep, most - out.rows) + 1;
    const auto rows = store::read_audit_log(txn, scope, filter, out.newest, cursor.last, step);
    out.more = static_cast<std::int64_t>(rows.size()) == step;
    for (std::size_t i = 0; i + (out.more ? 1 : 0) < rows.size(); ++i) {
      out.lines += audit_line(rows[i], false);
      if (out.rows++ == 0) out.first = rows[i].seq;
      out.newest = rows[i].seq;
    }
    if (!out.more || out.rows == most || out.lines.size() >= kExportBytes) return out;
  }
}

// The same question from there on. Every parameter is of characters that a URI takes as they are.
std::string link_to_rest(const Request& request, const ExportCursor& cursor) {
  std::string uri = "/api/v1/audit-logs/export?";
  for (const auto& [name, value] : request.http.query)
    if (name != "cursor") uri += name + '=' + value + '&';
  return '<' + uri + "cursor=" + written(cursor) + ">; rel=\"next\"";
}

// Who took which rows away stands in the log itself.
void record_export(const Request& request, const TenantScope& scope, Txn& txn, const Exported& out) {
  service::Change change{"audit.exported", "audit_log"};
  change.after.set("rows", out.rows);
  if (out.rows > 0) change.after.set("first_seq", out.first).set("last_seq", out.newest);
  for (const auto& [name, value] : request.http.query)
    if (name != "cursor" && name != "limit") change.after.set(name, value);
  service::record_audit({txn, request.context, scope}, change);
}

Response list_audit_logs(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  const auto filter = filter_of(request.query);
  return page_reply(
      page, store::list_audit_log(txn, scope, filter, page.after_number, page.limit + 1),
      [](JsonOut& json, const auto& row) {
        json.begin_object();
        put_audit_row(json, row);
        json.end_object();
      },
      [](const auto& row) { return row.seq; },
      [&] {
        const auto rows = store::count_audit_log(txn, scope, filter);
        return store::is_filtered(filter) ? total_up_to(rows) : Total{rows};
      });
}

Response show_audit_log(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto id = EventId::parse(request.http.path_value("log_id"));
  const auto row = id ? store::find_audit_row(txn, scope, *id) : std::nullopt;
  if (!row) throw ApiError(ErrorCode::not_found);
  JsonOut json;
  json.begin_object();
  put_audit_row(json, *row);
  json.end_object();
  return reply(json);
}

Response export_audit_logs(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto cursor = cursor_of(request, scope, txn);
  auto out = read_lines(request, scope, txn, cursor);
  // HEAD shows nothing, and changes nothing (RFC 9110 section 9.2.1).
  if (request.http.method != http::Method::HEAD) record_export(request, scope, txn, out);
  Response response;
  response.content_type = "application/x-ndjson";
  response.body = std::move(out.lines);
  response.header("Content-Disposition", "attachment; filename=\"audit-" + scope.org().str() + ".jsonl\"");
  if (out.more) response.header("Link", link_to_rest(request, {out.newest, cursor.last}));
  return response;
}

Response list_every_audit_log(const Request& request, const SuperAdmin& super, Txn& txn) {
  const Page page = page_of(request.query);
  const auto filter = filter_of(request.query);
  const auto tenant = tenant_of(request.query);
  return page_reply(
      page, store::list_every_audit_log(txn, super.user(), filter, tenant, page.from, page.limit + 1),
      [](JsonOut& json, const auto& row) {
        json.begin_object();
        put_audit_organization(json, row);
        put_audit_row(json, row);
        json.end_object();
      },
      [](const auto& row) {
        return store::Keyset{row.created_at, row.id.bytes()};
      },
      [&] { return total_up_to(store::count_every_audit_log(txn, super.user(), filter, tenant)); });
}

constexpr auto kAuditRows = section(
    "Audit",
    {
        {.method = GET,
         .path = "/api/v1/audit-logs",
         .handler = list_audit_logs,
         .permission = audit_read,
         .rate = Rate::read,
         .query = "audit_query",
         .reply = ok("audit_logs"),
         .refuses = nothing,
         .summary = "Who changed what, newest first"},
        {.method = GET,
         .path = "/api/v1/audit-logs/export",
         .handler = export_audit_logs,
         .permission = audit_read,
         .rate = Rate::read,
         .query = "audit_export_query",
         .reply = lines(),
         .refuses = nothing,
         .summary = "The same as JSON Lines, oldest first; that it was asked for is written down too"},
        {.method = GET,
         .path = "/api/v1/audit-logs/{log_id}",
         .handler = show_audit_log,
         .permission = audit_read,
         .rate = Rate::read,
         .reply = ok("audit_log"),
         .refuses = {not_found},
         .summary = "One change"},
        {.method = GET,
         .path = "/api/v1/admin/audit/logs",
         .handler = list_every_audit_log,
         .rate = Rate::read,
         .query = "audit_admin_query",
         .reply = ok("system_audit_logs"),
         .refuses = nothing,
         .summary = "Who changed what in every organization and in none, newest first"},
    });

}  // namespace

std::span<const Route> audit_rows() { return kAuditRows; }

}  // namespace tenantd::api::handlers
