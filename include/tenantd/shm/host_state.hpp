// What the processes of this host share about the other hosts of the same database.
#pragma once

#include <atomic>
#include <cstdint>

#include "tenantd/base/id.hpp"

namespace tenantd {

// One start of tenantd.
using HostId = Id<struct HostTag>;

namespace shm {

struct HostState {
  UuidBytes id;                  // written by the master before it forks
  std::atomic<bool> was_joined;  // some process of this host has read the log before
  std::atomic<bool> leaving;     // the master stops
  std::atomic<std::int64_t>
      alone_until_us;  // boot_microseconds(): until then no other host trusts what it has
  // Of which epoch of the servers that was found (db::ServerBoard): another server may have other hosts. Read
  // before it.
  std::atomic<std::uint64_t> alone_epoch;
};

}  // namespace shm
}  // namespace tenantd
