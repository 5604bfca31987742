#include "tenantd/db/server.hpp"

#include <unistd.h>

#include <algorithm>

#include "tenantd/base/text.hpp"

namespace tenantd::db {
namespace {

[[noreturn]] void refuse_hosts(std::string_view what) {
  throw ConfigError(
      "DB_HOST must name hosts like db1.example.com,db2.example.com:3307,[2001:db8::1], not \"" +
      std::string{what} + '"');
}

int port_of(std::string_view text, std::string_view whole) {
  const auto number = parse_int(text);
  if (!number || *number < 1 || *number > 65535) refuse_hosts(whole);
  return static_cast<int>(*number);
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '.' || c == '_';
  });
}

bool is_address_6(std::string_view text) {
  return text.find(':') != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

Host parse_host(std::string_view text, int port) {
  const bool bracketed = text.starts_with('[');
  const auto end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && end == std::string_view::npos) refuse_hosts(text);
  const auto name = text.substr(bracketed ? 1 : 0, end - (bracketed ? 1 : 0));
  if (bracketed ? !is_address_6(name) : !is_name(name)) refuse_hosts(text);
  const auto rest = end == std::string_view::npos ? "" : text.substr(end + (bracketed ? 1 : 0));
  if (rest.empty()) return {std::string{name}, port};
  if (rest.front() != ':') refuse_hosts(text);
  return {std::string{name}, port_of(rest.substr(1), text)};
}

void check_file(const char* key, const std::string& path) {
  if (!path.empty() && ::access(path.c_str(), R_OK) != 0)
    throw ConfigError(std::string{key} + " names a file that cannot be read: " + path);
}

void check_tls_files(const Settings& s) {
  check_file("DB_TLS_CA", s.db_tls_ca);
  check_file("DB_TLS_CERT", s.db_tls_cert);
  check_file("DB_TLS_KEY", s.db_tls_key);
  if (s.db_tls_cert.empty() != s.db_tls_key.empty())
    throw ConfigError("DB_TLS_CERT and DB_TLS_KEY belong together: set both or none");
  if (!s.db_tls_cert.empty() && s.db_tls_ca.empty())
    throw ConfigError(
        "DB_TLS_CERT is shown in TLS alone: set DB_TLS_CA, which says whose certificate to trust");
}

}  // namespace

std::vector<Host> parse_hosts(std::string_view list, int port) {
  std::vector<Host> hosts;
  for (const auto part : split(list, ',')) hosts.push_back(parse_host(trim(part), port));
  return hosts;
}

bool is_this_machine(const Host& host) {
  const bool numeric = host.name.find_first_not_of("0123456789.") == std::string::npos;
  return ascii_lower(host.name) == "localhost" || host.name == "::1" ||
         (numeric && host.name.starts_with("127."));
}

void check_server(const Settings& s) {
  check_tls_files(s);
  if (s.db_host.empty()) {
    if (!s.db_tls_ca.empty())
      throw ConfigError("DB_TLS_CA is for DB_HOST: the socket DB_SOCKET needs no TLS, and has none");
    return;
  }
  for (const auto& host : parse_hosts(s.db_host, static_cast<int>(s.db_port)))
    if (s.db_tls_ca.empty() && !s.db_plaintext && !is_this_machine(host))
      throw ConfigError("DB_HOST names " + host.name +
                        ", which is another machine: set DB_TLS_CA, or DB_PLAINTEXT=true if the network may "
                        "read passwords and data");
}

ConnectOptions connect_options(const Settings& s, const std::string& user, const Secret& password,
                               const std::string& schema) {
  check_server(s);
  ConnectOptions options;
  options.socket = s.db_socket;
  options.host = s.db_host;
  options.port = static_cast<int>(s.db_port);
  options.user = user;
  options.password = password;
  options.schema = schema;
  options.timeout_seconds = static_cast<int>(s.request_seconds);
  options.tls = {s.db_tls_ca, s.db_tls_cert, s.db_tls_key};
  return options;
}

}  // namespace tenantd::db
