// Which trace a piece of work belongs to (W3C Trace Context, level 1), and what it asked of others meanwhile:
// statements and requests, by name and time, never by value. It is the thread's, as the request is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenantd::trace {

using TraceId = std::array<unsigned char, 16>;
using SpanId = std::array<unsigned char, 8>;

// A place in a trace, as a traceparent says it. All zeros = none.
struct Place {
  TraceId trace{};
  SpanId span{};
  bool sampled = false;

  bool is_none() const { return trace == TraceId{}; }
  std::string trace_hex() const;
  std::string span_hex() const;
};

// Reads version 00 and, of a later version, what 00 has of it. Returns nullopt for anything else: another
// length, upper case, ids of zeros only, version ff.
std::optional<Place> parse_traceparent(std::string_view text);
// "00-<trace>-<span>-01"
std::string traceparent(const Place& place);
// True for a list of at most 512 bytes that may be passed on as it is.
bool is_tracestate(std::string_view text);

TraceId new_trace_id();
SpanId new_span_id();

// Which traces are recorded: the part `ratio` of all, by the id, so that every service picks the same.
// `parent`: whoever began the trace has decided.
struct Sampler {
  double ratio = 0;
  bool follows_parent = false;
  bool picks(const TraceId& id, const std::optional<Place>& parent) const;
};

// One statement or one request to somebody else.
struct Call {
  std::string_view name;      // lives as long as the program
  std::int64_t began_us = 0;  // monotonic
  std::int64_t took_us = 0;
  bool is_request = false;  // to another service, else a statement
  bool failed = false;
};

// What this thread does from here on until it goes. One inside another hides that one.
class Work {
 public:
  explicit Work(const Place& place, std::string_view tracestate = {});
  ~Work();
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  const Place& place() const { return place_; }
  std::string_view tracestate() const { return tracestate_; }
  std::int64_t statements() const { return statements_; }
  std::int64_t statement_us() const { return statement_us_; }
  // The first ones; how many more there were is statements() less their number.
  static constexpr std::size_t kKept = 64;
  std::size_t size() const { return size_; }
  const Call& operator[](std::size_t at) const { return calls_[at]; }
  // The longest statement, kept or not.
  const Call& slowest() const { return slowest_; }

  void add(const Call& call);

 private:
  Place place_;
  std::string_view tracestate_;
  std::int64_t statements_ = 0;
  std::int64_t statement_us_ = 0;
  std::size_t size_ = 0;
  Call slowest_;
  std::array<Call, kKept> calls_;
  Work* before_;
};

// That of this thread; nullptr if it does nothing for anybody.
Work* current();

}  // namespace tenantd::trace
