#include "tenantd/shm/hash.hpp"

namespace tenantd::shm {
namespace {
std::uint64_t g_seed = 0xA0761D6478BD642FULL;
}

void seed_hash(std::uint64_t seed) { g_seed = seed | 1U; }
std::uint64_t hash_seed() { return g_seed; }

}  // namespace tenantd::shm
