// An S3-compatible store: addresses that are signed in their query (Signature Version 4), so that browsers
// talk to it themselves, and what tenantd asks it by such addresses of its own.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenantd/base/secret.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/net/outbound.hpp"

namespace tenantd::service {

using S3Pairs = std::vector<std::pair<std::string, std::string>>;

struct S3Options {
  std::string scheme;  // "https"
  std::string host;    // with its port; the bucket in front of it unless that stands in the path
  std::string prefix;  // "" or "/bucket"
  std::string region;
  std::string access_key_id;
  Secret secret_access_key;
  net::OutboundPolicy policy;
};

// Throws ConfigError if what FILE_STORE=s3 needs is missing or cannot be meant.
S3Options s3_options(const Settings& settings);

// The origin that a page's requests for files go to: empty where they are on the page's own. Throws
// ConfigError as s3_options() does.
std::string files_origin(const Settings& settings);

struct S3Call {
  std::string method = "GET";
  std::string key;
  std::int64_t seconds = 60;  // how long the address is good for
  S3Pairs headers = {};       // that must be sent just so, besides Host; names in lower case
  S3Pairs query = {};
};

// The whole address.
std::string presign(const S3Options& store, const S3Call& call, TimePoint now);

// An object's size in bytes; nullopt if there is none. Waits for the store: for the outbound lane.
// Throws ApiError(storage_unavailable).
std::optional<std::int64_t> s3_size(const S3Options& store, const std::string& key, TimePoint now);
// Throws ApiError(storage_unavailable); an object that is not there is removed.
void s3_remove(const S3Options& store, const std::string& key, TimePoint now);

}  // namespace tenantd::service
