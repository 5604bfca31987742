// Traces and error reports on their way out of a process: by one datagram each to the process that sends them
// (tenantd/watch/exporter.hpp). Nobody waits: a datagram that is not taken at once is dropped and counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenantd/base/descriptor.hpp"
#include "tenantd/watch/span.hpp"

namespace tenantd::watch {

class Handover {
 public:
  static constexpr std::size_t kMostBytes = 60000;

  // `path` empty: nothing is handed over.
  explicit Handover(const std::string& path);

  // From any thread. Neither waits nor fails.
  void spans(const SpanList& list) noexcept;
  // One event of Sentry's, as JSON.
  void report(std::string_view event) noexcept;

 private:
  bool send(char kind, unsigned count, std::string_view text) noexcept;

  std::optional<sockaddr_un> address_;
  Descriptor socket_;
  // Since the last datagram that was taken, which tells of them.
  std::atomic<unsigned> spans_dropped_{0};
  std::atomic<unsigned> reports_dropped_{0};
};

// A datagram: kind, how many spans, how many spans and reports were dropped before, then the text.
//   S 12 0 0\n{"traceId":…
struct Message {
  static constexpr char kSpans = 'S', kReport = 'R', kCrash = 'C';
  char kind = 0;
  unsigned count = 0, spans_dropped = 0, reports_dropped = 0;
  std::string_view text;
};
// Returns false if `datagram` is none.
bool parse_message(std::string_view datagram, Message& message);

}  // namespace tenantd::watch
