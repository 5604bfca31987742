#include "tenantd/http/message.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "tenantd/base/text.hpp"

namespace tenantd::http {
namespace {

constexpr std::size_t kMaxParameters = 100;

constexpr std::array<std::pair<std::string_view, Method>, 7> kMethods = {{
    {"GET", Method::GET},
    {"POST", Method::POST},
    {"PATCH", Method::PATCH},
    {"DELETE", Method::DELETE_},
    {"PUT", Method::PUT},
    {"HEAD", Method::HEAD},
    {"OPTIONS", Method::OPTIONS},
}};

std::string decode_component(std::string_view text) {
  auto decoded = url_decode(text);
  if (!decoded) throw BadRequest{400, "malformed_query", "A '%' in the query is not followed by two digits"};
  if (decoded->find('\0') != std::string::npos)
    throw BadRequest{400, "malformed_query", "The query holds a NUL"};
  if (!is_utf8(*decoded)) throw BadRequest{400, "malformed_query", "The query is not UTF-8"};
  return *std::move(decoded);
}

}  // namespace

std::string_view method_name(Method method) {
  for (const auto& [name, value] : kMethods)
    if (value == method) return name;
  return "other";
}

Method parse_method(std::string_view name) {
  for (const auto& [known, value] : kMethods)
    if (known == name) return value;
  return Method::other;
}

std::optional<std::string_view> Request::query_value(std::string_view key) const {
  for (const auto& [name, value] : query)
    if (name == key) return value;
  return std::nullopt;
}

const std::string& Request::path_value(std::string_view name) const {
  for (const auto& [known, value] : path_values)
    if (known == name) return value;
  throw std::logic_error("the route has no part {" + std::string{name} + "}");
}

std::optional<std::string> Request::cookie_value(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto pair : split(cookie, ';')) {
    const auto text = trim(pair);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || text.substr(0, equals) != name) continue;
    if (found) return std::nullopt;
    found = std::string{text.substr(equals + 1)};
  }
  return found;
}

Pairs parse_query(std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (piece.empty()) continue;
    if (pairs.size() == kMaxParameters)
      throw BadRequest{400, "too_many_parameters", "The query has over 100 parameters"};
    const auto equals = piece.find('=');
    auto key = decode_component(piece.substr(0, equals));
    const bool seen =
        std::any_of(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == key; });
    if (seen) throw BadRequest{400, "duplicate_parameter", "The query names a parameter twice"};
    auto value =
        equals == std::string_view::npos ? std::string{} : decode_component(piece.substr(equals + 1));
    pairs.emplace_back(std::move(key), std::move(value));
  }
  return pairs;
}

}  // namespace tenantd::http
