#include "tenantd/clients/s3.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string stamp(TimePoint now) {
  const std::time_t seconds = unix_seconds(now);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return text.data();
}

std::string query_text(S3Pairs query) {
  for (auto& [name, value] : query) {
    name = percent_encode(name);
    value = percent_encode(value);
  }
  std::sort(query.begin(), query.end());
  std::string text;
  for (const auto& [name, value] : query) {
    if (!text.empty()) text += '&';
    text += name;
    text += '=';
    text += value;
  }
  return text;
}

std::string names_of(const S3Pairs& headers) {
  std::string names;
  for (const auto& header : headers) names += (names.empty() ? "" : ";") + header.first;
  return names;
}

std::string signing_key(const S3Options& store, const std::string& day) {
  auto key = crypto::hmac_sha256("AWS4" + store.secret_access_key.reveal(), day);
  for (const auto& part : {store.region, std::string{"s3"}, std::string{"aws4_request"}})
    key = crypto::hmac_sha256(key, part);
  return key;
}

net::OutboundReply ask(const S3Options& store, const S3Call& call, TimePoint now) {
  net::OutboundRequest request;
  request.method = call.method;
  request.url = presign(store, call, now);
  try {
    return net::call(store.policy, request);
  } catch (const net::OutboundError& e) {
    throw ApiError(ErrorCode::storage_unavailable).detail(e.what());
  }
}

void need(const char* key, const std::string& value) {
  if (value.empty()) throw ConfigError(std::string{key} + " must be set when FILE_STORE is s3");
  const auto is_plain = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::all_of(value.begin(), value.end(), is_plain))
    throw ConfigError(std::string{key} + " holds a blank or a control character");
}

std::string endpoint_of(const Settings& settings) {
  auto url = settings.s3_endpoint.empty() ? "https://s3." + settings.s3_region + ".amazonaws.com"
                                          : settings.s3_endpoint;
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

S3Options s3_options(const Settings& settings) {
  need("S3_BUCKET", settings.s3_bucket);
  need("S3_REGION", settings.s3_region);
  need("S3_ACCESS_KEY_ID", settings.s3_access_key_id);
  need("S3_SECRET_ACCESS_KEY", settings.s3_secret_access_key.reveal());
  S3Options store;
  const auto url = endpoint_of(settings);
  store.policy = net::outbound_policy(settings);
  if (const auto why = net::refuse_url(store.policy, url)) throw ConfigError("S3_ENDPOINT " + *why);
  const auto at = url.find("://");
  store.scheme = url.substr(0, at);
  store.host = url.substr(at + 3);
  if (store.host.find_first_of("/?#") != std::string::npos)
    throw ConfigError("S3_ENDPOINT must name no path");
  if (settings.s3_path_style) {
    store.prefix = '/' + percent_encode(settings.s3_bucket);
  } else {
    store.host = settings.s3_bucket + '.' + store.host;
  }
  store.region = settings.s3_region;
  store.access_key_id = settings.s3_access_key_id;
  store.secret_access_key = settings.s3_secret_access_key;
  return store;
}

std::string files_origin(const Settings& settings) {
  if (settings.file_store != "s3") return "";
  const auto store = s3_options(settings);
  return store.scheme + "://" + store.host;
}

std::string presign(const S3Options& store, const S3Call& call, TimePoint now) {
  const auto time = stamp(now);
  const auto day = time.substr(0, 8);
  const auto credential_scope = day + '/' + store.region + "/s3/aws4_request";
  auto headers = call.headers;
  headers.emplace_back("host", store.host);
  std::sort(headers.begin(), headers.end());
  auto query = call.query;
  query.insert(query.end(), {{"X-Amz-Algorithm", std::string{kAlgorithm}},
                             {"X-Amz-Credential", store.access_key_id + '/' + credential_scope},
                             {"X-Amz-Date", time},
                             {"X-Amz-Expires", std::to_string(call.seconds)},
                             {"X-Amz-SignedHeaders", names_of(headers)}});
  const auto path = store.prefix + '/' + percent_encode(call.key, "-._~/");
  const auto parameters = query_text(query);
  std::string canonical = call.method + '\n' + path + '\n' + parameters + '\n';
  for (const auto& [name, value] : headers) canonical += name + ':' + value + '\n';
  // What the body must hash to stands in the query if it is known.
  std::string payload = "UNSIGNED-PAYLOAD";
  for (const auto& [name, value] : query)
    if (name == "X-Amz-Content-Sha256") payload = value;
  canonical += '\n' + names_of(headers) + '\n' + payload;
  std::string text{kAlgorithm};
  text += '\n' + time + '\n' + credential_scope + '\n' + to_hex(crypto::sha256(canonical));
  const auto signature = to_hex(crypto::hmac_sha256(signing_key(store, day), text));
  return store.scheme + "://" + store.host + path + '?' + parameters + "&X-Amz-Signature=" + signature;
}

std::optional<std::int64_t> s3_size(const S3Options& store, const std::string& key, TimePoint now) {
  const auto reply = ask(store, {.method = "HEAD", .key = key}, now);
  if (reply.status == 404) return std::nullopt;
  if (reply.status != 200 || !reply.content_length)
    throw ApiError(ErrorCode::storage_unavailable)
        .detail("the store answered " + std::to_string(reply.status) + " to HEAD");
  return reply.content_length;
}

void s3_remove(const S3Options& store, const std::string& key, TimePoint now) {
  const auto reply = ask(store, {.method = "DELETE", .key = key}, now);
  if (reply.status != 200 && reply.status != 204 && reply.status != 404)
    throw ApiError(ErrorCode::storage_unavailable)
        .detail("the store answered " + std::to_string(reply.status) + " to DELETE");
}

}  // namespace tenantd::service
