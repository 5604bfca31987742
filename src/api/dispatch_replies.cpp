// What a request that went wrong is answered, and what every reply has.
#include <algorithm>
#include <new>

#include "browser_session.hpp"
#include "cors.hpp"
#include "dispatch_watched.hpp"
#include "problem_members.hpp"
#include "tenantd/api/json.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/problem.hpp"
#include "tenantd/http/server.hpp"

namespace tenantd::api {
namespace {

// The codes of RFC 6749 sections 4.1.2.1 and 5.2 and of RFC 6750 section 3.1; ours, where they are the same.
std::string_view oauth_error(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_request:
    case ErrorCode::invalid_grant:
    case ErrorCode::invalid_client:
    case ErrorCode::invalid_scope:
    case ErrorCode::invalid_token:
    case ErrorCode::unauthorized_client:
    case ErrorCode::unsupported_grant_type:
    case ErrorCode::insufficient_scope: return error_name(code);
    case ErrorCode::unauthenticated: return "invalid_token";
    case ErrorCode::contended:
    case ErrorCode::busy:
    case ErrorCode::rate_limited:
    case ErrorCode::unavailable: return "temporarily_unavailable";
    default: return http_status(code) >= 500 ? "server_error" : "invalid_request";
  }
}

// A library for OAuth reads `error`; who looks into it by hand finds the members of every problem beside it.
void say_as_oauth(http::Response& response, const ApiError& error) {
  Json body = parse_json(response.body);
  auto& memory = body.GetAllocator();
  const auto& members = error.members();
  const bool names_word =
      std::ranges::any_of(members, [](const auto& each) { return each.first == "error"; });
  const std::string text{error.public_text().empty() ? error_title(error.code()) : error.public_text()};
  // A word of OAuth that is no code of this service comes with the refusal's other members.
  if (!names_word) body.AddMember("error", JsonValue{std::string{oauth_error(error.code())}, memory}, memory);
  body.AddMember("error_description", JsonValue{text, memory}, memory);
  response.body = json::compact(body);
  response.content_type = "application/json";
}

// What RFC 7644 section 3.12 calls it; empty where that names nothing.
std::string_view scim_type(ErrorCode code) {
  switch (code) {
    case ErrorCode::conflict: return "uniqueness";
    case ErrorCode::malformed_json: return "invalidSyntax";
    case ErrorCode::duplicate_parameter:
    case ErrorCode::malformed_query:
    case ErrorCode::too_many_parameters:
    case ErrorCode::validation_failed: return "invalidValue";
    default: return "";
  }
}

// SCIM's clients show `detail` to people: it names the first fault.
std::string scim_detail(const ApiError& error) {
  if (!error.public_text().empty() || error.fields().empty()) return error.public_text();
  return error.fields().front().pointer + ' ' + error.fields().front().detail;
}

ApiError with_scim_type(const ApiError& error) {
  const auto type = scim_type(error.code());
  const auto names_type = [](const auto& member) { return member.first == "scimType"; };
  if (type.empty() || std::ranges::any_of(error.members(), names_type)) return error;
  return ApiError{error}.member("scimType", std::string{type});
}

// Where a client learns who gives tokens for this API (RFC 9728 section 5.1).
std::string with_metadata(const Settings& settings, const std::string& challenge) {
  if (!challenge.starts_with("Bearer")) return challenge;
  return challenge + (challenge == "Bearer" ? " " : ", ") + "resource_metadata=\"" + settings.public_url +
         "/.well-known/oauth-protected-resource\"";
}

}  // namespace

