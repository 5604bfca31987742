#include "tenantd/crypto/live_keys.hpp"

#include <stdexcept>
#include <utility>

namespace tenantd::crypto {

constexpr std::int64_t kLookEveryUs = 100'000;

bool LiveKeys::Edition::operator==(const Edition& other) const {
  return file == other.file && written.tv_sec == other.written.tv_sec &&
         written.tv_nsec == other.written.tv_nsec;
}

// The edition first: what changes while the folder is read is read again.
LiveKeys::LiveKeys(std::string dir)
    : dir_(std::move(dir)), edition_(edition()), looked_at_us_(monotonic_microseconds()) {
  keys_ = std::make_shared<const KeyRing>(KeyRing::load(dir_));
}

LiveKeys::Edition LiveKeys::edition() const {
  struct stat status {};
  if (::stat((dir_ + "/signing/active").c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_mtim};
}

LiveKeys::Found LiveKeys::current() {
  const std::lock_guard lock{mutex_};
  const auto now_us = monotonic_microseconds();
  if (now_us - looked_at_us_ < kLookEveryUs) return {keys_, false, {}};
  looked_at_us_ = now_us;
  const auto found = edition();
  if (found == edition_) return {keys_, false, {}};
  edition_ = found;
  try {
    keys_ = std::make_shared<const KeyRing>(KeyRing::load(dir_));
    return {keys_, true, {}};
  } catch (const std::exception& e) {
    return {keys_, false, e.what()};
  }
}

}  // namespace tenantd::crypto
