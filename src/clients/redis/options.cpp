#include <filesystem>

#include "tenantd/base/text.hpp"
#include "tenantd/clients/redis.hpp"

namespace tenantd::service {
namespace {

[[noreturn]] void refuse_redis_url(const std::string& why) {
  throw ConfigError("REDIS_URL must look like redis://user@host:6379, rediss://host or unix:///path: " + why);
}

std::string percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    const auto byte = from_hex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) refuse_redis_url("a % stands before two hexadecimal digits");
    plain += *byte;
    i += 2;
  }
  return plain;
}

// "user:password" in front of the last "@"; returns what is behind.
std::string_view take_account(std::string_view rest, RedisOptions& options) {
  const auto at = rest.substr(0, rest.find('/')).rfind('@');
  if (at == std::string_view::npos) return rest;
  const auto account = rest.substr(0, at);
  const auto colon = account.find(':');
  options.user = percent_decoded(account.substr(0, colon));
  if (colon != std::string_view::npos) options.password = Secret{percent_decoded(account.substr(colon + 1))};
  return rest.substr(at + 1);
}

void read_place(std::string_view rest, RedisOptions& options) {
  const auto slash = rest.find('/');
  // Messages go to all databases of a server.
  if (slash != std::string_view::npos &&
      rest.substr(slash + 1).find_first_not_of("0123456789") != std::string_view::npos)
    refuse_redis_url("behind the host stands nothing but the number of a database");
  const auto place = rest.substr(0, slash);
  const auto bracket = place.find(']');
  const auto colon = place.find(':', bracket == std::string_view::npos ? 0 : bracket);
  options.host = place.substr(0, colon);
  if (options.host.empty() || options.host.find_first_of(" ?#\\\"@") != std::string::npos)
    refuse_redis_url("there is no host");
  if (colon == std::string_view::npos) return;
  const auto port = parse_int(place.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) refuse_redis_url("the port is a number from 1 to 65535");
  options.port = static_cast<int>(*port);
}

}  // namespace

std::string RedisOptions::describe() const {
  if (!socket.empty()) return socket;
  return host + ':' + std::to_string(port) + (tls ? ", encrypted" : "");
}

std::optional<RedisOptions> redis_options(const Settings& settings) {
  const std::string_view url = settings.redis_url;
  if (url.empty()) return std::nullopt;
  const auto end = url.find("://");
  const auto scheme = url.substr(0, end);
  if (end == std::string_view::npos || (scheme != "redis" && scheme != "rediss" && scheme != "unix"))
    refuse_redis_url("it begins with none of these");
  RedisOptions options;
  options.tls = scheme == "rediss";
  options.ca = settings.redis_tls_ca;
  const auto rest = take_account(url.substr(end + 3), options);
  if (scheme == "unix") {
    options.socket = rest;
    if (!rest.starts_with('/') || rest.size() > 107) refuse_redis_url("a path has up to 107 bytes");
  } else {
    read_place(rest, options);
  }
  if (options.password.empty()) options.password = settings.redis_password;
  if (!options.ca.empty() && !options.tls) throw ConfigError("REDIS_TLS_CA is for a REDIS_URL of rediss://");
  if (!options.ca.empty() && !std::filesystem::is_regular_file(options.ca))
    throw ConfigError("REDIS_TLS_CA names a file that cannot be read: " + options.ca);
  return options;
}

}  // namespace tenantd::service
