#include "tenantd/crypto/live_keys.hpp"

#include <stdexcept>
#include <utility>

namespace tenantd::crypto {

constexpr std::int64_t kLookEveryUs = 100'000;

namespace {

bool is_same(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

}  // namespace

bool LiveKeys::Edition::operator==(const Edition& other) const {
  return file == other.file && is_same(written, other.written) &&
         is_same(folder_written, other.folder_written);
}

// The edition first: what changes while the folder is read is read again.
LiveKeys::LiveKeys(std::string dir, const std::atomic<std::uint64_t>* agreed)
    : dir_(std::move(dir)), agreed_(agreed), edition_(edition()), looked_at_us_(monotonic_microseconds()) {
  keys_ = load();
}

std::shared_ptr<const KeyRing> LiveKeys::load() const {
  auto ring = KeyRing::load(dir_);
  if (agreed_ != nullptr) ring.wait_for(*agreed_);
  return std::make_shared<const KeyRing>(std::move(ring));
}

LiveKeys::Edition LiveKeys::edition() const {
  struct stat file {};
  struct stat folder {};
  if (::stat((dir_ + "/signing/active").c_str(), &file) != 0) return {};
  if (::stat((dir_ + "/signing").c_str(), &folder) != 0) return {};
  return {file.st_ino, file.st_mtim, folder.st_mtim};
}

LiveKeys::Found LiveKeys::current() {
  const std::lock_guard lock{mutex_};
  const auto now_us = monotonic_microseconds();
  if (now_us - looked_at_us_ < kLookEveryUs) return {keys_, false, {}};
  looked_at_us_ = now_us;
  const auto found = edition();
  const bool is_news = !(found == edition_);
  if (!is_news && !failed_) return {keys_, false, {}};
  edition_ = found;
  try {
    keys_ = load();
    failed_ = false;
    return {keys_, true, {}};
  } catch (const std::exception& e) {
    // A file that is being written looks the same a moment later.
    failed_ = true;
    return {keys_, false, is_news ? e.what() : ""};
  }
}

}  // namespace tenantd::crypto
