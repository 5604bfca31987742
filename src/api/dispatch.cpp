#include "tenantd/api/dispatch.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "tenantd/api/idempotency.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/problem.hpp"
#include "tenantd/service/wake_socket.hpp"

namespace tenantd::api {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

std::string_view media_type(std::string_view content_type) {
  return trim(content_type.substr(0, content_type.find(';')));
}

// An agent may be any bytes of any length; what is stored and mailed is text, as wide as its columns, cut at
// a code point's start.
std::string readable(std::string agent) {
  constexpr std::size_t most = 400;
  if (!is_utf8(agent))
    for (char& c : agent)
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  if (agent.size() <= most) return agent;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(agent[end]) & 0xC0U) == 0x80U) --end;
  return agent.substr(0, end);
}

// IPv6 hosts own a /64 at least: it counts as one caller. An IPv4 address in IPv6 form is that address.
std::string network_of(const std::string& address) {
  in6_addr parsed{};
  if (::inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return address;
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) return address.substr(address.rfind(':') + 1);
  return {reinterpret_cast<const char*>(parsed.s6_addr), 8};
}

// OAuth 2's password form (RFC 6749 section 4.3.2) as the sign-in body.
Json sign_in_of_form(const http::Request& request) {
  Json body;
  body.SetObject();
  auto& memory = body.GetAllocator();
  for (const auto& [name, value] : http::parse_form(request.body)) {
    if (name == "username") body.AddMember("email", JsonValue{value, memory}, memory);
    if (name == "password") body.AddMember("password", JsonValue{value, memory}, memory);
    if (name == "grant_type" && value != "password") refuse_field("/grant_type", "must be password");
  }
  return body;
}

// A file of rows as the JSON body that says the same.
Json body_of_csv(const http::Request& request) {
  if (!is_utf8(request.body)) throw ApiError(ErrorCode::bad_request, "The file is not UTF-8");
  Json body;
  body.SetObject();
  auto& memory = body.GetAllocator();
  body.AddMember("csv", JsonValue{request.body, memory}, memory);
  return body;
}

// "https://accounts.example.com:8443/x" is at accounts.example.com: a name that stands for no tenant.
std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return ascii_lower(url.substr(0, url.find_first_of(":/")));
}

// One idempotency key means one thing to one person, or to one API key, in one organization.
// Nobody knows who an anonymous caller is. Its network, its cookies and all that it sends stand for it: two
// callers that chose the same key do not disturb each other, and a reply, which may hold tokens, goes to
// nobody but one who sends the same secrets from the same network again.
std::string idempotency_caller(const std::optional<Principal>& principal, const http::Request& request) {
  if (!principal)
    return "anonymous/" + network_of(request.remote_address) + '/' + to_hex(crypto::sha256(request.cookie)) +
           '/' + to_hex(crypto::sha256(request.query_text + '\n' + request.body));
  if (principal->actor) return "impersonation/" + principal->session.str();
  if (principal->api_key) return "key/" + principal->api_key->str();
  return principal->user.id.str() + '/' + (principal->organization ? principal->organization->id.str() : "");
}

// What a change takes where its row names no body: nothing, or an empty object. A member that the row would
// not look at is refused as it is everywhere else.
std::string_view body_schema(const Route& route) {
  if (!route.body.empty() || route.method == Method::GET) return route.body;
  return "no_body";
}

// What a problem document says besides the standard members.
void add_members(http::Response& response, const ApiError& error) {
  JsonOut json;
  json.begin_object();
  if (!error.fields().empty()) {
    json.key("errors").begin_array();
    for (const auto& field : error.fields())
      json.begin_object().field("pointer", field.pointer).field("detail", field.detail).end_object();
    json.end_array();
  }
  for (const auto& [name, value] : error.members()) json.field(name, value);
  json.end_object();
  response.body.back() = ',';
  response.body += json.text().substr(1);
}

}  // namespace

struct Dispatch::Call {
  http::Request& http;
  service::Context context;
  Router::Match match;
  Json body;
  Json query;
  std::optional<Principal> principal;
  bool account_counted = false;
};

Dispatch::Dispatch(const Settings& settings, const crypto::KeyRing& keys, const Schemas& schemas,
                   SharedState& shared, std::size_t connections)
    : settings_(settings),
      keys_(keys),
      schemas_(schemas),
      shared_(shared),
      router_(routes()),
      authorizer_(settings, &*shared.cache, &*shared.metrics),
      pool_({settings.db_socket, settings.db_host, static_cast<int>(settings.db_port), settings.db_user,
             settings.db_password, "tenantd_app", static_cast<int>(settings.request_seconds)},
            connections) {}

void Dispatch::before_commit(const std::vector<UuidBytes>& ids) {
  for (const auto& id : ids) shared_.cache->mark_busy(id);
}

void Dispatch::after_commit(const std::vector<UuidBytes>& ids) {
  for (const auto& id : ids) shared_.cache->advance(id);
}

