#include "tenantd/api/dispatch.hpp"

#include <algorithm>

#include "api/validation/sent_back.hpp"
#include "body.hpp"
#include "browser_session.hpp"
#include "cors.hpp"
#include "dispatch_call.hpp"
#include "find_org_id.hpp"
#include "idempotency.hpp"
#include "normalize.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/etag.hpp"
#include "tenantd/api/openapi.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/db/deadline.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/budgets.hpp"
#include "tenantd/effects/wake_socket.hpp"
#include "tenantd/http/cpu_watch.hpp"
#include "tenantd/http/server.hpp"
#include "tenantd/watch/exporter.hpp"

namespace tenantd::api {
namespace {

// An agent may be any bytes of any length; what is stored and mailed is text, as wide as its columns, cut at
// a code point's start.
std::string readable(std::string agent) {
  constexpr std::size_t most = 400;
  if (!is_utf8(agent))
    for (char& c : agent)
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return std::string{cut_bytes(agent, most)};
}

// "https://accounts.example.com:8443/x" is at accounts.example.com: a name that stands for no tenant.
std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return ascii_lower(url.substr(0, url.find_first_of(":/")));
}

// What a change takes where its row names no body: nothing, or an empty object. A member that the row would
// not look at is refused as it is everywhere else.
std::string_view body_schema(const Route& route) {
  if (!route.body.empty() || route.method == Method::GET || takes_scim_body(route.also, route.method))
    return route.body;
  return "no_body";
}

// SCIM's clients may send parameters that this service does not know: it does not look at them (RFC 7644
// section 3.4.2).
Json read_query(const Schemas& schemas, const Route& route, const http::Pairs& query) {
  if (!route.query.empty() || route.also != AlsoTakes::scim)
    return schemas.check_query(route.query.empty() ? "no_query" : route.query, query);
  Json nothing;
  nothing.SetObject();
  return nothing;
}

// Every spelling of one list has its canonical path, and what stands at its {parts}.
std::string list_path(const Route& route, const http::Request& request) {
  std::string path{canonical_row(route).path};
  for (const auto& [name, value] : request.path_values) path.append("\n").append(value);
  return path;
}

db::ConnectOptions application(const Settings& settings, db::ServerBoard& servers) {
  auto options = db::connect_options(settings, settings.db_user, settings.db_password, "tenantd_app");
  options.lock_wait_seconds = static_cast<int>(settings.lock_wait_seconds);
  options.board = &servers;
  return options;
}

// The general lane's, for one that has no name there.
std::size_t place_of(std::string_view lane) {
  const auto& all = shm::Metrics::kLanes;
  const auto found = std::find(all.begin(), all.end(), lane);
  return found == all.end() ? 0 : static_cast<std::size_t>(found - all.begin());
}

}  // namespace

Dispatch::Dispatch(const Settings& settings, crypto::LiveKeys& keys, const Schemas& schemas,
                   SharedState& shared, const Lane& lane)
    : settings_(settings),
      keys_(keys),
      schemas_(schemas),
      shared_(shared),
      router_(routes()),
      authorizer_(settings, &*shared.cache, &*shared.metrics),
      pool_(
          application(settings, *shared.servers),
          // Two for each thread: an attempt to sign in may be counted beside the request's own unit of work.
          static_cast<std::size_t>(lane.threads) * 2),
      shares_(std::make_unique<Shares>(settings, *shared.in_flight, *shared.metrics, lane)),
      announcer_(*shared.host, *shared.metrics, &shared.written),
      lane_(place_of(lane.name)),
      sampler_(watch::sampler(settings)),
      handover_(watch::handover_socket(settings)) {}

Dispatch::~Dispatch() = default;

Dispatch::Announcement Dispatch::announce(db::Connection& connection, const db::Touched& touched) {
  return announcer_.announce(connection, touched);
}

void Dispatch::confirm(db::Connection& connection, const db::Touched& touched,
                       const Announcement& announced) {
  announcer_.confirm(connection, touched, announced);
}

void Dispatch::before_commit(const std::vector<UuidBytes>& ids) {
  for (const auto& id : ids) shared_.cache->mark_busy(id);
}

void Dispatch::after_commit(const std::vector<UuidBytes>& ids) {
  for (const auto& id : ids) shared_.cache->advance(id);
}

