// What a C library gave and free() ends.
#pragma once

#include <cstdlib>
#include <memory>

namespace tenantd {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

template <class T>
using Owned = std::unique_ptr<T, Free>;

}  // namespace tenantd
