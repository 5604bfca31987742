#include "tenantd/watch/report.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <typeinfo>

#include "tenantd/base/json.hpp"
#include "tenantd/base/log_line.hpp"
#include "tenantd/base/version.hpp"

namespace tenantd::watch {
namespace {

std::string new_event_id() { return trace::Place{trace::new_trace_id(), {}, false}.trace_hex(); }

std::string time_now() { return std::string{text_of(timestamp(wall_microseconds() / 1000))}; }

std::string readable(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> plain{abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                     std::free};
  return status == 0 ? plain.get() : name;
}

// "product.find: 1305 PROCEDURE …": the statement's name and the number, of text that begins so.
std::string statement_and_number(std::string_view text) {
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos) return {};
  const auto name = text.substr(0, colon);
  const auto is_of_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; };
  const auto rest = text.substr(colon + 2);
  const auto digits = rest.substr(0, rest.find(' '));
  const bool is_number = !digits.empty() && std::all_of(digits.begin(), digits.end(),
                                                        [](char c) { return c >= '0' && c <= '9'; });
  if (name.find('.') == std::string_view::npos || !is_number ||
      !std::all_of(name.begin(), name.end(), is_of_name))
    return {};
  return std::string{name} + ": " + std::string{digits};
}

[[noreturn]] void refuse_dsn() {
  throw ConfigError("SENTRY_DSN must be like https://PUBLIC_KEY@HOST/PROJECT");
}

}  // namespace

Dsn parse_dsn(const std::string& text) {
  const auto scheme = text.find("://");
  const auto at = text.find('@');
  const auto last = text.rfind('/');
  if (scheme == std::string::npos || at == std::string::npos || last == std::string::npos || last < at)
    refuse_dsn();
  const auto protocol = text.substr(0, scheme);
  // Older ones hold a second key, which nobody needs.
  auto key = text.substr(scheme + 3, at - scheme - 3);
  key.resize(std::min(key.size(), key.find(':')));
  const auto host = text.substr(at + 1, last - at - 1);
  const auto project = text.substr(last + 1);
  const auto is_word = [](const std::string& word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
             c == '_';
    });
  };
  if ((protocol != "https" && protocol != "http") || !is_word(key) || host.empty() || !is_word(project))
    refuse_dsn();
  // HOST may end in a path, of an installation below one.
  const auto slash = host.find('/');
  const auto name = host.substr(0, slash);
  const auto path = slash == std::string::npos ? std::string{} : host.substr(slash);
  if (name.empty()) refuse_dsn();
  return {protocol + "://" + name + path + "/api/" + project + "/envelope/", key};
}

Failure failure_of(const std::exception& problem) {
  Failure failure;
  failure.type = readable(typeid(problem).name());
  failure.value = statement_and_number(problem.what());
  return failure;
}

std::string event_json(const Failure& failure, const Settings& settings) {
  json::Writer out;
  out.begin_object().field("event_id", new_event_id()).field("timestamp", time_now());
  out.field("platform", "native").field("level", failure.is_crash ? "fatal" : "error");
  out.field("logger", failure.process).field("release", std::string{"tenantd@"} + kVersion);
  out.field("environment", settings.sentry_environment);
  if (!settings.host_name.empty()) out.field("server_name", settings.host_name);
  if (!failure.transaction.empty()) out.field("transaction", failure.transaction);
  if (!failure.request_id.empty())
    out.key("tags").begin_object().field("request_id", failure.request_id).end_object();
  if (!failure.place.is_none())
    out.key("contexts")
        .begin_object()
        .key("trace")
        .begin_object()
        .field("trace_id", failure.place.trace_hex())
        .field("span_id", failure.place.span_hex())
        .end_object()
        .end_object();
  out.key("exception").begin_object().key("values").begin_array().begin_object();
  out.field("type", failure.type).field("value", failure.value);
  out.key("mechanism").begin_object();
  out.field("type", failure.is_crash ? "signalhandler" : "generic").field("handled", !failure.is_crash);
  out.end_object();
  if (!failure.frames.empty()) {
    out.key("stacktrace").begin_object().key("frames").begin_array();
    for (const auto& frame : failure.frames) out.raw(frame);
    out.end_array().end_object();
  }
  out.end_object().end_array().end_object();
  if (!failure.image.empty())
    out.key("debug_meta")
        .begin_object()
        .key("images")
        .begin_array()
        .raw(failure.image)
        .end_array()
        .end_object();
  return out.end_object().text();
}

std::string envelope(std::string_view event) {
  json::Object header, item;
  header.set("sent_at", time_now());
  constexpr std::size_t id_at = 13, id_size = 32;  // {"event_id":"…
  if (event.size() > id_at + id_size) header.set("event_id", event.substr(id_at, id_size));
  item.set("type", "event").set("length", event.size());
  return header.text() + '\n' + item.text() + '\n' + std::string{event} + '\n';
}

}  // namespace tenantd::watch
