#include "tenantd/crypto/breached.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include "tenantd/base/bytes.hpp"
#include "tenantd/base/descriptor.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::string_view kBreachedMagic{"tenantd breached passwords\n\1\0\0\0\0", 32};
constexpr std::size_t kBreachedHead = 40;  // the magic, then the bucket bits in 8 bytes
constexpr std::size_t kRest = 3;
constexpr int kFewestBits = 8, kMostBits = 26;
constexpr std::int64_t kLineBytes = 44;      // of a line with its count and line end, about
constexpr std::int64_t kBucketHashes = 256;  // wanted
constexpr std::int64_t kMostHashes = std::int64_t{1} << 30;

std::uint64_t number_at(const std::uint8_t* at) {
  return from_big_endian({reinterpret_cast<const char*>(at), 8});
}

// The first 8 bytes as a number: their order is the hashes' order.
std::uint64_t first_bits(std::string_view sha1) { return from_big_endian(sha1.substr(0, 8)); }

std::uint64_t bucket_of(std::uint64_t bits, int bucket_bits) { return bits >> (64 - bucket_bits); }

std::string rest_of(std::uint64_t bits, int bucket_bits) {
  return big_endian(bits << bucket_bits >> 40U, kRest);
}

[[noreturn]] void fail_at(const std::string& path, const std::string& why) {
  throw std::runtime_error(path + ' ' + why);
}

[[noreturn]] void fail_line(std::int64_t number, const std::string& why) {
  throw BreachedListError("line " + std::to_string(number) + ' ' + why);
}

int bits_for(std::int64_t hashes) {
  int bits = kFewestBits;
  while (bits < kMostBits && (std::int64_t{1} << bits) * kBucketHashes < hashes) ++bits;
  return bits;
}

