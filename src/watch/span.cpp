#include "tenantd/watch/span.hpp"

#include <algorithm>

#include "tenantd/base/json.hpp"
#include "tenantd/watch/handover.hpp"

namespace tenantd::watch {
namespace {

std::string digits_of(const trace::SpanId& id) { return trace::Place{{}, id, false}.span_hex(); }

// 64-bit numbers are strings in protobuf's JSON.
std::string nanoseconds(std::int64_t microseconds) { return std::to_string(microseconds * 1000); }

void put(json::Writer& out, const Attribute& attribute) {
  out.begin_object().field("key", attribute.key).key("value").begin_object();
  if (attribute.is_number) {
    out.field("intValue", std::to_string(attribute.number));
  } else {
    out.field("stringValue", attribute.text);
  }
  out.end_object().end_object();
}

std::string json_of(const Span& span) {
  json::Writer out;
  out.begin_object();
  out.field("traceId", trace::Place{span.trace, {}, false}.trace_hex()).field("spanId", digits_of(span.id));
  if (span.parent != trace::SpanId{}) out.field("parentSpanId", digits_of(span.parent));
  out.field("name", span.name).field("kind", static_cast<int>(span.kind));
  out.field("startTimeUnixNano", nanoseconds(span.began_us));
  out.field("endTimeUnixNano", nanoseconds(std::max(span.began_us, span.ended_us)));
  out.key("attributes").begin_array();
  for (const auto& attribute : span.attributes) put(out, attribute);
  out.end_array();
  if (span.failed) out.key("status").begin_object().field("code", 2).end_object();
  return out.end_object().text();
}

}  // namespace

void SpanList::add(const Span& span) {
  auto json = json_of(span);
  if (text_.size() + json.size() + 1 > Handover::kMostBytes) {
    ++left_out_;
    return;
  }
  if (count_++ > 0) text_ += ',';
  text_ += json;
}

}  // namespace tenantd::watch
