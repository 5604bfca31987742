// Values as bytes and back, for memory that the processes of one host share: never for a file or another
// host.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd {

class ByteWriter {
 public:
  void number(std::int64_t v) { bytes_.append(reinterpret_cast<const char*>(&v), sizeof v); }
  void time(TimePoint t) { number(unix_seconds(t)); }
  void maybe_time(const std::optional<TimePoint>& t) { number(t ? unix_seconds(*t) : -1); }
  void text(std::string_view v) {
    number(static_cast<std::int64_t>(v.size()));
    bytes_.append(v);
  }
  void maybe_text(const std::optional<std::string>& v) {
    number(v ? 1 : 0);
    if (v) text(*v);
  }
  template <class Tag>
  void id(const Id<Tag>& v) {
    bytes_.append(v.raw());
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// What is read beyond the end, or of no length that could be, is empty, and leaves the whole incomplete.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  std::int64_t number() {
    std::int64_t v = 0;
    const auto raw = take(sizeof v);
    if (ok_) std::memcpy(&v, raw.data(), sizeof v);
    return v;
  }
  TimePoint time() { return from_unix(number()); }
  std::optional<TimePoint> maybe_time() {
    const auto seconds = number();
    return seconds >= 0 ? std::optional{from_unix(seconds)} : std::nullopt;
  }
  std::string text() { return std::string{take(static_cast<std::size_t>(number()))}; }
  std::optional<std::string> maybe_text() { return number() != 0 ? std::optional{text()} : std::nullopt; }
  template <class AnyId>
  AnyId id() {
    return AnyId::from_raw(take(16)).value_or(AnyId{});
  }
  bool complete() const { return ok_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t count) {
    if (!ok_ || count > rest_.size()) {
      ok_ = false;
      return {};
    }
    const auto piece = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return piece;
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tenantd
