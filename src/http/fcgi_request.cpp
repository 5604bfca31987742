#include "fcgi_request.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <optional>

#include "tenantd/base/log_line.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/http/problem.hpp"

namespace tenantd::http {
namespace {

// A body's buffer above this is given back after the request.
constexpr std::size_t kKeepBody = 65536;

// Of a parameter that comes twice, since nginx passes a repeated header so: `refused` with the request,
// because two readers may disagree on which one counts; `ignored`: the first counts; `dropped`: neither does.
enum class Second { ignored, refused, dropped };

// Where a parameter goes; nullptr: only counted. (Content-Type comes twice by design: as CONTENT_TYPE and,
// like every header, as HTTP_CONTENT_TYPE.)
struct Parameter {
  std::string_view name;
  std::string Request::*member;
  Second second;
};

enum Index : std::size_t { kMethod, kContentLength, kFirstText, kIdempotencyKey = 14 };

constexpr std::array kParameters = {
    Parameter{"REQUEST_METHOD", nullptr, Second::ignored},
    Parameter{"CONTENT_LENGTH", nullptr, Second::refused},
    Parameter{"DOCUMENT_URI", &Request::path, Second::refused},
    Parameter{"QUERY_STRING", &Request::query_text, Second::refused},
    Parameter{"CONTENT_TYPE", &Request::content_type, Second::refused},
    Parameter{"REMOTE_ADDR", &Request::remote_address, Second::ignored},
    Parameter{"REQUEST_ID", &Request::request_id, Second::ignored},
    Parameter{"HTTP_AUTHORIZATION", &Request::authorization, Second::refused},
    Parameter{"HTTP_HOST", &Request::host, Second::refused},
    Parameter{"HTTP_ACCEPT", &Request::accept, Second::ignored},
    Parameter{"HTTP_COOKIE", &Request::cookie, Second::ignored},
    Parameter{"HTTP_USER_AGENT", &Request::user_agent, Second::ignored},
    Parameter{"HTTP_X_TENANT_ID", &Request::tenant_id, Second::refused},
    Parameter{"HTTP_X_API_KEY", &Request::api_key, Second::refused},
    Parameter{"HTTP_IDEMPOTENCY_KEY", &Request::idempotency_key, Second::refused},
    Parameter{"HTTP_IF_MATCH", &Request::if_match, Second::refused},
    Parameter{"HTTP_IF_NONE_MATCH", &Request::if_none_match, Second::refused},
    Parameter{"HTTP_CONTENT_ENCODING", &Request::content_encoding, Second::refused},
    Parameter{"HTTP_ORIGIN", &Request::origin, Second::refused},
    Parameter{"HTTP_SEC_FETCH_SITE", &Request::fetch_site, Second::refused},
    Parameter{"HTTP_X_SESSION", &Request::session, Second::refused},
    Parameter{"HTTP_ACCESS_CONTROL_REQUEST_METHOD", &Request::requested_method, Second::refused},
    Parameter{"HTTP_X_SIGNATURE", &Request::signature, Second::refused},
    Parameter{"HTTP_CONTENT_TYPE", nullptr, Second::refused},
    Parameter{"HTTP_TRACEPARENT", &Request::traceparent, Second::dropped},
    Parameter{"HTTP_TRACESTATE", &Request::tracestate, Second::dropped},
    Parameter{"PASSED_ON", &Request::passed_on, Second::ignored},
};

static_assert(kParameters.at(kIdempotencyKey).name == "HTTP_IDEMPOTENCY_KEY");

struct Parsed {
  std::string_view content_length;
  bool duplicate = false;
};

void reset(Request& request) {
  request.method = Method::other;
  for (const auto& parameter : kParameters)
    if (parameter.member != nullptr) (request.*parameter.member).clear();
  request.has_idempotency_key = false;
  request.query.clear();
  request.path_values.clear();
  request.body.clear();
  if (request.body.capacity() > kKeepBody) request.body.shrink_to_fit();
}

Parsed take_parameters(char** envp, Request& request) {
  Parsed parsed;
  std::array<bool, kParameters.size()> seen{};
  for (; *envp != nullptr; ++envp) {
    const char* equals = std::strchr(*envp, '=');
    if (equals == nullptr) continue;
    const std::string_view name{*envp, static_cast<std::size_t>(equals - *envp)};
    const auto* found = std::find_if(kParameters.begin(), kParameters.end(),
                                     [&](const Parameter& parameter) { return parameter.name == name; });
    if (found == kParameters.end()) continue;
    const auto index = static_cast<std::size_t>(found - kParameters.begin());
    if (seen[index]) {
      parsed.duplicate = parsed.duplicate || found->second == Second::refused;
      if (found->second == Second::dropped) (request.*found->member).clear();
      continue;
    }
    seen[index] = true;
    if (found->member != nullptr) (request.*found->member).assign(equals + 1);
    if (index == kIdempotencyKey) request.has_idempotency_key = true;
    if (index == kMethod) request.method = parse_method(equals + 1);
    if (index == kContentLength) parsed.content_length = equals + 1;
  }
  return parsed;
}

std::string random_request_id() {
  std::array<char, 16> bytes{};
  [[maybe_unused]] const auto count = ::getrandom(bytes.data(), bytes.size(), 0);
  return to_hex({bytes.data(), bytes.size()});
}

// Reads and forgets what is left of the input. Bounded by the server's deadline.
void drain_input(FCGX_Stream* in) {
  std::array<char, 4096> scratch;
  const int size = static_cast<int>(scratch.size());
  while (FCGX_GetStr(scratch.data(), size, in) == size) continue;
}

std::optional<BadRequest> read_body(FCGX_Stream* in, std::string_view length_text, std::int64_t max_body,
                                    std::string& body) {
  std::optional<BadRequest> refused;
  const auto length = length_text.empty() ? std::int64_t{0} : parse_int(length_text);
  if (!length || *length < 0) {
    refused = BadRequest{400, "bad_content_length", "Content-Length is not a number"};
  } else if (*length > max_body) {
    refused = BadRequest{413, "body_too_large", "The body is larger than this service takes"};
  } else if (*length > 0) {
    body.resize(static_cast<std::size_t>(*length));
    if (FCGX_GetStr(body.data(), static_cast<int>(*length), in) != *length)
      refused = BadRequest{400, "truncated_body", "The body is shorter than its Content-Length"};
  }
  drain_input(in);
  return refused;
}

void check_text(const Request& request) {
  if (request.path.empty() || request.path.front() != '/')
    throw BadRequest{400, "bad_path", "The path does not begin with a slash"};
  if (!is_utf8(request.path)) throw BadRequest{400, "bad_path", "The path is not UTF-8"};
}

constexpr bool is_unsafe(char c) { return c == '\r' || c == '\n' || c == '\0'; }

void append_clean(std::string& out, std::string_view text) {
  if (std::none_of(text.begin(), text.end(), is_unsafe)) {
    out += text;
    return;
  }
  std::remove_copy_if(text.begin(), text.end(), std::back_inserter(out), is_unsafe);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  append_clean(out, name);
  out += ": ";
  append_clean(out, value);
  out += "\r\n";
}

void put(FCGX_Stream* out, std::string_view text) {
  constexpr std::size_t piece = 1U << 30U;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    const int size = static_cast<int>(std::min(piece, text.size()));
    if (FCGX_PutStr(text.data(), size, out) != size) return;
  }
}

}  // namespace

