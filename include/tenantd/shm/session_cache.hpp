// What the workers of one host remember of checked access tokens: token hash → claims and principal, as
// bytes.
//
// A write to a user, session, membership, role, organization or OAuth client changes the generation of that
// id around its commit; an entry counts only while the generations of its ids are those of the time before it
// was read. So a reader that read before the commit cannot store what it read after it:
//   reader: note generations → read the database → store with the noted generations
//   writer: mark ids busy → COMMIT → next generation, unmark → answer the client
// Ids that are busy are neither served nor stored. A writer that dies in between leaves its ids busy for
// good: they are then read from the database each time, which is slower and never wrong.
//
// Writes of other hosts come through the database (tenantd/hosts/protocol.hpp): one process of this host
// reads of them, moves the generations on, and says until when what is remembered may be trusted. Later than
// that everything is read from the database. So is everything at first: zeroed memory is not trusted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenantd/base/id.hpp"

namespace tenantd::shm {

class SessionCache {
 public:
  static constexpr std::size_t kValueBytes = 1944;

  // Whom an entry is about; nil: nobody.
  struct Ids {
    UuidBytes user{};
    UuidBytes org{};
    UuidBytes client{};  // of OAuth
  };
  // Their generations at one moment; invalid while one of them is busy, or while nothing is trusted.
  struct Stamp {
    Ids ids;
    std::array<std::uint64_t, 3> generations{};
    std::uint64_t epoch = 0;
    bool valid = false;
  };
  Stamp stamp(const Ids& ids) const;

  struct Hit {
    std::string value;
    bool fresh = false;  // trusted, stored less than the lifetime ago, and no generation has moved
  };
  // Returns what was stored under `key` (32 bytes), or nullopt.
  std::optional<Hit> find(std::string_view key, std::int64_t now_us, std::int64_t lifetime_us) const;
  // Stores `value` read after `stamp` was taken; larger values than kValueBytes are not kept.
  void store(std::string_view key, std::string_view value, const Stamp& stamp, std::int64_t now_us);

  void mark_busy(const UuidBytes& id);
  void advance(const UuidBytes& id);  // next generation, no longer busy
  void move_on(const UuidBytes& id);  // next generation: another host's write
  void clear();                       // forgets everything: signing keys changed, other hosts' writes unknown

  // What is remembered may be used until then (boot_microseconds()); a time before an earlier one changes
  // nothing.
  void trust(std::int64_t until_us);
  void distrust();  // until it is trusted again
  void close();     // for good: this host stops
  bool is_trusted() const;

 private:
  static constexpr std::size_t kEntries = 1 << 13;
  static constexpr std::size_t kGenerations = 1 << 14;

  // A sequence lock (odd while written) guards the plain bytes.
  struct Entry {
    std::atomic<std::uint32_t> sequence;
    std::atomic<std::uint32_t> size;
    std::atomic<std::int64_t> stored_us;
    std::array<std::atomic<std::uint64_t>, 4> key;
    std::array<std::atomic<std::uint64_t>, sizeof(Ids) / 8> ids;
    std::array<std::atomic<std::uint64_t>, 3> generations;
    std::atomic<std::uint64_t> epoch;
    std::array<std::atomic<std::uint64_t>, kValueBytes / 8> value;
  };
  struct Generation {
    std::atomic<std::uint64_t> number;
    std::atomic<std::uint32_t> busy;
  };
  const Generation& generation(const UuidBytes& id) const;
  Generation& generation(const UuidBytes& id);

  std::array<Entry, kEntries> entries_;
  std::array<Generation, kGenerations> generations_;
  std::atomic<std::uint64_t> epoch_;
  std::atomic<std::int64_t> trusted_until_us_;
};

}  // namespace tenantd::shm
