#include "sealed_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "tenantd/crypto/keys.hpp"

namespace tenantd::ctl {
namespace {

constexpr std::size_t kMostSealed = kPieceBytes + 64;

std::string context_of(const std::string& place, std::int64_t number, bool last) {
  return "tenantd backup, 1: " + place + ", piece " + std::to_string(number) + (last ? ", the last" : "");
}

std::string four_bytes(std::size_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((number >> shift) & 0xff);
  return bytes;
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error(path + ' ' + why);
}

// The next piece; false at the end of the file.
bool read_piece(std::ifstream& file, const std::string& path, std::string& piece) {
  std::array<unsigned char, 4> head{};
  file.read(reinterpret_cast<char*>(head.data()), head.size());
  if (file.gcount() == 0) return false;
  std::size_t size = 0;
  for (const auto byte : head) size = size << 8 | byte;
  if (file.gcount() != 4 || size > kMostSealed) refuse(path, "is damaged");
  piece.resize(size);
  file.read(piece.data(), static_cast<std::streamsize>(size));
  if (static_cast<std::size_t>(file.gcount()) != size) refuse(path, "is cut off");
  return true;
}

}  // namespace

SealedWriter::SealedWriter(const std::string& path, const Secret& key, std::string place)
    : path_(path),
      key_(key),
      place_(std::move(place)),
      file_(open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600)) {
  if (!file_) refuse(path, std::string{"cannot be made: "} + std::strerror(errno));
}

void SealedWriter::put(std::string_view plain, bool last) {
  const auto sealed = crypto::seal(key_, plain, context_of(place_, pieces_++, last));
  for (const auto& bytes : {four_bytes(sealed.size()), sealed}) {
    if (!write_all(file_, bytes)) refuse(path_, std::string{"cannot be written: "} + std::strerror(errno));
    sum_.add(bytes);
    bytes_ += static_cast<std::int64_t>(bytes.size());
  }
}

void SealedWriter::finish() {
  if (::fsync(file_.get()) != 0) refuse(path_, std::string{"cannot be flushed: "} + std::strerror(errno));
}

void read_sealed(const std::string& path, const Secret& key, const std::string& place,
                 const std::function<void(std::string_view)>& take) {
  std::ifstream file{path, std::ios::binary};
  if (!file) refuse(path, "cannot be read");
  std::string piece, next;
  bool more = read_piece(file, path, piece);
  if (!more) refuse(path, "is empty");
  for (std::int64_t number = 0; more; ++number) {
    more = read_piece(file, path, next);
    std::string plain;
    try {
      plain = crypto::unseal(key, piece, context_of(place, number, !more));
    } catch (const std::runtime_error&) {
      refuse(path, "is not what was sealed there: it is damaged, or the passphrase is another");
    }
    take(plain);
    piece.swap(next);
  }
}

}  // namespace tenantd::ctl