std::shared_ptr<const crypto::KeyRing> Dispatch::current_keys() {
  auto found = keys_.current();
  if (found.changed) {
    // Tokens of a key that was retired may be remembered.
    shared_.cache->clear();
    log::info("keys_changed", {{"verifying", static_cast<std::int64_t>(found.keys->signing().size())}});
  }
  if (!found.problem.empty()) log::write(log::Level::error, "keys_unreadable", {{"detail", found.problem}});
  return std::move(found.keys);
}

http::Response Dispatch::handle(http::Request& request, bool again, const http::BadRequest* unread) {
  const http::CpuWatch watch{Seconds{settings_.request_cpu_seconds}};
  // Shared with what makes the reply if the request is put aside.
  const auto keys = current_keys();
  const auto kept = std::make_shared<Call>(request,
                                           service::Context{settings_,
                                                            *keys,
                                                            now(),
                                                            request.remote_address,
                                                            readable(request.user_agent),
                                                            request.request_id,
                                                            nullptr,
                                                            {},
                                                            {},
                                                            {},
                                                            {}},
                                           keys);
  Call& call = *kept;
  call.again = call.account_counted = again;
  call.unread = unread;
  begin(call);
  const trace::Work traced{call.place, call.parent && trace::is_tracestate(request.tracestate)
                                           ? std::string_view{request.tracestate}
                                           : std::string_view{}};
  call.context.counts_mails = true;
  call.context.wake_courier = [this] { service::wake_courier(settings_.courier_socket); };
  // By itself: it counts whatever becomes of the request.
  call.context.may_invite = [this, &context = call.context](UserId inviter) {
    return db::run_transaction(pool_, nullptr, [&](db::Txn& txn) {
      return store::spend_now(txn, context.keys.seal_key(),
                              {'i' + std::string{inviter.raw()}, settings_.limit_invite}, context.now);
    });
  };
  call.context.sessions = &*shared_.cache;
  call.context.note_lock = [this] { shared_.metrics->lock_outs.fetch_add(1, std::memory_order_relaxed); };
  call.context.after_reply = [&call](std::function<void(db::Txn&)> work) {
    call.afterwards.push_back(std::move(work));
  };
  call.context.slow_turn = [this](service::SlowTurn::Kind kind, OrgId org) {
    return shares_->slow_turn(kind, org);
  };
  const db::Deadline deadline{call.started_us + settings_.request_seconds * 1'000'000};
  try {
    auto response = answer_or_refuse(call);
    answer_if_none_match(call.http, response);
    call.held.reset();
    finish(call, response);
    if (!call.afterwards.empty()) response.afterwards = [this, kept] { run_afterwards(*kept); };
    return response;
  } catch (NotNow& not_now) {
    call.held.reset();
    under_way(-1);
    throw http::Later{std::move(not_now.who), std::move(not_now.is_ready), [this, kept] {
                        auto response = refuse(*kept, ApiError(ErrorCode::busy).header("Retry-After", "1"));
                        under_way(1);
                        finish(*kept, response);
                        return response;
                      }};
  }
}

void Dispatch::run_afterwards(const Call& call) {
  const db::Deadline deadline{monotonic_microseconds() + settings_.request_seconds * 1'000'000};
  for (const auto& work : call.afterwards) try {
      db::run_transaction(pool_, this, [&](db::Txn& txn) { work(txn); });
    } catch (const std::exception& e) {
      log::write(log::Level::error, "request.afterwards_failed",
                 {{"request_id", call.context.request_id}, {"detail", e.what()}});
    }
}

http::Response Dispatch::answer(Call& call) {
  normalize(call.http);
  call.match = router_.find(call.http.method, call.http.path);
  call.open_origin = call.match.is_oauth;
  if (call.unread != nullptr) throw http::BadRequest{*call.unread};
  if (call.match.route == nullptr) {
    if (call.match.allow.empty()) throw ApiError(ErrorCode::not_found);
    if (const bool open = is_open_to_pages(call.http); is_preflight(settings_, call.http, open)) {
      call.open_origin = open;
      return preflight_reply(call.match.allow);
    }
    throw ApiError(ErrorCode::method_not_allowed).header("Allow", call.match.allow);
  }
  http::CpuWatch::on(call.match.route->path, call.http.request_id);
  // Its tokens would be refused elsewhere, and others' here. What asks for the health of this host is
  // answered.
  if (call.match.route->rate != Rate::none &&
      shared_.metrics->lacks_keys.load(std::memory_order_relaxed) != 0)
    throw ApiError(ErrorCode::unavailable).detail("this host has other keys than its database");
  call.http.path_values = std::move(call.match.values);
  if (!call.again) limit(call);
  const bool token = !call.http.authorization.empty();
  const bool key = !call.http.api_key.empty();
  // Two readers could disagree on which of them counts.
  if (token && key) throw ApiError(ErrorCode::bad_request, "Send Authorization or X-Api-Key, not both");
  call.in_cookie = asks_for_cookie(settings_, *call.match.route, call.http);
  call.by_cookie = call.in_cookie && call.match.route->pair == Pair::ended && !token && !key;
  // Who sends neither learns that first, whatever else is wrong.
  if (call.match.route->handler.access != Access::anyone && !token && !key && !call.by_cookie)
    throw ApiError(ErrorCode::unauthenticated).header("WWW-Authenticate", "Bearer");
  if (call.match.route->gate != nullptr) call.match.route->gate(call.http, call.context);
  return act(call);
}

