#include "normalize.hpp"

#include <algorithm>

#include "tenantd/api/etag.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api {
namespace {

constexpr std::string_view kScheme = "bearer ";
constexpr std::string_view kKeyPrefix = "tnd_";  // of every API key, and of no access token

void normalize_credential(http::Request& request) {
  auto& header = request.authorization;
  if (ascii_lower(header.substr(0, kScheme.size())) != kScheme) return;
  const auto token = std::min(header.find_first_not_of(' ', kScheme.size()), header.size());
  header = "Bearer " + header.substr(token);
  if (!request.api_key.empty() || header.compare(kScheme.size(), kKeyPrefix.size(), kKeyPrefix) != 0) return;
  request.api_key = header.substr(kScheme.size());
  header.clear();
}

// In the order in which the documents name them.
std::vector<std::string> media_types(const Route& route) {
  std::vector<std::string> types{"application/json"};
  switch (route.also) {
    case AlsoTakes::nothing: break;
    case AlsoTakes::scim: types.emplace_back("application/scim+json"); break;
    case AlsoTakes::oauth:
    case AlsoTakes::form: types.emplace_back("application/x-www-form-urlencoded"); break;
    case AlsoTakes::text: types.emplace_back("text/plain"); break;
    case AlsoTakes::csv:
      types.emplace_back("text/csv");
      types.emplace_back("application/vnd.ms-excel");
      break;
  }
  return types;
}

std::string joined(const std::vector<std::string>& texts, std::string_view between) {
  std::string out;
  for (const auto& text : texts) out.append(out.empty() ? "" : between).append(text);
  return out;
}

}  // namespace

void normalize(http::Request& request) {
  auto& path = request.path;
  if (path.size() > 1 && path.back() == '/') path.pop_back();
  normalize_credential(request);
}

std::string media_type_of(const Route& route, http::Request& request, std::int64_t max_bytes) {
  auto plain = http::decode_content(request.content_encoding, std::move(request.body), max_bytes);
  if (!plain)
    throw ApiError(ErrorCode::unsupported_media_type,
                   "Send the body as " + joined(media_types(route), " or ") + ", as it is or by gzip")
        .header("Accept-Encoding", "gzip");
  request.body = *std::move(plain);
  request.content_encoding.clear();
  const std::string_view type = request.content_type;
  return ascii_lower(trim(type.substr(0, type.find(';'))));
}

void refuse_media_type(const Route& route) {
  const auto types = media_types(route);
  throw ApiError(ErrorCode::unsupported_media_type, "Send the body as " + joined(types, " or "))
      .header("Accept", joined(types, ", "));
}

void answer_if_none_match(const http::Request& request, http::Response& response) {
  if (request.if_none_match.empty() || response.status != 200) return;
  if (request.method != http::Method::GET && request.method != http::Method::HEAD) return;
  for (const auto& [name, value] : response.headers)
    if (name == "ETag" && if_none_match_names(request.if_none_match, value)) {
      response.status = 304;
      response.body.clear();
      return;
    }
}

}  // namespace tenantd::api