bool read_request(FCGX_Request& fcgi, std::int64_t max_body, Request& request) {
  reset(request);
  request.read_at_us = wall_microseconds();
  const Parsed parsed = take_parameters(fcgi.envp, request);
  if (request.request_id.empty()) request.request_id = random_request_id();
  const auto refused = read_body(fcgi.in, parsed.content_length, max_body, request.body);
  if (FCGX_GetError(fcgi.in) != 0) return false;
  if (parsed.duplicate)
    throw BadRequest{400, "duplicate_header", "A header that must be single was sent twice"};
  if (refused) throw *refused;
  check_text(request);
  request.query = parse_query(request.query_text);
  return true;
}

void write_response(FCGX_Request& fcgi, const Request& request, const Response& response, std::string& head) {
  // RFC 9110 sections 8.6 and 15.4.5: neither has content, and 204 no Content-Length either.
  const bool bodiless = response.status == 204 || response.status == 304;
  head.assign("Status: ");
  head += std::to_string(response.status);
  head += ' ';
  head += reason_phrase(response.status);
  head += "\r\n";
  if (!response.content_type.empty() && !bodiless) append_header(head, "Content-Type", response.content_type);
  if (!bodiless) append_header(head, "Content-Length", std::to_string(response.body.size()));
  append_header(head, "X-Request-Id", request.request_id);
  for (const auto& [name, value] : response.headers) append_header(head, name, value);
  head += "\r\n";
  put(fcgi.out, head);
  if (!bodiless && request.method != Method::HEAD) put(fcgi.out, response.body);
}

}  // namespace tenantd::http
