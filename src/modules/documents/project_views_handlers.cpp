// Looking over projects and documents: search, what happened, how many there are.
#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "modules/documents/activity_store.hpp"
#include "modules/documents/documents_store.hpp"
#include "modules/documents/projects_store.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/search.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::size_t kExcerpt = 240;  // bytes of a description that a hit shows

struct Hit {
  int relevance = 0;
  std::string_view kind;
  std::string id;
  std::string project;
  std::string name, description, tags;
  std::string_view status;
  TimePoint updated_at;
};

bool reads_documents(const TenantScope& scope) { return scope.permissions().has(Permission::documents_read); }

// Throws ApiError(forbidden) if documents are asked for by name by who may not read them.
bool wants(const JsonValue& body, const TenantScope& scope, std::string_view kind) {
  const bool may = kind != "document" || reads_documents(scope);
  const auto* kinds = member(body, "kinds");
  if (kinds == nullptr) return may;
  const auto array = kinds->GetArray();
  const bool named = std::any_of(array.Begin(), array.End(), [&](const JsonValue& one) {
    return kind == std::string_view{one.GetString(), one.GetStringLength()};
  });
  if (named && !may) throw ApiError(ErrorCode::forbidden);
  return named;
}

std::vector<std::string> words_to_find(const JsonValue& body) {
  auto words = searched_words(text(body, "query"));
  if (words.empty()) refuse_field("/query", "has no word to look for");
  if (words.size() > kMostSearchWords)
    refuse_field("/query", "has more than " + std::to_string(kMostSearchWords) + " words");
  return words;
}

// Each kind in the index's own order; of two kinds the more relevant one goes first, so that less of them is
// the beginning of more.
std::vector<Hit> find_hits(const JsonValue& body, const TenantScope& scope, Txn& txn,
                           const std::vector<std::string>& words, std::int64_t limit) {
  const auto expression = search_expression(scope.org(), words);
  std::vector<Hit> projects, documents, hits;
  const auto judged = [&](const auto& row) {
    return relevance({row.name, row.tags, row.description}, words);
  };
  if (wants(body, scope, "project"))
    for (const auto& p : store::search_projects(txn, scope, expression, limit))
      projects.push_back({judged(p), "project", p.id.str(), p.id.str(), p.name, p.description, p.tags,
                          project_status_name(p.status), p.updated_at});
  if (wants(body, scope, "document"))
    for (const auto& d : store::search_documents(txn, scope, expression, limit))
      documents.push_back({judged(d), "document", d.id.str(), d.project.str(), d.name, d.description, d.tags,
                           document_status_name(d.status), d.updated_at});
  auto p = projects.begin();
  for (auto& document : documents) {
    while (p != projects.end() && p->relevance >= document.relevance) hits.push_back(std::move(*p++));
    hits.push_back(std::move(document));
  }
  std::move(p, projects.end(), std::back_inserter(hits));
  return hits;
}

void put_highlight(JsonOut& json, std::string_view field, const std::string& text,
                   const std::vector<std::string>& words) {
  const auto parts = highlight(text, words, kExcerpt);
  if (parts.empty()) return;
  json.begin_object().field("field", field).key("parts").begin_array();
  for (const auto& part : parts)
    json.begin_object().field("text", part.text).field("match", part.match).end_object();
  json.end_array().end_object();
}

void put_hit(JsonOut& json, const Hit& hit, const std::vector<std::string>& words) {
  json.begin_object()
      .field("kind", hit.kind)
      .field("id", hit.id)
      .field("project_id", hit.project)
      .field("name", hit.name)
      .field("status", hit.status)
      .field("updated_at", hit.updated_at)
      .key("highlights")
      .begin_array();
  put_highlight(json, "name", hit.name, words);
  put_highlight(json, "description", hit.description, words);
  put_highlight(json, "tags", hit.tags, words);
  json.end_array().end_object();
}

