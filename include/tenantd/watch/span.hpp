// Spans as OTLP writes them in JSON (opentelemetry-proto 1.x, trace.proto; ids in hexadecimal digits).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/trace.hpp"

namespace tenantd::watch {

struct Attribute {
  Attribute(std::string_view name, std::string_view text_value) : key(name), text(text_value) {}
  Attribute(std::string_view name, const std::string& text_value) : key(name), text(text_value) {}
  Attribute(std::string_view name, const char* text_value) : key(name), text(text_value) {}
  Attribute(std::string_view name, std::int64_t value) : key(name), number(value), is_number(true) {}
  std::string_view key;
  std::string text = {};
  std::int64_t number = 0;
  bool is_number = false;
};

struct Span {
  enum class Kind { internal = 1, server = 2, client = 3 };
  trace::TraceId trace{};
  trace::SpanId id{};
  trace::SpanId parent{};  // zeros = none
  std::string_view name;
  Kind kind = Kind::internal;
  std::int64_t began_us = 0, ended_us = 0;  // since 1970
  bool failed = false;
  std::vector<Attribute> attributes = {};
};

// Spans one behind the other, with commas between: what stands in ScopeSpans.spans. One datagram at most:
// what does not fit is left out, and counted in left_out().
class SpanList {
 public:
  void add(const Span& span);
  const std::string& text() const { return text_; }
  unsigned count() const { return count_; }
  unsigned left_out() const { return left_out_; }

 private:
  std::string text_;
  unsigned count_ = 0;
  unsigned left_out_ = 0;
};

}  // namespace tenantd::watch
