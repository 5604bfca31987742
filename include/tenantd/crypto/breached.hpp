// Passwords that stand in published lists of leaked ones, without asking anybody: a file that
// `tenantctl breached import` makes of a sorted list of SHA-1 hashes.
//
// The file holds 40 bytes of head, then where each bucket begins, then 3 bytes for each hash: a bucket is
// what the hash's first bits say, and the 3 bytes are the 24 bits that follow. One hash in 60,000 that is not
// in the list looks as if it were. Numbers have 8 bytes, the greatest first.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <stdexcept>
#include <string>

#include "tenantd/base/secret.hpp"

namespace tenantd::crypto {

class BreachedPasswords {
 public:
  // Maps the file, of which only what is asked for is read. Throws std::runtime_error: cannot be read, or is
  // no such file, or is not whole.
  explicit BreachedPasswords(const std::string& path);
  ~BreachedPasswords();
  BreachedPasswords(const BreachedPasswords&) = delete;
  BreachedPasswords& operator=(const BreachedPasswords&) = delete;

  // `password` as normalize_password returns it.
  bool contains(const Secret& password) const;
  bool contains_sha1(std::string_view hash) const;  // 20 bytes
  std::int64_t count() const { return count_; }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::int64_t count_ = 0;
  int bucket_bits_ = 0;
};

// Maps the file for this process and for those that it forks, in the place of the one so far; "" = none.
// Throws as the constructor does, and what was mapped stays. Before there are threads.
void use_breached_passwords(const std::string& path);
// The one in use; nullptr if there is none.
const BreachedPasswords* breached_passwords();

// A list is none; what() is a sentence.
struct BreachedListError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct BreachedImport {
  std::int64_t taken = 0, passed_over = 0;  // hashes; lines that were seen too seldom
};
// Writes `path`, all or nothing, of the lines of `list`: 40 hexadecimal digits, and behind a colon how often
// the hash was seen; in order. Those seen less than `least` times are passed over. `bytes` is about how long
// the list is, if that is known; `progress` hears of lines and bytes now and then and at the end, and may
// throw. Throws BreachedListError: a line that is none, one out of order, nothing to take;
// std::runtime_error: a file that cannot be written.
BreachedImport import_breached(std::istream& list, const std::string& path, std::int64_t least,
                               std::optional<std::int64_t> bytes,
                               const std::function<void(std::int64_t lines, std::int64_t bytes)>& progress);

}  // namespace tenantd::crypto
