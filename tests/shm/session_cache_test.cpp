#include <criterion/criterion.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "support/check.hpp"
#include "tenantd/shm/hash.hpp"
#include "tenantd/shm/session_cache.hpp"
#include "tenantd/shm/shared.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

using shm::SessionCache;
// Trusted, as it is on a host that reads of the others' writes.
struct Cache : shm::Shared<SessionCache> {
  Cache() { (*this)->trust(INT64_MAX); }
};

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kNow = 5'000 * kSecond;
constexpr std::int64_t kLifetime = 5 * kSecond;
constexpr UuidBytes kNobody{};

UuidBytes id_of(std::uint8_t n) {
  UuidBytes id{};
  id.fill(n);
  return id;
}
const UuidBytes kUser = id_of(1);
const UuidBytes kOrg = id_of(2);
const UuidBytes kClient = id_of(3);

// 32 bytes, as a token's hash.
std::string key_of(int n) {
  std::string key(32, '\0');
  std::memcpy(key.data(), &n, sizeof n);
  return key;
}
const std::string kKey = key_of(7);

void remember(const Cache& cache, const std::string& key, std::string_view value,
              const SessionCache::Ids& ids = {kUser, kOrg, kClient}) {
  cache->store(key, value, cache->stamp(ids), kNow);
}

bool is_fresh(const Cache& cache, const std::string& key = kKey, std::int64_t now_us = kNow) {
  const auto hit = cache->find(key, now_us, kLifetime);
  return hit && hit->fresh;
}

pid_t start(const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(work());
  require(pid > 0, "fork");
  return pid;
}

int end_of(pid_t pid) {
  int status = -1;
  require(::waitpid(pid, &status, 0) == pid, "waitpid");
  return status;
}

// A length, that many bytes, and a checksum over both: a mixture of two values does not fit together.
std::string sealed(std::uint32_t n) {
  std::string value(1 + n % (SessionCache::kValueBytes - 16), static_cast<char>('a' + n % 26));
  const std::uint64_t sum = shm::hash_bytes(value + std::to_string(n));
  value.append(reinterpret_cast<const char*>(&n), sizeof n);
  return value.append(reinterpret_cast<const char*>(&sum), sizeof sum);
}

bool is_whole(const std::string& value) {
  std::uint32_t n = 0;
  if (value.size() < 12) return false;
  std::memcpy(&n, value.data() + value.size() - 12, sizeof n);
  return value == sealed(n);
}

}  // namespace

Test(session_cache, what_was_never_stored_is_not_found) {
  const Cache cache;
  require(!cache->find(kKey, kNow, kLifetime), "empty");
  require(!cache->find(std::string(32, '\0'), kNow, kLifetime), "a key of zeros in zeroed memory");
}

Test(session_cache, what_was_stored_is_found_whole_and_fresh) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{8},
                                 std::size_t{1943}, SessionCache::kValueBytes}) {
    const Cache cache;
    std::string value;
    for (std::size_t i = 0; i < size; ++i) value += static_cast<char>(i * 31);
    remember(cache, kKey, value);
    const auto hit = cache->find(kKey, kNow, kLifetime);
    require(hit && hit->fresh && hit->value == value, std::to_string(size) + " bytes");
  }
}

Test(session_cache, a_shorter_value_replaces_a_longer_one_entirely) {
  const Cache cache;
  remember(cache, kKey, std::string(1000, 'x'));
  remember(cache, kKey, "short");
  require_equal(cache->find(kKey, kNow, kLifetime).value().value, "short");
}

Test(session_cache, a_value_that_is_too_large_is_not_kept) {
  const Cache cache;
  remember(cache, kKey, std::string(SessionCache::kValueBytes + 1, 'x'));
  require(!cache->find(kKey, kNow, kLifetime), "not kept");
  remember(cache, kKey, "kept");
  remember(cache, kKey, std::string(SessionCache::kValueBytes + 1, 'x'));
  require_equal(cache->find(kKey, kNow, kLifetime).value().value, "kept");
}

Test(session_cache, a_value_is_fresh_until_its_lifetime_ends) {
  const Cache cache;
  remember(cache, kKey, "v");
  require(is_fresh(cache, kKey, kNow + kLifetime - 1), "within");
  require(!is_fresh(cache, kKey, kNow + kLifetime), "at its end");
  require(!is_fresh(cache, kKey, kNow - 1), "stored in the future");
  require(cache->find(kKey, kNow + kLifetime, kLifetime).has_value(), "found, not fresh");
}

Test(session_cache, a_moved_generation_of_whom_it_is_about_ends_freshness) {
  for (const auto& moved : {kUser, kOrg, kClient}) {
    const Cache cache;
    remember(cache, kKey, "v");
    cache->mark_busy(moved);
    cache->advance(moved);
    require(!is_fresh(cache), "stale");
    remember(cache, kKey, "w");
    require(is_fresh(cache), "stored anew");
  }
}

Test(session_cache, a_moved_generation_leaves_other_entries_alone) {
  const Cache cache;
  remember(cache, kKey, "v");
  cache->mark_busy(id_of(9));
  cache->advance(id_of(9));
  require(is_fresh(cache), "untouched");
}

Test(session_cache, a_session_without_an_organization_is_kept_under_its_user) {
  const Cache cache;
  remember(cache, kKey, "v", {kUser, kNobody, kNobody});
  cache->mark_busy(kOrg);
  cache->advance(kOrg);
  require(is_fresh(cache), "no organization's change counts");
  cache->mark_busy(kUser);
  cache->advance(kUser);
  require(!is_fresh(cache), "the user's does");
}

