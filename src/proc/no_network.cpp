#include "tenantd/proc/no_network.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace tenantd::proc {
namespace {

#if defined(__x86_64__)
constexpr unsigned kProcessor = AUDIT_ARCH_X86_64;
constexpr unsigned kForeignCalls = 0x40000000;  // the x32 numbers of the same calls
#elif defined(__aarch64__)
constexpr unsigned kProcessor = AUDIT_ARCH_AARCH64;
constexpr unsigned kForeignCalls = 0x40000000;
#else
constexpr unsigned kProcessor = 0;
constexpr unsigned kForeignCalls = 0;
#endif

constexpr unsigned kAllow = SECCOMP_RET_ALLOW;
constexpr unsigned refuse(unsigned error) { return SECCOMP_RET_ERRNO | error; }

constexpr unsigned at(std::size_t offset) { return static_cast<unsigned>(offset); }

constexpr sock_filter load(std::size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at(offset)); }
constexpr sock_filter answer(unsigned verdict) { return BPF_STMT(BPF_RET | BPF_K, verdict); }
constexpr sock_filter jump(unsigned short how, unsigned value, unsigned char yes, unsigned char no) {
  return BPF_JUMP(static_cast<unsigned short>(BPF_JMP | how), value, yes, no);
}
// Goes on with the next line if equal, else skips `lines`.
constexpr sock_filter unless_equal_skip(unsigned value, unsigned char lines) {
  return jump(BPF_JEQ | BPF_K, value, 0, lines);
}

// The domain is an int: its lower half decides (both processors are little-endian).
const std::array kFilter = {
    load(offsetof(seccomp_data, arch)),
    unless_equal_skip(kProcessor, 1),
    jump(BPF_JA, 1, 0, 0),
    answer(refuse(ENOSYS)),  // another processor's calls would pass by their numbers
    load(offsetof(seccomp_data, nr)),
    jump(BPF_JGE | BPF_K, kForeignCalls, 0, 1),
    answer(refuse(ENOSYS)),
    unless_equal_skip(SYS_io_uring_setup, 1),
    answer(refuse(ENOSYS)),  // it makes sockets by itself
    unless_equal_skip(SYS_socket, 3),
    load(offsetof(seccomp_data, args[0])),
    jump(BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
    answer(refuse(EAFNOSUPPORT)),
    answer(kAllow),
};

}  // namespace

bool give_up_network() {
  if (kProcessor == 0) return false;
  sock_fprog program{};
  program.len = static_cast<unsigned short>(kFilter.size());
  program.filter = const_cast<sock_filter*>(kFilter.data());  // only read
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace tenantd::proc