http::Response Dispatch::handle(http::Request& request) noexcept {
  const auto started = monotonic_microseconds();
  shared_.metrics->in_flight.fetch_add(1, std::memory_order_relaxed);
  Call call{request,
            {settings_,
             keys_,
             now(),
             request.remote_address,
             readable(request.user_agent),
             request.request_id,
             nullptr,
             {},
             {},
             {}},
            {},
            {},
            {},
            {}};
  call.context.wake_courier = [this] { service::wake_courier(settings_.courier_socket); };
  const auto hourly = [this](const std::string& who, std::int64_t most) {
    const auto d = shared_.mail_limiter->take(who, most, 3600, monotonic_microseconds());
    return service::Allowance{d.allowed, d.limit, d.retry_after};
  };
  call.context.may_mail = [=, this](const std::string& address) {
    return hourly('m' + address, settings_.limit_mail);
  };
  call.context.may_invite = [=, this](UserId inviter) {
    return hourly('i' + std::string{inviter.raw()}, settings_.limit_invite);
  };
  http::Response response;
  try {
    response = answer(call);
  } catch (const ApiError& e) {
    response = refuse(call, e);
  } catch (const http::BadRequest& e) {
    const auto code = find_error(e.code).value_or(ErrorCode::bad_request);
    response = refuse(call, ApiError(code, e.detail));
  } catch (const db::RetryableError& e) {
    response = fail(call, ErrorCode::unavailable, e.what());
  } catch (const db::DuplicateKey& e) {
    response = refuse(call, ApiError(ErrorCode::conflict).detail(e.what()));
  } catch (const db::LimitReached& e) {
    response = refuse(
        call, ApiError(ErrorCode::limit_reached, "The organization's limit of " + e.limit + " is reached")
                  .member("limit", e.limit));
  } catch (const db::ForeignKeyError& e) {
    response = refuse(call, ApiError(ErrorCode::conflict).detail(e.what()));
  } catch (const std::exception& e) {
    response = fail(call, ErrorCode::internal, e.what());
  } catch (...) {
    response = fail(call, ErrorCode::internal, "unknown exception");
  }
  finish(call, response, started);
  return response;
}

http::Response Dispatch::answer(Call& call) {
  call.match = router_.find(call.http.method, call.http.path);
  if (call.match.route == nullptr) {
    if (call.match.allow.empty()) throw ApiError(ErrorCode::not_found);
    throw ApiError(ErrorCode::method_not_allowed).header("Allow", call.match.allow);
  }
  call.http.path_values = std::move(call.match.values);
  limit(call);
  const bool token = !call.http.authorization.empty();
  const bool key = !call.http.api_key.empty();
  // Two readers could disagree on which of them counts.
  if (token && key) throw ApiError(ErrorCode::bad_request, "Send Authorization or X-Api-Key, not both");
  // Who sends neither learns that first, whatever else is wrong.
  if (call.match.route->handler.access != Access::anyone && !token && !key)
    throw ApiError(ErrorCode::unauthenticated).header("WWW-Authenticate", "Bearer");
  read_body(call);
  return act(call);
}

void Dispatch::limit(const Call& call) {
  const auto [name, most] = [&]() -> std::pair<char, std::int64_t> {
    switch (call.match.route->rate) {
      case Rate::none: return {'n', 0};
      case Rate::read: return {'r', settings_.limit_read};
      case Rate::write: return {'w', settings_.limit_write};
      case Rate::password: return {'p', settings_.limit_password};
      case Rate::outbound: return {'o', settings_.limit_outbound};
    }
    return {'n', 0};
  }();
  take(name + network_of(call.http.remote_address), most);
}

// From however many addresses an account's requests come. Once a request, however often its transaction runs.
void Dispatch::limit_account(Call& call) {
  if (call.account_counted) return;
  call.account_counted = true;
  const auto& principal = *call.principal;
  const UserId person = principal.actor ? principal.actor->id : principal.user.id;
  take('a' + std::string{principal.api_key ? principal.api_key->raw() : person.raw()},
       settings_.limit_account);
  limit_organization(call);
}

// Of all its members and keys together. What a super-admin does as such is nobody's share: or the limit could
// not be lifted by one who stands behind it.
void Dispatch::limit_organization(const Call& call) {
  const auto& principal = *call.principal;
  if (!principal.organization || call.match.route->handler.access == Access::super) return;
  take('t' + std::string{principal.organization->id.raw()}, principal.organization_requests.value_or(0));
}

// Counts one request of `caller` in its minute. Throws ApiError(rate_limited).
void Dispatch::take(const std::string& caller, std::int64_t most) {
  const auto decision = shared_.limiter->take(caller, most, 60, monotonic_microseconds());
  if (decision.allowed) return;
  shared_.metrics->rate_limited.fetch_add(1, std::memory_order_relaxed);
  service::require({false, decision.limit, decision.retry_after}, "");
}

