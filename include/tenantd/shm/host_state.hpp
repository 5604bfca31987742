// What the processes of this host share about the other hosts of the same database.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "tenantd/base/id.hpp"

namespace tenantd {

// One start of tenantd.
using HostId = Id<struct HostTag>;

namespace shm {

struct HostState {
  // Made by the master before it forks; another one once the machine turns out to be a copy of a running one.
  // Who reads it while it changes may read half of each, which is no host's id.
  HostId id() const {
    const std::array<std::uint64_t, 2> halves = {id_halves[0].load(), id_halves[1].load()};
    UuidBytes bytes;
    std::memcpy(bytes.data(), halves.data(), bytes.size());
    return HostId{bytes};
  }
  void set_id(const HostId& id) {
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), id.bytes().data(), sizeof halves);
    id_halves[0].store(halves[0]);
    id_halves[1].store(halves[1]);
  }

  std::array<std::atomic<std::uint64_t>, 2> id_halves;
  std::atomic<bool> was_joined;  // some process of this host has read the log before
  std::atomic<bool> leaving;     // the master stops
  std::atomic<std::int64_t>
      alone_until_us;  // boot_microseconds(): until then no other host trusts what it has
  // Of which epoch of the servers that was found (db::ServerBoard): another server may have other hosts. Read
  // before it.
  std::atomic<std::uint64_t> alone_epoch;
  // The number in this host's row, and the one that is being written there: any other one was written by
  // somebody else who takes the row for his.
  std::atomic<std::int64_t> beat, next_beat;
  // The newest signing key that every host knows (crypto::KeyRing::mark_of); 0 = not asked yet.
  std::atomic<std::uint64_t> agreed_key;
};

}  // namespace shm
}  // namespace tenantd