// Holds the only catch of what goes wrong.
http::Response Dispatch::answer_or_refuse(Call& call) {
  try {
    return answer(call);
  } catch (const NotNow&) {
    throw;
  } catch (const ApiError& e) {
    return refuse(call, e);
  } catch (const http::BadRequest& e) {
    const auto code = find_error(e.code).value_or(ErrorCode::bad_request);
    return refuse(call, ApiError(code, e.detail));
  } catch (const db::RetryableError& e) {
    return fail(call, ErrorCode::unavailable, e.what());
  } catch (const db::DuplicateKey& e) {
    return refuse(call, ApiError(ErrorCode::conflict).detail(e.what()));
  } catch (const db::LimitReached& e) {
    return refuse(call,
                  ApiError(ErrorCode::limit_reached, "The organization's limit of " + e.limit + " is reached")
                      .member("limit", e.limit));
  } catch (const db::ForeignKeyError& e) {
    return refuse(call, ApiError(ErrorCode::conflict).detail(e.what()));
  } catch (const std::bad_alloc&) {
    return fail(call, ErrorCode::unavailable, "the worker may take no more memory");
  } catch (const std::exception& e) {
    report(call, e);
    return fail(call, ErrorCode::internal, e.what());
  } catch (...) {
    return fail(call, ErrorCode::internal, "unknown exception");
  }
}

http::Response Dispatch::refuse(const Call& call, const ApiError& refused) const {
  const bool of_scim = http::speaks_scim(call.http.path);
  const auto error = of_scim ? with_scim_type(refused) : refused;
  // SCIM knows 400 for what does not fit, not 422.
  const bool misfit = of_scim && error.code() == ErrorCode::validation_failed;
  const auto code = misfit ? ErrorCode::bad_request : error.code();
  const int status = http_status(code);
  call.refusal = code;
  const auto detail = of_scim ? scim_detail(error) : error.public_text();
  auto response = http::refusal(call.http.path, status, error_name(code), error_title(code),
                                detail.empty() ? error_title(code) : detail, call.http.request_id);
  if (call.match.is_oauth) say_as_oauth(response, error);
  if (!error.fields().empty() || !error.members().empty()) add_problem_members(response, error, call.body);
  for (const auto& [name, value] : error.headers())
    response.header(name, name == "WWW-Authenticate" ? with_metadata(settings_, value) : value);
  if (status == 401 && error.headers().empty())
    response.header("WWW-Authenticate", with_metadata(settings_, "Bearer"));
  if (status == 401 && call.by_cookie) response.header("Set-Cookie", ended_cookie(settings_));
  if (status == 503) response.header("Retry-After", "2");
  const auto* principal = call.principal ? &*call.principal : nullptr;
  const auto level = status >= 500 ? log::Level::error : log::Level::notice;
  const bool told = status >= 500 || status == 401 || status == 403 || status == 429;
  // The caller is not told which address was refused: only the log helps whoever has to set it right.
  if (told || code == ErrorCode::url_refused)
    log::write(level, status >= 500 ? "request.failed" : "request.refused",
               {{"request_id", call.http.request_id},
                {"path", call.match.route != nullptr ? call.match.route->path : std::string_view{}},
                {"code", error_name(code)},
                {"address", call.http.remote_address},
                {"user", user_of(principal)},
                {"organization", organization_of(principal)},
                {"actor", call.principal && call.principal->actor ? call.principal->actor->id.str() : ""},
                {"trace_id", call.place.trace_hex()},
                log::milliseconds("duration_ms", monotonic_microseconds() - call.started_us),
                {"detail", error.log_detail()}});
  return response;
}

http::Response Dispatch::fail(const Call& call, ErrorCode code, const std::string& detail) const {
  return refuse(call, ApiError(code).detail(detail));
}

void Dispatch::finish(const Call& call, http::Response& response) const {
  const auto duration_us = monotonic_microseconds() - call.started_us;
  count(call, response, duration_us);
  put_cors(settings_, call.http, response, call.open_origin);
  // What a reply says is its caller's own business, unless it says otherwise itself (RFC 9111).
  const auto is_cache_control = [](const auto& header) { return header.first == "Cache-Control"; };
  if (std::none_of(response.headers.begin(), response.headers.end(), is_cache_control))
    response.header("Cache-Control", "no-store");
  log_end(call, response, duration_us);
}

}  // namespace tenantd::api