void Dispatch::read_body(Call& call) {
  const Route& route = *call.match.route;
  const auto schema = body_schema(route);
  if (schema.empty()) return;
  if (call.http.body.empty() && schemas_.is_optional(schema)) {
    call.body.SetObject();
    return;
  }
  const auto type = ascii_lower(media_type(call.http.content_type));
  if (type == "application/json") {
    call.body = parse_json(call.http.body);
  } else if (route.also == AlsoTakes::text && type == "text/plain") {
    call.body = parse_json(call.http.body);
  } else if (route.also == AlsoTakes::csv && type == "text/csv") {
    call.body = body_of_csv(call.http);
  } else if (route.also == AlsoTakes::form && type == kForm) {
    call.body = sign_in_of_form(call.http);
  } else {
    throw ApiError(ErrorCode::unsupported_media_type);
  }
}

void Dispatch::authenticate(Call& call, db::Txn& txn) {
  const Route& route = *call.match.route;
  if (route.handler.access != Access::anyone) {
    const bool own_name =
        host_of(settings_.public_url) == ascii_lower(call.http.host.substr(0, call.http.host.find(':')));
    const auto named = named_organization(call.http, call.body, own_name ? "" : settings_.base_domain);
    call.principal = authorizer_.authenticate(call.http, call.context, named, txn, route.super_too);
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
  }
}

http::Response Dispatch::act(Call& call) {
  return db::run_transaction(pool_, this, [&](db::Txn& txn) {
    call.principal.reset();
    call.context.caller = nullptr;
    return attempt(call, txn);
  });
}

http::Response Dispatch::attempt(Call& call, db::Txn& txn) {
  const Route& route = *call.match.route;
  authenticate(call, txn);
  call.context.caller = call.principal ? &*call.principal : nullptr;
  if (const auto schema = body_schema(route); !schema.empty()) schemas_.check(schema, call.body);
  call.query = schemas_.check_query(route.query.empty() ? "no_query" : route.query, call.http.query);
  Request request{call.http, call.context, call.body, call.query, std::nullopt, &*shared_.metrics, &schemas_};
  if (call.principal && route.handler.access == Access::anyone)
    request.session = Authorizer::session_of(*call.principal);

  if (route.method != Method::POST || call.http.idempotency_key.empty())
    return authorizer_.call(route, request, call.principal, txn);
  Idempotency idempotency{txn, call.http, idempotency_caller(call.principal, call.http), call.context};
  if (idempotency.stored()) return *idempotency.stored();
  auto response = authorizer_.call(route, request, call.principal, txn);
  idempotency.store(response);
  return response;
}

http::Response Dispatch::refuse(const Call& call, const ApiError& error) const {
  const int status = http_status(error.code());
  const auto& detail = error.public_text();
  auto response = http::problem(status, error_name(error.code()), error_title(error.code()),
                                detail.empty() ? error_title(error.code()) : detail, call.http.request_id);
  if (!error.fields().empty() || !error.members().empty()) add_members(response, error);
  for (const auto& [name, value] : error.headers()) response.header(name, value);
  if (status == 401 && error.headers().empty()) response.header("WWW-Authenticate", "Bearer");
  if (status == 503) response.header("Retry-After", "2");
  const auto level = status >= 500 ? log::Level::error : log::Level::notice;
  const bool told = status >= 500 || status == 401 || status == 403 || status == 429;
  // The caller is not told which address was refused: only the log helps whoever has to set it right.
  if (told || error.code() == ErrorCode::url_refused)
    log::write(level, status >= 500 ? "request.failed" : "request.refused",
               {{"request_id", call.http.request_id},
                {"path", call.match.route != nullptr ? call.match.route->path : std::string_view{}},
                {"code", error_name(error.code())},
                {"address", call.http.remote_address},
                {"user", call.principal ? call.principal->user.id.str() : ""},
                {"actor", call.principal && call.principal->actor ? call.principal->actor->id.str() : ""},
                {"detail", error.log_detail()}});
  return response;
}

http::Response Dispatch::fail(const Call& call, ErrorCode code, const std::string& detail) const {
  return refuse(call, ApiError(code).detail(detail));
}

void Dispatch::finish(const Call& call, http::Response& response, std::int64_t started_us) const {
  auto& metrics = *shared_.metrics;
  const std::size_t route = call.match.route != nullptr ? call.match.index : shm::Metrics::kRoutes - 1;
  metrics.observe(route, response.status, monotonic_microseconds() - started_us);
  metrics.in_flight.fetch_sub(1, std::memory_order_relaxed);
  // What a reply says is its caller's own business, unless it says otherwise itself (RFC 9111).
  const auto is_cache_control = [](const auto& header) { return header.first == "Cache-Control"; };
  if (std::none_of(response.headers.begin(), response.headers.end(), is_cache_control))
    response.header("Cache-Control", "no-store");
  const bool password = call.match.route != nullptr && call.match.route->rate == Rate::password;
  if (password && response.status < 300)
    log::info("account.request", {{"request_id", call.http.request_id},
                                  {"path", call.match.route->path},
                                  {"status", response.status},
                                  {"address", call.http.remote_address}});
}

}  // namespace tenantd::api
