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
  // Throws as KeyRing::load.
  explicit LiveKeys(std::string dir);

  struct Found {
    std::shared_ptr<const KeyRing> keys;
    bool changed;         // since the last call of anybody in this process
    std::string problem;  // why what has changed cannot be read; the keys are those of before
  };
  // Looks at the folder at most ten times a second. Any thread may call.
  Found current();

 private:
  // Which file "active" is: its last write made another one.
  struct Edition {
    ino_t file = 0;
    timespec written{};
    bool operator==(const Edition& other) const;
  };
  Edition edition() const;

  const std::string dir_;
  std::mutex mutex_;
  std::shared_ptr<const KeyRing> keys_;
  Edition edition_;
  std::int64_t looked_at_us_;
};

}  // namespace tenantd::crypto
