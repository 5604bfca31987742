#include "audit_anchors.hpp"

#include <fcntl.h>
#include <rapidjson/document.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "tenantd/base/text.hpp"

namespace tenantd::ctl {
namespace {

// Some million anchors.
constexpr std::size_t kBytesMax = 256U << 20U;

}  // namespace

AnchorFile::AnchorFile(const std::string& path) : path_(path) {
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd_ < 0) fail(std::strerror(errno));
  try {
    struct stat found {};
    if (::fstat(fd_, &found) != 0) fail(std::strerror(errno));
    if (!S_ISREG(found.st_mode)) fail("is no ordinary file");
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) fail("another tenantctl uses it");
    read();
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

AnchorFile::~AnchorFile() { ::close(fd_); }

void AnchorFile::read() {
  std::string text;
  std::array<char, 65536> piece{};
  for (;;) {
    const ssize_t count = ::read(fd_, piece.data(), piece.size());
    if (count < 0) fail(std::strerror(errno));
    if (count == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > kBytesMax) fail("is larger than 256 MiB");
  }
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    take(text.substr(begin, end - begin), ++number);
    begin = end + 1;
  }
  if (!text.empty() && text.back() != '\n') fail("its last line was not written to its end");
}

void AnchorFile::take(const std::string& line, std::size_t number) {
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(line.data(), line.size());
  const auto text = [&](const char* name) -> std::string {
    const bool has = json.IsObject() && json.HasMember(name) && json[name].IsString();
    return has ? json[name].GetString() : "";
  };
  const bool numbered = !json.HasParseError() && json.IsObject() && json.HasMember("seq") &&
                        json["seq"].IsInt64() && json["seq"].GetInt64() > 0;
  const auto org = OrgId::parse(text("org"));
  const auto hash = from_hex(text("hash"));
  if (!numbered || !org || !hash || hash->size() != 32)
    fail("line " + std::to_string(number) + " is no anchor");
  const auto [at, is_new] = anchors_[*org].emplace(json["seq"].GetInt64(), *hash);
  if (!is_new && at->second != *hash)
    fail("line " + std::to_string(number) + " says otherwise than a line before");
  ++size_;
}

void AnchorFile::add(OrgId org, std::int64_t seq, const std::string& hash) {
  if (!anchors_[org].emplace(seq, hash).second) return;
  added_ += R"({"org":")" + org.str() + R"(","seq":)" + std::to_string(seq) + R"(,"hash":")" + to_hex(hash) +
            "\"}\n";
}

void AnchorFile::save() {
  std::string_view rest = added_;
  while (!rest.empty()) {
    const ssize_t count = ::write(fd_, rest.data(), rest.size());
    if (count < 0) fail(std::strerror(errno));
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(fd_) != 0) fail(std::strerror(errno));
  added_.clear();
}

void AnchorFile::fail(const std::string& why) const {
  throw AnchorFileError("the anchors' file " + path_ + ": " + why);
}

}  // namespace tenantd::ctl
