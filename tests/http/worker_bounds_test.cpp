// A request that takes too much memory or computes for too long costs itself, or one worker: never the
// others.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"

using namespace tenantd::test;

namespace {

std::vector<pid_t> workers(const PrivateStack& stack) {
  return children_of(part_pid(stack.dir(), "tenantd"));
}

std::string anybody() { return sign_up_body(fresh_email(), "Acme"); }

}  // namespace

#if !defined(__SANITIZE_ADDRESS__)  // whose address space nothing bounds
Test(worker_bounds, a_request_that_gets_no_more_memory_is_told_503_and_its_worker_goes_on) {
  // A thread that hashes may have this much besides its stack and its heap, and wants more.
  const PrivateStack stack{{"WORKER_MEMORY_BYTES=1048576", "ARGON2_MEMORY_KIB=1048576", "ARGON2_PASSES=1"}};
  const auto before = workers(stack);
  const auto refused = stack.client().post("/signup", anybody());
  expect_problem(refused, 503, "unavailable");
  require(!refused.header("retry-after").empty(), "says when to come again");
  require(!log_with(stack.dir(), "the worker may take no more memory").empty(), "the log says why");
  expect(stack.client().get("/health/ready"), 200);
  expect_problem(stack.client().post("/signup", anybody()), 503, "unavailable");
  require(workers(stack) == before, "a worker has died of it");
}
#endif

Test(worker_bounds, a_request_that_computes_for_too_long_ends_its_worker_alone) {
  const PrivateStack stack{
      {"REQUEST_CPU_SECONDS=1", "ARGON2_MEMORY_KIB=65536", "ARGON2_PASSES=64", "HASH_WORKERS=1"}};
  const auto before = workers(stack);
  const auto lost = stack.client().post("/signup", anybody());
  require(lost.status == 0 || lost.status >= 500, lost.describe());
  wait_until("the log", [&] {
    return !log_with(stack.dir(), R"("event":"request.cpu_spent","path":"/signup")").empty();
  });
  wait_until("a new worker", [&] {
    const auto now = workers(stack);
    return now.size() == before.size() && now != before;
  });
  const auto after = workers(stack);
  const auto stayed = std::count_if(after.begin(), after.end(), [&](pid_t pid) {
    return std::find(before.begin(), before.end(), pid) != before.end();
  });
  require_equal(static_cast<std::size_t>(stayed), before.size() - 1);
  expect(stack.client().get("/health/ready"), 200);
  // The new one serves its lane: this costs no hash.
  expect_problem(stack.client().post("/signup", "{}"), 422, "validation_failed");
}