// True if the method that a preflight asks for is answered to pages of every origin.
bool Dispatch::is_open_to_pages(const http::Request& request) const {
  const auto* route = router_.find(http::parse_method(request.requested_method), request.path).route;
  return route != nullptr && route->also == AlsoTakes::oauth;
}

// Only what whoever may call this row has sent is parsed, once, however often the transaction runs.
void Dispatch::read_body(Call& call) {
  const Route& route = *call.match.route;
  const auto schema = body_schema(route);
  const bool of_scim = takes_scim_body(route.also, route.method);
  if ((schema.empty() && !of_scim) || call.body_read) return;
  call.body_read = true;
  if (call.http.body.empty() && (of_scim || schemas_.is_optional(schema))) {
    call.body.SetObject();
    return;
  }
  const bool exchanges = call.in_cookie && route.pair == Pair::exchanged;
  if (exchanges && call.http.body.empty()) {
    call.body.SetObject();
  } else {
    call.body = parse_body(route, call.http, media_type(call));
  }
  if (exchanges) take_token_of_cookie(call);
}

// A page that knows no refresh token exchanges the one that its browser holds.
void Dispatch::take_token_of_cookie(Call& call) const {
  if (!call.body.IsObject() || call.body.HasMember("refresh_token")) return;
  call.by_cookie = true;
  const auto token = token_in_cookie(settings_, call.http);
  if (!token) throw ApiError(ErrorCode::invalid_token, "This browser holds no session");
  auto& memory = call.body.GetAllocator();
  call.body.AddMember("refresh_token", JsonValue{*token, memory}, memory);
}

// The part of the body that decides where the caller asks to act, before anything else of it is looked at.
Json Dispatch::organization_in_body(Call& call) const {
  if (call.match.route->body.empty() || media_type(call) != "application/json") return {};
  return find_org_id(call.http.body);
}

// What the body is, once it is unpacked, to BODY_BYTES at most.
const std::string& Dispatch::media_type(Call& call) const {
  if (!call.media_type) call.media_type = media_type_of(*call.match.route, call.http, settings_.body_bytes);
  return *call.media_type;
}

void Dispatch::authenticate(Call& call, db::Txn& txn) {
  const Route& route = *call.match.route;
  if (route.handler.access != Access::anyone) {
    const bool own_name =
        host_of(settings_.public_url) == ascii_lower(call.http.host.substr(0, call.http.host.find(':')));
    const auto named =
        named_organization(call.http, organization_in_body(call), own_name ? "" : settings_.base_domain);
    call.principal =
        call.by_cookie
            ? authorizer_.authenticate_cookie(token_in_cookie(settings_, call.http), call.context, txn)
            : authorizer_.authenticate(call.http, call.context, named, txn, route.super_too);
    if (route.handler.access == Access::super) authorizer_.require_factor_of_super(*call.principal, txn);
    authorizer_.authorize(route, call.http, *call.principal, call.context.now);
    limit_account(call);
  } else if (!call.http.authorization.empty() && route.rate != Rate::none) {
    // A route that anybody may call is not closed by a token that has ended.
    try {
      call.principal = authorizer_.authenticate(call.http, call.context, {}, txn);
    } catch (const ApiError& e) {
      if (http_status(e.code()) >= 500) throw;
    }
    if (call.principal && call.principal->actor) {
      authorizer_.authorize(route, call.http, *call.principal, call.context.now);
      // What anybody may read is read as by anybody: no session goes with it.
      call.principal.reset();
    }
    // Nor that of somebody for whom an OAuth client calls.
    if (call.principal && call.principal->client) call.principal.reset();
  }
}

