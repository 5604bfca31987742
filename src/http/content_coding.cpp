// Bodies that come compressed, through zlib. The output is bounded before it is made: a bomb costs as much as
// the largest body that may come.
#include <zlib.h>

#include <algorithm>

#include "tenantd/base/text.hpp"
#include "tenantd/http/message.hpp"

namespace tenantd::http {
namespace {

constexpr int kGzipAlone = 15 + 16;  // zlib's window bits of a gzip header, no zlib header

class Inflater {
 public:
  explicit Inflater(std::string& input) {
    stream_.next_in = reinterpret_cast<Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    ready_ = ::inflateInit2(&stream_, kGzipAlone) == Z_OK;
  }
  ~Inflater() {
    if (ready_) ::inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Fills `out` from `from` on. Returns zlib's word on it.
  int fill(std::string& out, std::size_t from) {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + from);
    stream_.avail_out = static_cast<uInt>(out.size() - from);
    return ready_ ? ::inflate(&stream_, Z_NO_FLUSH) : Z_MEM_ERROR;
  }
  std::size_t made() const { return stream_.total_out; }
  bool is_spent() const { return stream_.avail_in == 0; }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

std::string gunzip(std::string& body, std::size_t max_bytes) {
  Inflater inflater{body};
  std::string out;
  int said = Z_OK;
  // One byte above the bound tells a body that is too large from one that just fits.
  while (said == Z_OK && out.size() <= max_bytes) {
    const auto from = out.size();
    out.resize(std::min(std::max<std::size_t>(from * 2, 4096), max_bytes + 1));
    said = inflater.fill(out, from);
    if (said == Z_OK && inflater.made() < out.size()) break;
  }
  if (inflater.made() > max_bytes)
    throw BadRequest{413, "body_too_large", "The body is larger than this service takes"};
  if (said != Z_STREAM_END || !inflater.is_spent())
    throw BadRequest{400, "bad_request",
                     "The body is not the one gzip member that its Content-Encoding says"};
  out.resize(inflater.made());
  return out;
}

}  // namespace

std::optional<std::string> decode_content(std::string_view coding, std::string&& body,
                                          std::int64_t max_bytes) {
  const auto name = ascii_lower(trim(coding));
  if (name.empty() || name == "identity") return std::move(body);
  if (name != "gzip" && name != "x-gzip") return std::nullopt;
  return gunzip(body, static_cast<std::size_t>(max_bytes));
}

}  // namespace tenantd::http
