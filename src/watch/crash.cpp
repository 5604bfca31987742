#include "tenantd/watch/crash.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <optional>

#include "tenantd/base/descriptor.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/log_line.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/watch/handover.hpp"

namespace tenantd::watch {
namespace {

constexpr int kFrames = 48;

struct Named {
  int number;
  std::string_view name;
};
constexpr std::array<Named, 5> kSignals = {
    {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}, {SIGABRT, "SIGABRT"}}};

// Where the program lies in memory: an address less this is what addr2line takes, whatever the kernel chose.
struct Image {
  std::uintptr_t base = 0, end = 0;
  std::string build_id;
};

// All that the handler needs, made before.
struct Ready {
  std::array<char, 32> process{};
  std::optional<sockaddr_un> address;
  int socket = -1;
  Image image;
};
Ready g_ready;

void read_notes(const dl_phdr_info& info, const ElfW(Phdr) & header, std::string& build_id) {
  const auto* at = reinterpret_cast<const char*>(info.dlpi_addr + header.p_vaddr);
  const auto* const end = at + header.p_memsz;
  const auto padded = [](std::size_t size) { return (size + 3) & ~std::size_t{3}; };
  while (at + sizeof(ElfW(Nhdr)) <= end) {
    ElfW(Nhdr) note;
    std::memcpy(&note, at, sizeof note);
    const auto* name = at + sizeof note;
    const auto* text = name + padded(note.n_namesz);
    if (text + note.n_descsz > end) return;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0)
      build_id.assign(text, note.n_descsz);
    at = text + padded(note.n_descsz);
  }
}

// The program comes first, its libraries after it.
int take_program(dl_phdr_info* info, std::size_t, void* to) {
  auto& image = *static_cast<Image*>(to);
  image.base = info->dlpi_addr;
  for (int at = 0; at < info->dlpi_phnum; ++at) {
    const auto& header = info->dlpi_phdr[at];
    if (header.p_type == PT_LOAD)
      image.end = std::max<std::uintptr_t>(image.end, info->dlpi_addr + header.p_vaddr + header.p_memsz);
    if (header.p_type == PT_NOTE) read_notes(*info, header, image.build_id);
  }
  return 1;
}

[[maybe_unused]] std::string_view name_of(int number) {
  const auto found = std::find_if(kSignals.begin(), kSignals.end(),
                                  [&](const Named& each) { return each.number == number; });
  return found == kSignals.end() ? std::string_view{"signal"} : found->name;
}

// Everything here is safe in a signal handler once backtrace() has been called before.
[[maybe_unused]] void handle(int number) {
  std::array<void*, kFrames> frames{};
  const int count = ::backtrace(frames.data(), kFrames);
  FixedText<2048> places;
  for (int at = 0; at < count; ++at) {
    const auto address = reinterpret_cast<std::uintptr_t>(frames.at(static_cast<std::size_t>(at)));
    const bool ours = address >= g_ready.image.base && address < g_ready.image.end;
    places.add(at > 0 ? " " : "").add(ours ? "0x" : "-").add_hex(ours ? address - g_ready.image.base : 0);
  }
  const std::string_view process{g_ready.process.data()};
  FixedText<3072> line;
  begin_line(line, 3, wall_microseconds() / 1000, process, ::getpid());
  line.add(R"(,"event":"crashed","signal":")").add(name_of(number)).add(R"(","backtrace":")");
  line.add(places.text()).add("\"}\n");
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.text().data(), line.text().size());
  if (g_ready.address) {
    FixedText<3072> message;
    message.add("C 1 0 0\n").add(name_of(number)).add(" ").add(process).add("\n").add(places.text());
    [[maybe_unused]] const auto sent =
        ::sendto(g_ready.socket, message.text().data(), message.text().size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 generic(*g_ready.address), sizeof *g_ready.address);
  }
  ::signal(number, SIG_DFL);
  ::raise(number);
}

// What a frame of this program is called, if its symbols say so.
std::string json_of_frame(std::string_view place) {
  json::Object frame;
  const bool ours = place.starts_with("0x");
  if (ours) {
    const auto offset = std::strtoull(std::string{place.substr(2)}.c_str(), nullptr, 16);
    Dl_info found{};
    if (::dladdr(reinterpret_cast<void*>(g_ready.image.base + offset), &found) != 0 &&
        found.dli_sname != nullptr)
      frame.set("function", found.dli_sname);
    frame.set("package", "tenantd").set("instruction_addr", place).set("addr_mode", "abs");
  } else {
    frame.set("package", "a library");
  }
  return frame.set("in_app", ours).text();
}

// Of debug_meta: by it the symbols are found. Addresses of frames count from 0.
std::string json_of_image() {
  const auto& id = g_ready.image.build_id;
  if (id.size() < 16) return {};
  // A build-id's first 16 bytes as a GUID of Windows, which is what symbol servers know.
  auto guid = id.substr(0, 16);
  std::reverse(guid.begin(), guid.begin() + 4);
  std::reverse(guid.begin() + 4, guid.begin() + 6);
  std::reverse(guid.begin() + 6, guid.begin() + 8);
  auto text = to_hex(guid);
  for (const auto at : {8, 13, 18, 23}) text.insert(static_cast<std::size_t>(at), "-");
  json::Object image;
  image.set("type", "elf").set("code_file", "tenantd").set("code_id", to_hex(id)).set("debug_id", text);
  image.set("image_addr", "0x0").set("image_size", g_ready.image.end - g_ready.image.base);
  return image.text();
}

}  // namespace

void tell_of_crashes(std::string_view process, const std::string& socket) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static_cast<void>(process);
  static_cast<void>(socket);
#else
  g_ready.process = {};
  std::copy_n(process.begin(), std::min(process.size(), g_ready.process.size() - 1), g_ready.process.begin());
  ::dl_iterate_phdr(take_program, &g_ready.image);
  g_ready.address = socket.empty() ? std::nullopt : unix_address(socket);
  if (g_ready.address && g_ready.socket < 0)
    g_ready.socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // The first call loads a library.
  std::array<void*, 2> warm{};
  ::backtrace(warm.data(), 2);
  struct sigaction action {};
  action.sa_handler = handle;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const auto& each : kSignals) ::sigaction(each.number, &action, nullptr);
#endif
}

bool read_crash(std::string_view text, Failure& failure) {
  const auto line = text.find('\n');
  const auto blank = text.find(' ');
  if (line == std::string_view::npos || blank == std::string_view::npos || blank > line) return false;
  const auto signal = text.substr(0, blank);
  if (std::none_of(kSignals.begin(), kSignals.end(), [&](const Named& each) { return each.name == signal; }))
    return false;
  if (g_ready.image.base == 0) ::dl_iterate_phdr(take_program, &g_ready.image);
  failure = {};
  failure.is_crash = true;
  failure.type = signal;
  failure.process = text.substr(blank + 1, line - blank - 1);
  for (const auto& place : split(text.substr(line + 1), ' '))
    if (!place.empty()) failure.frames.push_back(json_of_frame(place));
  // Innermost last, and without the handler's own.
  if (!failure.frames.empty()) failure.frames.erase(failure.frames.begin());
  std::reverse(failure.frames.begin(), failure.frames.end());
  failure.image = json_of_image();
  return true;
}

}  // namespace tenantd::watch
