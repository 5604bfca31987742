// What a log line is made of without memory from the heap, so that a signal handler can write one too.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tenantd {

// Microseconds since 1970 by the system clock, whatever a test has moved: for what is compared with the
// clocks of others.
std::int64_t wall_microseconds();

// "2026-03-01T12:30:05.042Z" (RFC 3339, UTC), as nginx's access log has it. Safe in a signal handler.
using Timestamp = std::array<char, 24>;
Timestamp timestamp(std::int64_t milliseconds);
inline std::string_view text_of(const Timestamp& stamp) { return {stamp.data(), stamp.size()}; }

// Text of a bounded length; what is longer is cut.
template <std::size_t kSize>
class FixedText {
 public:
  FixedText& add(std::string_view text) {
    for (const char c : text) {
      if (used_ == kSize) break;
      text_[used_++] = c;
    }
    return *this;
  }
  FixedText& add(std::int64_t number) {
    std::array<char, 20> digits{};
    std::size_t at = digits.size();
    auto rest = number < 0 ? -number : number;
    do digits[--at] = static_cast<char>('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0) add("-");
    return add(std::string_view{digits.data() + at, digits.size() - at});
  }
  FixedText& add_hex(std::uint64_t number) {
    std::array<char, 16> digits{};
    std::size_t at = digits.size();
    do digits[--at] = "0123456789abcdef"[number % 16];
    while ((number /= 16) > 0);
    return add(std::string_view{digits.data() + at, digits.size() - at});
  }
  std::string_view text() const { return {text_.data(), used_}; }

 private:
  std::array<char, kSize> text_{};
  std::size_t used_ = 0;
};

// The beginning of each log line, up to the event's name: the priority that journald reads, time, process.
template <std::size_t kSize>
void begin_line(FixedText<kSize>& line, int level, std::int64_t milliseconds, std::string_view process,
                std::int64_t pid) {
  line.add("<").add(std::int64_t{level}).add(">{\"time\":\"").add(text_of(timestamp(milliseconds)));
  line.add("\",\"process\":\"").add(process).add("\",\"pid\":").add(pid);
}

}  // namespace tenantd