void put_activity(JsonOut& json, const TenantScope& scope, const store::Activity& activity) {
  json.begin_object().field("id", activity.event.id).field("type", activity.event.type).key("actor");
  if (activity.event.actor) {
    const bool shows = scope.permissions().has(Permission::users_read);
    json.begin_object()
        .field("id", *activity.event.actor)
        .field("email", shows ? activity.actor_email : std::nullopt)
        .end_object();
  } else {
    json.value(nullptr);
  }
  json.field("project_id", activity.project)
      .field("subject_id", activity.event.subject)
      .field("name", activity.name)
      .field("created_at", activity.event.created_at)
      .end_object();
}

void put_documents(JsonOut& json, Txn& txn, const TenantScope& scope) {
  std::int64_t total = 0;
  std::array<std::int64_t, kDocumentStatuses> counts{};
  for (const auto& count : store::count_documents_by_status(txn, scope)) {
    counts.at(static_cast<std::size_t>(count.status)) = count.documents;
    total += count.documents;
  }
  json.begin_object().field("total", total);
  for (int i = 0; i < kDocumentStatuses; ++i)
    json.field(document_status_name(static_cast<DocumentStatus>(i)), counts.at(static_cast<std::size_t>(i)));
  json.end_object();
}

Response search_projects(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto words = words_to_find(request.body);
  const auto limit = maybe_integer(request.body, "limit").value_or(20);
  auto hits = find_hits(request.body, scope, txn, words, limit + 1);
  const bool more = static_cast<std::int64_t>(hits.size()) > limit;
  if (more) hits.resize(static_cast<std::size_t>(limit));
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& hit : hits) put_hit(json, hit, words);
  json.end_array().field("more", more).end_object();
  return reply(json);
}

Response project_activity(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  const auto kinds =
      reads_documents(scope) ? store::ActivityKinds::projects_and_documents : store::ActivityKinds::projects;
  const auto before = page.after_number.value_or(std::numeric_limits<std::int64_t>::max());
  return page_reply(
      page, store::list_activity(txn, scope, kinds, before, page.limit + 1),
      [&](JsonOut& json, const auto& row) { put_activity(json, scope, row); },
      [](const auto& row) { return row.event.seq; },
      [&] { return total_up_to(store::count_activity(txn, scope, kinds)); });
}

Response project_stats(const Request&, const TenantScope& scope, Txn& txn) {
  const auto usage = store::find_project_usage(txn, scope);
  const auto counts = store::count_projects_by_status(txn, scope);
  std::int64_t total = 0;
  for (const auto count : counts) total += count;
  JsonOut json;
  json.begin_object().key("projects").begin_object().field("total", total).field("limit", usage.most);
  json.key("by_status").begin_object();
  for (int i = 0; i < kProjectStatuses; ++i)
    json.field(project_status_name(static_cast<ProjectStatus>(i)), counts.at(static_cast<std::size_t>(i)));
  json.end_object().end_object().key("documents");
  if (reads_documents(scope)) {
    put_documents(json, txn, scope);
  } else {
    json.value(nullptr);
  }
  json.key("storage")
      .begin_object()
      .field("bytes", usage.storage_bytes)
      .field("limit", usage.most_bytes)
      .end_object()
      .end_object();
  return reply(json);
}

constexpr auto kProjectViewsRows = section(
    "Projects and documents", {
                                  {.method = GET,
                                   .path = "/api/v1/projects/activity",
                                   .handler = project_activity,
                                   .permission = projects_read,
                                   .rate = Rate::read,
                                   .query = "page_query",
                                   .reply = ok("activity"),
                                   .refuses = nothing,
                                   .summary = "What happened to projects and documents, newest first"},
                                  {.method = POST,
                                   .path = "/api/v1/projects/search",
                                   .handler = search_projects,
                                   .permission = projects_read,
                                   .rate = Rate::read,
                                   .body = "search_projects",
                                   .reply = ok("search_hits"),
                                   .refuses = nothing,
                                   .summary = "Full-text search over projects and documents, best first"},
                                  {.method = GET,
                                   .path = "/api/v1/projects/stats",
                                   .handler = project_stats,
                                   .permission = projects_read,
                                   .rate = Rate::read,
                                   .reply = ok("project_stats"),
                                   .refuses = nothing,
                                   .summary = "Projects and documents in numbers"},
                              });

}  // namespace

std::span<const Route> project_views_rows() { return kProjectViewsRows; }

}  // namespace tenantd::api::handlers
