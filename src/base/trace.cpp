#include "tenantd/base/trace.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cstring>

#include "tenantd/base/text.hpp"

namespace tenantd::trace {
namespace {

thread_local Work* t_work = nullptr;

constexpr std::size_t kParentSize = 55;  // 00-32-16-02

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

template <std::size_t kSize>
std::string hex_of(const std::array<unsigned char, kSize>& bytes) {
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

template <std::size_t kSize>
void read_hex(std::string_view digits, std::array<unsigned char, kSize>& bytes) {
  const auto raw = from_hex(digits).value();
  std::copy_n(raw.begin(), kSize, bytes.begin());
}

// Ids are no secrets: xorshift128+, seeded once a thread.
std::uint64_t random_number() {
  struct Source {
    std::uint64_t a = 0, b = 0;
    Source() {
      std::array<std::uint64_t, 2> seed{};
      if (::getrandom(seed.data(), sizeof seed, 0) != sizeof seed) seed = {1, 2};
      a = seed[0] | 1;
      b = seed[1];
    }
  };
  thread_local Source source;
  auto x = source.a;
  const auto y = source.b;
  source.a = y;
  x ^= x << 23U;
  source.b = x ^ y ^ (x >> 17U) ^ (y >> 26U);
  return source.b + y;
}

}  // namespace

std::string Place::trace_hex() const { return hex_of(trace); }
std::string Place::span_hex() const { return hex_of(span); }

std::optional<Place> parse_traceparent(std::string_view text) {
  if (text.size() < kParentSize || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const auto version = text.substr(0, 2);
  if (version == "ff" || (version == "00" && text.size() != kParentSize)) return std::nullopt;
  if (text.size() > kParentSize && text[kParentSize] != '-') return std::nullopt;
  for (const auto digits : {version, text.substr(3, 32), text.substr(36, 16), text.substr(53, 2)})
    if (!is_lower_hex(digits)) return std::nullopt;
  Place place;
  read_hex(text.substr(3, 32), place.trace);
  read_hex(text.substr(36, 16), place.span);
  place.sampled = (from_hex(text.substr(53, 2)).value().front() & 1) != 0;
  if (place.is_none() || place.span == SpanId{}) return std::nullopt;
  return place;
}

std::string traceparent(const Place& place) {
  return "00-" + place.trace_hex() + '-' + place.span_hex() + (place.sampled ? "-01" : "-00");
}

bool is_tracestate(std::string_view text) {
  constexpr std::size_t most = 512;
  return !text.empty() && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

TraceId new_trace_id() {
  const std::array<std::uint64_t, 2> numbers{random_number(), random_number() | 1};
  TraceId id;
  std::memcpy(id.data(), numbers.data(), id.size());
  return id;
}

SpanId new_span_id() {
  const auto number = random_number() | 1;
  SpanId id;
  std::memcpy(id.data(), &number, id.size());
  return id;
}

// As OpenTelemetry's TraceIdRatioBased: the id's last 8 bytes, without their highest bit, below the ratio.
bool Sampler::picks(const TraceId& id, const std::optional<Place>& parent) const {
  if (follows_parent && parent) return parent->sampled;
  std::uint64_t number = 0;
  for (std::size_t at = 8; at < id.size(); ++at) number = number << 8U | id[at];
  constexpr double whole = 9223372036854775808.0;
  return static_cast<double>(number >> 1U) < ratio * whole;
}

Work::Work(const Place& place, std::string_view tracestate)
    : place_(place), tracestate_(tracestate), before_(t_work) {
  t_work = this;
}

Work::~Work() { t_work = before_; }

void Work::add(const Call& call) {
  if (!call.is_request) {
    ++statements_;
    statement_us_ += call.took_us;
    if (call.took_us > slowest_.took_us) slowest_ = call;
  }
  if (size_ < kKept) calls_[size_++] = call;
}

Work* current() { return t_work; }

}  // namespace tenantd::trace
