// The key folder as it is now: a key that was added or retired counts in every worker within a moment,
// without a reload. So a new key is published by all before it signs, and no worker meets a token whose key
// it does not know.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <mutex>
#include <string>

#include "tenantd/crypto/keys.hpp"

namespace tenantd::crypto {

class LiveKeys {
 public:
  // `agreed`: KeyRing::wait_for(), of what is read from now on too; nullptr = no key waits. Throws as
  // KeyRing::load.
  explicit LiveKeys(std::string dir, const std::atomic<std::uint64_t>* agreed = nullptr);

  struct Found {
    std::shared_ptr<const KeyRing> keys;
    bool changed;         // since the last call of anybody in this process
    std::string problem;  // why what has changed cannot be read, once; the keys are those of before
  };
  // Looks at the folder at most ten times a second. Any thread may call.
  Found current();

 private:
  // Which file "active" is: its last write made another one. And when files came or went beside it: of a
  // folder that is copied, "active" may come before the key that it names.
  struct Edition {
    ino_t file = 0;
    timespec written{}, folder_written{};
    bool operator==(const Edition& other) const;
  };
  Edition edition() const;
  std::shared_ptr<const KeyRing> load() const;

  const std::string dir_;
  const std::atomic<std::uint64_t>* const agreed_;
  std::mutex mutex_;
  std::shared_ptr<const KeyRing> keys_;
  Edition edition_;
  bool failed_ = false;  // the last edition could not be read
  std::int64_t looked_at_us_;
};

}  // namespace tenantd::crypto