Test(session_cache, a_busy_id_is_neither_served_fresh_nor_stored) {
  for (const auto& busy : {kUser, kOrg, kClient}) {
    const Cache cache;
    remember(cache, kKey, "v");
    cache->mark_busy(busy);
    require(!is_fresh(cache), "not served");
    require(!cache->stamp({kUser, kOrg, kClient}).valid, "its stamp is invalid");
    remember(cache, key_of(8), "w");
    require(!cache->find(key_of(8), kNow, kLifetime), "not stored");
  }
}

Test(session_cache, an_id_is_busy_until_the_last_of_its_writers_is_done) {
  const Cache cache;
  cache->mark_busy(kUser);
  cache->mark_busy(kUser);
  cache->advance(kUser);
  require(!cache->stamp({kUser, kOrg, kClient}).valid, "one is left");
  cache->advance(kUser);
  require(cache->stamp({kUser, kOrg, kClient}).valid, "none is left");
}

Test(session_cache, what_was_read_before_a_commit_is_never_served_fresh_after_it) {
  const Cache cache;
  const auto stamp = cache->stamp({kUser, kOrg, kClient});  // reader: before it reads the database
  cache->mark_busy(kUser);
  cache->store(kKey, "old", stamp, kNow);
  require(!is_fresh(cache), "stored while the writer commits");
  cache->advance(kUser);
  require(!is_fresh(cache), "after the commit");
  cache->store(kKey, "old", stamp, kNow);
  require(!is_fresh(cache), "stored late");
  cache->mark_busy(kUser);
  cache->advance(kUser);
  require(!is_fresh(cache), "after another commit");
}

Test(session_cache, clear_forgets_everything_and_refuses_what_was_read_before) {
  const Cache cache;
  remember(cache, kKey, "v");
  const auto stamp = cache->stamp({kUser, kOrg, kClient});
  cache->clear();
  require(!cache->find(kKey, kNow, kLifetime), "forgotten");
  cache->store(kKey, "old", stamp, kNow);
  require(!cache->find(kKey, kNow, kLifetime), "read before");
  remember(cache, kKey, "new");
  require(is_fresh(cache), "read after");
}

Test(session_cache, a_writer_that_dies_before_its_commit_is_done_leaves_its_ids_unserved) {
  const Cache cache;
  remember(cache, kKey, "v");
  remember(cache, key_of(8), "w", {id_of(4), id_of(5), kNobody});
  require_equal(end_of(start([&] { return cache->mark_busy(kUser), 0; })), 0);
  require(!is_fresh(cache), "its own");
  require(is_fresh(cache, key_of(8)), "others are served");
}

// The value ends at a page that cannot be read, so that the process dies after it has begun to copy.
Test(session_cache, a_process_that_dies_while_storing_costs_that_slot_and_nothing_else) {
  const Cache cache;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* pages = ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(pages != MAP_FAILED && ::mprotect(static_cast<char*>(pages) + page, page, PROT_NONE) == 0, "mmap");
  const std::string_view torn{static_cast<char*>(pages) + page - 800, 1600};
  remember(cache, kKey, "before");
  for (int i = 100; i < 150; ++i) remember(cache, key_of(i), "value");
  require(is_fresh(cache), "none of these has its slot");
  std::vector<std::string> others;
  for (int i = 100; i < 150; ++i)
    if (is_fresh(cache, key_of(i))) others.push_back(key_of(i));
  require(others.size() > 40, "few of these meet in one slot");
  const int status = end_of(start([&] {
    ::signal(SIGSEGV, SIG_DFL);
    ::signal(SIGBUS, SIG_DFL);
    remember(cache, kKey, torn);
    return 0;
  }));
  require(WIFSIGNALED(status), "it died of the page");
  ::munmap(pages, 2 * page);
  require(!cache->find(kKey, kNow, kLifetime), "nothing of it is found");
  remember(cache, kKey, "again");
  require(!cache->find(kKey, kNow, kLifetime), "the slot stays unused");
  for (const auto& key : others) {
    require(is_fresh(cache, key), "another slot");
    remember(cache, key, "newer");
    require_equal(cache->find(key, kNow, kLifetime).value().value, "newer");
  }
}

Test(session_cache, readers_never_see_a_torn_value_while_many_processes_write) {
  const Cache cache;
  constexpr int kKeys = 3;
  constexpr std::uint32_t kRounds = 20'000;
  std::vector<pid_t> children;
  for (std::uint32_t writer = 0; writer < 4; ++writer) {
    children.push_back(start([&cache, writer] {
      for (std::uint32_t i = 0; i < kRounds; ++i)
        remember(cache, key_of(static_cast<int>(i % kKeys)), sealed(i * 7 + writer));
      return 0;
    }));
  }
  for (int reader = 0; reader < 4; ++reader) {
    children.push_back(start([&cache] {
      for (std::uint32_t i = 0; i < kRounds; ++i) {
        const auto hit = cache->find(key_of(static_cast<int>(i % kKeys)), kNow, kLifetime);
        if (hit && !is_whole(hit->value)) return 1;
      }
      return 0;
    }));
  }
  int bad = 0;
  for (const pid_t pid : children) bad += end_of(pid) == 0 ? 0 : 1;
  require_equal(bad, 0);
  for (int i = 0; i < kKeys; ++i)
    require(is_whole(cache->find(key_of(i), kNow, kLifetime).value().value), "the last");
}
