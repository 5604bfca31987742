#include "tenantd/http/problem.hpp"

#include "tenantd/base/json.hpp"

namespace tenantd::http {
namespace {

constexpr std::string_view kScimPath = "/scim/v2";

}  // namespace

bool speaks_scim(std::string_view path) {
  return path.starts_with(kScimPath) && (path.size() == kScimPath.size() || path[kScimPath.size()] == '/');
}

Response refusal(std::string_view path, int status, std::string_view code, std::string_view title,
                 std::string_view detail, std::string_view request_id) {
  auto response = problem(status, code, title, detail, request_id);
  if (!speaks_scim(path)) return response;
  const auto number = std::to_string(status);
  const auto at = response.body.find("\"status\":" + number) + std::string_view{"\"status\":"}.size();
  response.body.replace(at, number.size(), '"' + number + '"');
  response.body.insert(1, R"("schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],)");
  response.content_type = "application/scim+json";
  return response;
}

Response problem(int status, std::string_view code, std::string_view title, std::string_view detail,
                 std::string_view request_id) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  std::string& body = response.body;
  body = R"({"type":"about:blank","title":)" + json::quoted_for_terminal(title);
  body += ",\"status\":" + std::to_string(status);
  body += ",\"detail\":" + json::quoted_for_terminal(detail);
  body += ",\"code\":" + json::quoted_for_terminal(code);
  body += ",\"request_id\":" + json::quoted_for_terminal(request_id);
  body += '}';
  return response;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 422: return "Unprocessable Content";
    case 423: return "Locked";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Status";
  }
}

}  // namespace tenantd::http
