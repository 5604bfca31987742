#include "tenantd/shm/shared.hpp"

#include <sys/mman.h>

namespace tenantd::shm {

void* map_shared(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return memory;
}

void unmap(void* memory, std::size_t bytes) noexcept { ::munmap(memory, bytes); }

}  // namespace tenantd::shm
