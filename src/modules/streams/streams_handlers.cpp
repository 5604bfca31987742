// Streams of an organization and of the whole system.
#include "modules/streams/streams.hpp"

#include "tenantd/api/collection.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::string_view kStreamsPath = "/api/v1/streams";
constexpr std::string_view kSystemStreamsPath = "/api/v1/admin/streams";

void put_stream(JsonOut& json, const store::Stream& stream) { store::stream_table.put(json, stream); }

StreamId stream_of(const Request& request) { return path_id<StreamId>(request, "stream_id"); }

// Those of the whole system stand under the organization of zeros, which a super-admin alone enters.
TenantScope enter_system(const SuperAdmin& admin, Txn& txn) {
  const auto scope = admin.in(kWholeSystem);
  txn.enter({scope.org(), scope.user(), false});
  return scope;
}

Response made_stream_reply(const service::MadeStream& made, std::string_view path, int status = 200) {
  const auto put = [&](JsonOut& json, const store::Stream& stream) {
    store::stream_table.put(json, stream, made.secret);
  };
  return row_reply(made.stream, path, put, status);
}

Response list_in(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  return page_reply(page, store::list_streams(txn, scope, page.from, page.limit + 1), put_stream,
                    kKeysetInTime, [&] { return store::count_streams(txn, scope); });
}

Response make_stream_in(const Request& request, const TenantScope& scope, Txn& txn, std::string_view path) {
  store::Stream stream;
  store::stream_table.fill(stream, request.body);
  return made_stream_reply(service::make_stream({txn, request.context, scope}, std::move(stream)), path, 201);
}

Response show_in(const Request& request, const TenantScope& scope, Txn& txn, std::string_view path) {
  const auto stream = store::find_stream(txn, scope, stream_of(request));
  if (!stream) throw ApiError(ErrorCode::not_found);
  return row_reply(*stream, path, put_stream);
}

Response change_stream_in(const Request& request, const TenantScope& scope, Txn& txn, std::string_view path) {
  const auto edit = [&](store::Stream& stream) { store::stream_table.fill_given(stream, request.body); };
  // What is wrong with the body is said first.
  store::Stream alone;
  edit(alone);
  std::vector<store::Stream> changed{service::change_stream({txn, request.context, scope}, stream_of(request),
                                                            maybe_text(request.body, "url"), edit)};
  store::fill_lag(txn, scope, changed);
  return row_reply(changed.front(), path, put_stream);
}

Response delete_in(const Request& request, const TenantScope& scope, Txn& txn) {
  service::remove_stream({txn, request.context, scope}, stream_of(request));
  return no_content();
}

Response test_in(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto id = stream_of(request);
  service::test_stream({txn, request.context, scope}, id);
  JsonOut json;
  json.begin_object().field("stream_id", id).end_object();
  return reply(json, 202);
}

Response rotate_in(const Request& request, const TenantScope& scope, Txn& txn, std::string_view path) {
  return made_stream_reply(service::rotate_stream_secret({txn, request.context, scope}, stream_of(request)),
                           path);
}

Response list_streams(const Request& request, const TenantScope& scope, Txn& txn) {
  return list_in(request, scope, txn);
}
Response make_stream(const Request& request, const TenantScope& scope, Txn& txn) {
  return make_stream_in(request, scope, txn, kStreamsPath);
}
Response show_stream(const Request& request, const TenantScope& scope, Txn& txn) {
  return show_in(request, scope, txn, kStreamsPath);
}
Response change_stream(const Request& request, const TenantScope& scope, Txn& txn) {
  return change_stream_in(request, scope, txn, kStreamsPath);
}
Response delete_stream(const Request& request, const TenantScope& scope, Txn& txn) {
  return delete_in(request, scope, txn);
}
Response test_stream(const Request& request, const TenantScope& scope, Txn& txn) {
  return test_in(request, scope, txn);
}
Response rotate_stream_secret(const Request& request, const TenantScope& scope, Txn& txn) {
  return rotate_in(request, scope, txn, kStreamsPath);
}

Response list_system_streams(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return list_in(request, enter_system(admin, txn), txn);
}
Response make_system_stream(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return make_stream_in(request, enter_system(admin, txn), txn, kSystemStreamsPath);
}
Response show_system_stream(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return show_in(request, enter_system(admin, txn), txn, kSystemStreamsPath);
}
Response change_system_stream(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return change_stream_in(request, enter_system(admin, txn), txn, kSystemStreamsPath);
}
Response delete_system_stream(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return delete_in(request, enter_system(admin, txn), txn);
}
Response test_system_stream(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return test_in(request, enter_system(admin, txn), txn);
}
Response rotate_system_stream(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return rotate_in(request, enter_system(admin, txn), txn, kSystemStreamsPath);
}

