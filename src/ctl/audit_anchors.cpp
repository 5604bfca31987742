#include "audit_anchors.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::ctl {
namespace {

// Some million anchors.
constexpr std::size_t kBytesMax = 256U << 20U;

}  // namespace

AnchorFile::AnchorFile(const std::string& path)
    : path_(path), file_(open_file(path, O_RDWR | O_CREAT | O_APPEND, 0600)) {
  if (!file_) fail(std::strerror(errno));
  struct stat found {};
  if (::fstat(file_.get(), &found) != 0) fail(std::strerror(errno));
  if (!S_ISREG(found.st_mode)) fail("is no ordinary file");
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) fail("another tenantctl uses it");
  read();
}

void AnchorFile::read() {
  std::string text;
  std::array<char, 65536> piece{};
  for (;;) {
    const ssize_t count = ::read(file_.get(), piece.data(), piece.size());
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
  const auto json = json::read_object(line);
  const auto* seq = json ? json::find(*json, "seq") : nullptr;
  const bool numbered = seq != nullptr && seq->IsInt64() && seq->GetInt64() > 0;
  const auto org = numbered ? OrgId::parse(json::text_of(*json, "org")) : std::nullopt;
  const auto hash = numbered ? from_hex(json::text_of(*json, "hash")) : std::nullopt;
  if (!org || !hash || hash->size() != 32) fail("line " + std::to_string(number) + " is no anchor");
  const auto [at, is_new] = anchors_[*org].emplace(seq->GetInt64(), *hash);
  if (!is_new && at->second != *hash)
    fail("line " + std::to_string(number) + " says otherwise than a line before");
  ++size_;
}

void AnchorFile::add(OrgId org, std::int64_t seq, const std::string& hash) {
  if (!anchors_[org].emplace(seq, hash).second) return;
  added_ += json::Object{}.set("org", org).set("seq", seq).set("hash", to_hex(hash)).text() + '\n';
}

void AnchorFile::save() {
  if (!write_all(file_, added_)) fail(std::strerror(errno));
  if (::fsync(file_.get()) != 0) fail(std::strerror(errno));
  added_.clear();
}

void AnchorFile::fail(const std::string& why) const {
  throw AnchorFileError("the anchors' file " + path_ + ": " + why);
}

}  // namespace tenantd::ctl