http::Response Dispatch::act(Call& call) {
  return db::run_transaction(pool_, this, [&](db::Txn& txn) {
    call.principal.reset();
    call.context.caller = nullptr;
    return run_once(call, txn);
  });
}

http::Response Dispatch::run_once(Call& call, db::Txn& txn) {
  const Route& route = *call.match.route;
  authenticate(call, txn);
  call.context.caller = call.principal ? &*call.principal : nullptr;
  read_body(call);
  // What a body asks for is a part of its weight.
  if (route.handler.access != Access::anyone) {
    admit(call);
    Authorizer::require_fresh_proof(route, *call.principal, call.body, call.context.now);
  }
  if (route.method == Method::PUT) drop_read_only(call, txn);
  if (const auto schema = body_schema(route); !schema.empty()) schemas_.take(schema, call.body);
  // What is no id named nothing above.
  if (const auto org = maybe_text(call.body, "org_id"); org && !OrgId::parse(*org))
    refuse_field("/org_id", id_words("org_id"));
  call.query = read_query(schemas_, route, call.http.query);
  if (route.method == Method::PUT || route.if_match)
    call.context.is_expected = [&http = call.http](std::int64_t revision) {
      return if_match_allows(http.if_match, revision) &&
             (http.if_none_match.empty() || !if_none_match_names(http.if_none_match, etag(revision)));
    };
  Request request{call.http,    call.context,      call.body, call.query,
                  std::nullopt, &*shared_.metrics, &schemas_, call.in_cookie};
  if (call.principal && route.handler.access == Access::anyone)
    request.session = Authorizer::session_of(*call.principal);

  if (route.method != Method::POST || !call.http.has_idempotency_key) {
    auto response = call_handler(call, request, txn);
    // Whatever a PUT has changed was there: it replaces what is, and makes nothing.
    if (route.method == Method::PUT && trim(call.http.if_none_match) == "*")
      throw ApiError(ErrorCode::precondition_failed);
    return response;
  }
  const auto caller = repeater(call.principal, call.http, route.pair != Pair::none);
  Idempotency idempotency{txn, call.http, caller, call.context, call.in_cookie};
  if (idempotency.stored()) return *idempotency.stored();
  auto response = call_handler(call, request, txn);
  idempotency.store(response);
  return response;
}

http::Response Dispatch::call_handler(const Call& call, const Request& request, db::Txn& txn) {
  const Route& route = *call.match.route;
  const AnsweredList list{list_path(route, call.http)};
  auto response = authorizer_.call(route, request, call.principal, txn);
  if (!call.in_cookie) return response;
  if (route.pair != Pair::ended) {
    move_to_cookie(settings_, response);
  } else if (!call.principal->actor) {
    // The end of an impersonation leaves the super-admin's own session as it is.
    response.header("Set-Cookie", ended_cookie(settings_));
  }
  return response;
}

// A PUT may send back what GET gave, read-only members and all. The current representation is read only if
// the body has such members, and by the caller's own right to read it.
void Dispatch::drop_read_only(Call& call, db::Txn& txn) {
  const Route& route = *call.match.route;
  const Route* reader = router_.find(Method::GET, call.http.path).route;
  if (route.body.empty() || reader == nullptr || reader->path != route.path) return;
  const auto& taken = schemas_.document(route.body);
  const auto& given = schemas_.document("reply/" + std::string{reader->reply.schema});
  if (!sends_back(call.body, taken, given)) return;
  if (const auto current = read_current(call, *reader, txn))
    drop_sent_back(call.body, taken, given, *current);
}

// What the caller would be given by `reader`; nullopt for who may not read it, or finds nothing there: that
// one cannot send it back, and the schema refuses what it does not know.
std::optional<Json> Dispatch::read_current(Call& call, const Route& reader, db::Txn& txn) {
  try {
    authorizer_.authorize(reader, call.http, *call.principal, call.context.now);
    Json nothing;
    nothing.SetObject();
    const Request request{call.http,    call.context,      nothing,  nothing,
                          std::nullopt, &*shared_.metrics, &schemas_};
    return parse_json(authorizer_.call(reader, request, call.principal, txn).body);
  } catch (const ApiError&) {
    return std::nullopt;
  }
}

}  // namespace tenantd::api