constexpr auto kStreamsRows = section(
    "Streams",
    {
        {.method = GET,
         .path = "/api/v1/streams",
         .handler = list_streams,
         .permission = streams_manage,
         .rate = Rate::read,
         .query = "page_query",
         .reply = ok("streams"),
         .refuses = nothing,
         .summary = "Where the organization's audit rows and events are sent, and how far each receiver is"},
        {.method = POST,
         .path = "/api/v1/streams",
         .handler = make_stream,
         .permission = streams_manage,
         .rate = Rate::outbound,
         .body = "stream",
         .reply = made("new_stream"),
         .refuses = {url_refused, limit_reached},
         .summary =
             "Have audit rows and events sent in their order; the reply alone shows the secret that signs "
             "them"},
        {.method = GET,
         .path = "/api/v1/streams/{stream_id}",
         .handler = show_stream,
         .permission = streams_manage,
         .rate = Rate::read,
         .reply = ok("stream"),
         .refuses = {not_found},
         .summary = "A stream"},
        {.method = PUT,
         .path = "/api/v1/streams/{stream_id}",
         .handler = change_stream,
         .permission = streams_manage,
         .rate = Rate::outbound,
         .body = "change_stream",
         .reply = ok("stream"),
         .refuses = {not_found, url_refused},
         .summary = "Change a stream, pause it or let it go on; how it is sent and where it began stay"},
        {.method = DELETE_,
         .path = "/api/v1/streams/{stream_id}",
         .handler = delete_stream,
         .permission = streams_manage,
         .if_match = true,
         .rate = Rate::write,
         .reply = done(),
         .refuses = {not_found},
         .summary = "End a stream"},
        {.method = POST,
         .path = "/api/v1/streams/{stream_id}/rotate-secret",
         .handler = rotate_stream_secret,
         .permission = streams_manage,
         .rate = Rate::write,
         .reply = ok("new_stream"),
         .refuses = {not_found, conflict},
         .summary = "Another secret for a stream over https; both sign for a day"},
        {.method = POST,
         .path = "/api/v1/streams/{stream_id}/test",
         .handler = test_stream,
         .permission = streams_manage,
         .changes_nothing = true,
         .rate = Rate::write,
         .reply = accepted("stream_test"),
         .refuses = {not_found, conflict},
         .summary = "Write a row stream.test, which comes to the receiver in its place"},
        {.method = GET,
         .path = "/api/v1/admin/streams",
         .handler = list_system_streams,
         .rate = Rate::read,
         .query = "page_query",
         .reply = ok("streams"),
         .refuses = nothing,
         .summary = "Where the audit rows and events of the whole system are sent"},
        {.method = POST,
         .path = "/api/v1/admin/streams",
         .handler = make_system_stream,
         .step_up = true,
         .rate = Rate::outbound,
         .body = "stream",
         .reply = made("new_stream"),
         .refuses = {url_refused, limit_reached},
         .summary =
             "Have the audit rows and events of every organization, and of none, sent in their orders"},
        {.method = GET,
         .path = "/api/v1/admin/streams/{stream_id}",
         .handler = show_system_stream,
         .rate = Rate::read,
         .reply = ok("stream"),
         .refuses = {not_found},
         .summary = "A stream of the whole system"},
        {.method = PUT,
         .path = "/api/v1/admin/streams/{stream_id}",
         .handler = change_system_stream,
         .step_up = true,
         .rate = Rate::outbound,
         .body = "change_stream",
         .reply = ok("stream"),
         .refuses = {not_found, url_refused},
         .summary = "Change a stream of the whole system, pause it or let it go on"},
        {.method = DELETE_,
         .path = "/api/v1/admin/streams/{stream_id}",
         .handler = delete_system_stream,
         .if_match = true,
         .step_up = true,
         .rate = Rate::write,
         .reply = done(),
         .refuses = {not_found},
         .summary = "End a stream of the whole system"},
        {.method = POST,
         .path = "/api/v1/admin/streams/{stream_id}/rotate-secret",
         .handler = rotate_system_stream,
         .step_up = true,
         .rate = Rate::write,
         .reply = ok("new_stream"),
         .refuses = {not_found, conflict},
         .summary = "Another secret for a stream of the whole system"},
        {.method = POST,
         .path = "/api/v1/admin/streams/{stream_id}/test",
         .handler = test_system_stream,
         .rate = Rate::write,
         .reply = accepted("stream_test"),
         .refuses = {not_found, conflict},
         .summary = "Write a row stream.test of the system, which comes to the receiver in its place"},
    });

}  // namespace

std::span<const Route> streams_rows() { return kStreamsRows; }

}  // namespace tenantd::api::handlers
