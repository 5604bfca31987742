// Memory that all workers of this host share: made by the master before it forks.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace tenantd::shm {

// Returns zeroed pages that children inherit; a page costs memory only once it is touched. Throws
// std::bad_alloc.
void* map_shared(std::size_t bytes);
void unmap(void* memory, std::size_t bytes) noexcept;

// An object in shared pages. T must hold only plain data and lock-free atomics, and be right when all its
// bytes are zero: no constructor runs, so that a large table costs only the pages that are used.
template <class T>
class Shared {
 public:
  Shared() : object_(static_cast<T*>(map_shared(sizeof(T)))) {}
  ~Shared() { unmap(object_, sizeof(T)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }

 private:
  T* object_;
};

}  // namespace tenantd::shm
