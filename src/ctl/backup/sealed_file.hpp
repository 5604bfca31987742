// A part of a backup: pieces, each sealed for its place, so that none can be read, changed, moved, left out
// or cut off without the passphrase.
//
//   (length of the sealed piece, 4 bytes, big endian) (sealed piece) … ; the last one says that it is the
//   last
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "tenantd/base/descriptor.hpp"
#include "tenantd/base/secret.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::ctl {

// `place`: the backup's id and the part's name.
class SealedWriter {
 public:
  // Makes the file, mode 0600. Throws std::runtime_error if it exists or cannot be made.
  SealedWriter(const std::string& path, const Secret& key, std::string place);

  // A piece, and whether it is the last.
  void put(std::string_view plain, bool last);
  // Flushes to the disk. Throws std::runtime_error if that fails.
  void finish();

  std::int64_t bytes() const { return bytes_; }
  std::string sha256() { return sum_.digest(); }

 private:
  std::string path_;
  const Secret& key_;
  std::string place_;
  Descriptor file_;
  crypto::Sha256 sum_;
  std::int64_t bytes_ = 0, pieces_ = 0;
};

inline constexpr std::size_t kPieceBytes = 1 << 20;

// Opens all pieces and hands each to `take`. Throws std::runtime_error with a sentence that names the file if
// one is not what was sealed there.
void read_sealed(const std::string& path, const Secret& key, const std::string& place,
                 const std::function<void(std::string_view)>& take);

}  // namespace tenantd::ctl
