#include "redirect_uri.hpp"

#include <algorithm>
#include <optional>

#include "tenantd/base/text.hpp"

namespace tenantd::service {
namespace {

struct UriParts {
  std::string_view scheme, host, port, rest;
};

constexpr std::string_view kHostCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-.";

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

bool is_port(std::string_view text) {
  const auto number = text.size() <= 5 ? parse_int(text) : std::nullopt;
  return number && *number > 0 && *number < 65536 && text.front() != '0' && text.front() != '-' &&
         text.front() != '+';
}

// nullopt: it is no address with a host of one spelling.
std::optional<UriParts> parts_of(std::string_view uri) {
  const auto scheme_end = uri.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  UriParts parts{uri.substr(0, scheme_end), {}, {}, {}};
  auto rest = uri.substr(scheme_end + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?"));
  parts.rest = rest.substr(authority.size());
  parts.host = authority;
  const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  if (const auto colon = authority.find(':', bracket); colon != std::string_view::npos) {
    parts.host = authority.substr(0, colon);
    parts.port = authority.substr(colon + 1);
    if (!is_port(parts.port)) return std::nullopt;
  }
  const bool plain = !parts.host.empty() &&
                     parts.host.find_first_not_of(kHostCharacters) == std::string_view::npos &&
                     !parts.host.starts_with('.') && !parts.host.ends_with('.') &&
                     parts.host.find("..") == std::string_view::npos;
  if (!plain && parts.host != "[::1]") return std::nullopt;
  return parts;
}

}  // namespace

std::string_view fault_of_redirect_uri(std::string_view uri, std::size_t) {
  const bool visible = std::ranges::all_of(uri, [](char c) { return c > ' ' && c < 0x7F; });
  if (!visible || uri.find_first_of(",\"<>\\^`{|}") != std::string_view::npos)
    return "must be an address of visible ASCII characters, without a comma";
  if (uri.find('#') != std::string_view::npos) return "must have no fragment";
  const auto parts = parts_of(uri);
  if (!parts) return "must be https://HOST/PATH, with the host in lower case and without a user";
  if (parts->scheme == "https") return "";
  if (parts->scheme != "http") return "must be https";
  return is_loopback(parts->host) ? "" : "must be https, but on one's own machine: http://127.0.0.1";
}

bool is_same_redirect_uri(std::string_view registered, std::string_view asked) {
  if (registered == asked) return true;
  const auto mine = parts_of(registered);
  if (!mine || mine->scheme != "http" || !mine->port.empty()) return false;
  if (mine->host != "127.0.0.1" && mine->host != "[::1]") return false;
  if (!fault_of_redirect_uri(asked).empty()) return false;
  const auto theirs = parts_of(asked);
  return theirs && theirs->scheme == "http" && theirs->host == mine->host && theirs->rest == mine->rest;
}

}  // namespace tenantd::service