// A file that takes its place when it is whole.
class NewFile {
 public:
  explicit NewFile(std::string path) : path_(std::move(path)), written_(path_ + ".new") {
    // A new file: root makes it in a folder of the workers' account, which may have put a link there.
    ::unlink(written_.c_str());
    file_ = open_file(written_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
    if (!file_) fail("cannot be written");
  }
  ~NewFile() {
    if (file_) ::unlink(written_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void skip(std::size_t bytes) {
    if (::lseek(file_.get(), static_cast<off_t>(bytes), SEEK_SET) < 0) fail("cannot be written");
  }
  void write(std::string_view bytes) {
    if (!write_all(file_, bytes)) fail("cannot be written");
  }
  void finish() {
    // Whoever may read the list of a public file may read this.
    if (::fchmod(file_.get(), 0644) != 0 || ::fsync(file_.get()) != 0 ||
        ::rename(written_.c_str(), path_.c_str()) != 0)
      fail("cannot be written");
    file_.reset();
  }

 private:
  [[noreturn]] void fail(const char* what) {
    const int error = errno;
    fail_at(path_, std::string{what} + ": " + std::strerror(error));
  }

  std::string path_, written_;
  Descriptor file_;
};

// Puts hashes that come in order into buckets.
class BreachedWriter {
 public:
  BreachedWriter(const std::string& path, int bucket_bits)
      : file_(path), bucket_bits_(bucket_bits), begins_((std::size_t{1} << bucket_bits) + 1) {
    file_.skip(kBreachedHead + begins_.size() * 8);
  }

  // Two hashes whose first bits are alike are one.
  void add(std::string_view sha1) {
    const auto bits = first_bits(sha1);
    const auto bucket = bucket_of(bits, bucket_bits_);
    const auto rest = rest_of(bits, bucket_bits_);
    if (count_ > 0 && bucket + 1 == begun_ && rest == last_rest_) return;
    begin_buckets(bucket + 1);
    last_rest_ = rest;
    put(rest);
    ++count_;
  }

  std::int64_t finish() {
    begin_buckets(begins_.size());
    flush();
    file_.skip(0);
    put(kBreachedMagic);
    put(big_endian(static_cast<std::uint64_t>(bucket_bits_)));
    for (const auto begin : begins_) put(big_endian(begin));
    flush();
    file_.finish();
    return static_cast<std::int64_t>(count_);
  }

 private:
  void begin_buckets(std::size_t until) {
    while (begun_ < until) begins_[begun_++] = count_;
  }
  void put(std::string_view bytes) {
    pending_ += bytes;
    if (pending_.size() >= (1U << 20U)) flush();
  }
  void flush() {
    file_.write(pending_);
    pending_.clear();
  }

  NewFile file_;
  int bucket_bits_;
  std::vector<std::uint64_t> begins_;
  std::size_t begun_ = 0;
  std::uint64_t count_ = 0;
  std::string last_rest_, pending_;
};

struct Line {
  std::string sha1;
  std::int64_t seen = 1;
};

std::optional<Line> read_line(std::string_view text) {
  if (text.size() > 40 && text[40] != ':') return std::nullopt;
  const auto sha1 = from_hex(ascii_lower(text.substr(0, 40)));
  if (!sha1 || sha1->size() != 20) return std::nullopt;
  Line line{*sha1};
  if (text.size() <= 40) return line;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + 41, end, line.seen);
  if (read.ec != std::errc{} || read.ptr != end || line.seen < 0) return std::nullopt;
  return line;
}

std::unique_ptr<const BreachedPasswords>& used_list() {
  static std::unique_ptr<const BreachedPasswords> list;
  return list;
}

}  // namespace

BreachedPasswords::BreachedPasswords(const std::string& path) {
  const auto file = open_file(path, O_RDONLY);
  struct stat found {};
  if (!file || ::fstat(file.get(), &found) != 0)
    fail_at(path, std::string{"cannot be read: "} + std::strerror(errno));
  const auto size = static_cast<std::size_t>(found.st_size);
  if (!S_ISREG(found.st_mode) || size < kBreachedHead) fail_at(path, "is no file of breached passwords");
  auto* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (mapped == MAP_FAILED) fail_at(path, std::string{"cannot be mapped: "} + std::strerror(errno));
  data_ = static_cast<const std::uint8_t*>(mapped);
  size_ = size;
  const auto bits = number_at(data_ + kBreachedMagic.size());
  const bool known = std::memcmp(data_, kBreachedMagic.data(), kBreachedMagic.size()) == 0 &&
                     bits >= kFewestBits && bits <= kMostBits;
  const std::size_t index = known ? ((std::size_t{1} << bits) + 1) * 8 : 0;
  bool whole = known && size >= kBreachedHead + index;
  if (whole) {
    bucket_bits_ = static_cast<int>(bits);
    const auto hashes = number_at(data_ + kBreachedHead + index - 8);
    whole = hashes <= size && size == kBreachedHead + index + hashes * kRest;
    count_ = static_cast<std::int64_t>(hashes);
  }
  if (whole) return;
  ::munmap(mapped, size);
  data_ = nullptr;
  fail_at(path, known ? "is not whole" : "is no file of breached passwords");
}

BreachedPasswords::~BreachedPasswords() {
  if (data_ != nullptr) ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

bool BreachedPasswords::contains_sha1(std::string_view hash) const {
  const auto bits = first_bits(hash);
  const auto bucket = bucket_of(bits, bucket_bits_);
  const auto* const index = data_ + kBreachedHead;
  const auto* const rests = index + ((std::size_t{1} << bucket_bits_) + 1) * 8;
  const auto all = static_cast<std::uint64_t>(count_);
  // A file that lies is no reason to read beyond it.
  const auto end = std::min(number_at(index + (bucket + 1) * 8), all);
  auto low = std::min(number_at(index + bucket * 8), end);
  const auto wanted = rest_of(bits, bucket_bits_);
  for (auto high = end; low < high;) {
    const auto middle = low + (high - low) / 2;
    const int order = std::memcmp(rests + middle * kRest, wanted.data(), kRest);
    if (order == 0) return true;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

bool BreachedPasswords::contains(const Secret& password) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  const auto text = password.reveal();
  if (EVP_Digest(text.data(), text.size(), hash.data(), &length, EVP_sha1(), nullptr) != 1 || length != 20)
    throw std::runtime_error("SHA-1 cannot be computed");
  return contains_sha1({reinterpret_cast<const char*>(hash.data()), length});
}

void use_breached_passwords(const std::string& path) {
  used_list() = path.empty() ? nullptr : std::make_unique<const BreachedPasswords>(path);
}

const BreachedPasswords* breached_passwords() { return used_list().get(); }

BreachedImport import_breached(std::istream& list, const std::string& path, std::int64_t least,
                               std::optional<std::int64_t> bytes,
                               const std::function<void(std::int64_t, std::int64_t)>& progress) {
  BreachedWriter writer{path, bits_for(bytes ? *bytes / kLineBytes : kMostHashes)};
  BreachedImport done;
  std::string text, last;
  std::int64_t lines = 0, read = 0, added = 0;
  while (std::getline(list, text)) {
    ++lines;
    read += static_cast<std::int64_t>(text.size()) + 1;
    if ((lines & 0xFFFF) == 0) progress(lines, read);
    if (!text.empty() && text.back() == '\r') text.pop_back();
    if (text.empty()) continue;
    const auto line = read_line(text);
    if (!line)
      fail_line(lines, "is no SHA-1 hash with a count, such as 000000005AD76BD555C1D6D771DE417A4B87E4B4:10");
    if (line->sha1 < last) fail_line(lines, "is out of order: the list must be sorted by hash");
    last = line->sha1;
    if (line->seen < least) {
      ++done.passed_over;
      continue;
    }
    writer.add(line->sha1);
    ++added;
  }
  if (list.bad()) throw BreachedListError("the list cannot be read to its end");
  progress(lines, read);
  if (added == 0) throw BreachedListError("the list has no hash that is taken");
  done.taken = writer.finish();
  return done;
}

}  // namespace tenantd::crypto
