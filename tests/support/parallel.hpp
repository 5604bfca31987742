// Threads that are released at once, so that they meet where they can hurt each other.
#pragma once

#include <barrier>
#include <exception>
#include <thread>
#include <vector>

#include "support/instance_lock.hpp"

namespace tenantd::test {

// Calls work(0) … work(count - 1) at the same time, each in a thread of its own, and returns what they
// returned, in that order. Rethrows the first exception.
template <class Work>
auto at_once(std::size_t count, Work work) {
  share_instance();
  std::vector<decltype(work(std::size_t{}))> results(count);
  std::vector<std::exception_ptr> errors(count);
  std::barrier start{static_cast<std::ptrdiff_t>(count)};
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        try {
          results[i] = work(i);
        } catch (...) {
          errors[i] = std::current_exception();
        }
      });
    }
  }
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
  return results;
}

}  // namespace tenantd::test
