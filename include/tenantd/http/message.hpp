// A request and its reply, as the rooms above http see them: no FastCGI, no I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenantd::http {

enum class Method { GET, HEAD, POST, PUT, PATCH, DELETE_, OPTIONS, other };

std::string_view method_name(Method method);
Method parse_method(std::string_view name);

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Request {
  Method method = Method::other;
  std::string path;        // decoded by nginx, never empty
  std::string query_text;  // as sent
  Pairs query;             // decoded, in order; keys are unique (a duplicate is refused before dispatch)
  std::string body;
  std::string content_type;
  std::string content_encoding;  // as sent; the body is still in it
  std::string authorization;
  std::string api_key;
  std::string tenant_id;  // X-Tenant-Id
  std::string idempotency_key;
  bool has_idempotency_key = false;  // the header is there, if empty
  std::string if_match;
  std::string if_none_match;
  std::string origin;            // of the page that calls, as a browser says it
  std::string fetch_site;        // Sec-Fetch-Site
  std::string session;           // X-Session
  std::string requested_method;  // Access-Control-Request-Method
  std::string signature;         // X-Signature
  std::string host;
  std::string accept;
  std::string cookie;           // as sent
  std::string user_agent;       // as sent; escape before it is logged or shown
  std::string remote_address;   // the client, after nginx's real_ip; text form
  std::string request_id;       // checked or made by nginx
  std::string traceparent;      // W3C Trace Context, as sent; empty if it came twice
  std::string tracestate;       // likewise
  std::string passed_on;        // when nginx handed it over, and how long it had it: "1764331200.123 0.004"
  std::int64_t read_at_us = 0;  // when it was read: microseconds since 1970
  Pairs path_values;            // filled by the router: {"org_id", "…"}

  // Returns the decoded value, or nullopt if the query does not name `key`.
  std::optional<std::string_view> query_value(std::string_view key) const;
  // Returns what the router matched for `{name}`. Throws std::logic_error if the route has no such part.
  const std::string& path_value(std::string_view name) const;
  // Returns the cookie's value, or nullopt if none or more than one has the name.
  std::optional<std::string> cookie_value(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  Pairs headers;
  std::string body;
  std::function<void()> afterwards = {};  // run once the reply is sent; throws nothing

  Response& header(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

// A request that cannot be understood; becomes a problem document of `status`. `code` is stable snake_case.
struct BadRequest {
  int status;
  const char* code;
  const char* detail;
};

// Undoes `coding` (RFC 9110 section 8.4.1): gzip, x-gzip, identity or none. Reads one gzip member of at most
// `max_bytes` and never makes more than that. Returns nullopt for any other coding. Throws BadRequest if the
// body is damaged, ends early or is larger.
std::optional<std::string> decode_content(std::string_view coding, std::string&& body,
                                          std::int64_t max_bytes);

// Splits and decodes `text` into pairs. Throws BadRequest for a duplicate key, a broken escape, NUL or bad
// UTF-8, or more than 100 parameters.
Pairs parse_query(std::string_view text);

// Decodes an application/x-www-form-urlencoded body with cgicc, behind the guards that cgicc needs (size,
// runs of
// '&', count, UTF-8, NUL). Throws BadRequest.
Pairs parse_form(const std::string& body);

}  // namespace tenantd::http
