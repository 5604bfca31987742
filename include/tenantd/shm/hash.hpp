// A fast, seeded hash for tables in shared memory (wyhash's mixing step); not for secrets or signatures.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tenantd::shm {

// Chosen at start, so that nobody outside can aim at one slot.
void seed_hash(std::uint64_t seed);
std::uint64_t hash_seed();

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t hash_bytes(std::string_view bytes) {
  std::uint64_t h = hash_seed() ^ (bytes.size() * 0x9E3779B97F4A7C15ULL);
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t take = bytes.size() < 8 ? bytes.size() : 8;
    std::memcpy(&word, bytes.data(), take);
    h = mix(h ^ word, 0xE7037ED1A0B428DBULL);
    bytes.remove_prefix(take);
  }
  return mix(h, 0x8EBC6AF09C88C6E3ULL);
}

}  // namespace tenantd::shm
