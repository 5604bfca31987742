// Everything that reads a stranger's bytes, for libFuzzer under AddressSanitizer: `make fuzz`
// (FUZZ_SECONDS=600). The first byte chooses the reader. A refusal is an ApiError or a BadRequest; anything
// else that leaves a reader is a finding.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

#include "tenantd/api/encode.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/api/validate.hpp"
#include "tenantd/base/csv.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jose.hpp"
#include "tenantd/crypto/jwt.hpp"
#include "tenantd/crypto/totp.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/message.hpp"
#include "tenantd/net/outbound.hpp"

namespace {

using namespace tenantd;

const crypto::KeyRing& keys() {
  static const auto ring = [] {
    const auto dir =
        std::filesystem::temp_directory_path() / ("tenantd-fuzz-keys-" + std::to_string(::getpid()));
    crypto::KeyRing::create_missing(dir);
    auto loaded = crypto::KeyRing::load(dir);
    std::filesystem::remove_all(dir);
    return loaded;
  }();
  return ring;
}

const api::Schemas& schemas() {
  static const api::Schemas all;
  return all;
}

// The second byte chooses the row whose body it is.
void judge_body(const std::string& text) {
  if (text.empty()) return;
  const auto rows = api::routes();
  const auto& row = rows[static_cast<unsigned char>(text[0]) % rows.size()];
  const auto body = api::parse_json(text.substr(1));
  if (!row.body.empty()) schemas().check(row.body, body);
}

void judge_query(const std::string& text) {
  if (text.empty()) return;
  const auto rows = api::routes();
  const auto& row = rows[static_cast<unsigned char>(text[0]) % rows.size()];
  const auto query =
      schemas().check_query(row.query.empty() ? "no_query" : row.query, http::parse_query(text.substr(1)));
  if (query.HasMember("cursor")) static_cast<void>(api::page_of(query));
}

void judge_cursor(const std::string& text) {
  api::Json query;
  query.SetObject();
  query.AddMember("cursor", api::JsonValue{text, query.GetAllocator()}, query.GetAllocator());
  static_cast<void>(api::page_of(query));
}

void read_csv(const std::string& text) {
  std::stringbuf in{text};
  CsvReader reader{in};
  std::vector<std::string> fields;
  std::string problem;
  std::string written;
  while (reader.next(fields, problem))
    for (const auto& field : fields) append_csv(written, guarded(field));
}

void read_tokens(const std::string& text) {
  const crypto::TokenPolicy policy{"http://127.0.0.1", "tenantd"};
  if (crypto::verify_access_token(keys(), policy, text, from_unix(1'800'000'000))) std::abort();
  if (crypto::open_refresh_token(keys(), text)) std::abort();
  static_cast<void>(crypto::read_foreign_token(text));
  static_cast<void>(crypto::ForeignKeys::parse(text));
}

void read_codes_and_urls(const std::string& text) {
  static_cast<void>(crypto::totp_step(Secret{std::string(20, 'k')}, text, from_unix(1'800'000'000)));
  static_cast<void>(crypto::recovery_code_hash(keys(), text));
  static_cast<void>(crypto::totp_uri(Secret{std::string(20, 'k')}, text, text));
  static_cast<void>(net::refuse_url({}, text));
  static_cast<void>(Email::parse(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text{reinterpret_cast<const char*>(data) + 1, size - 1};
  try {
    switch (data[0] % 8) {
      case 0: static_cast<void>(api::parse_json(text)); break;
      case 1: judge_body(text); break;
      case 2: judge_query(text); break;
      case 3: judge_cursor(text); break;
      case 4: read_csv(text); break;
      case 5: read_tokens(text); break;
      case 6: read_codes_and_urls(text); break;
      case 7: static_cast<void>(http::parse_form(text)); break;
    }
  } catch (const ApiError&) {
  } catch (const http::BadRequest&) {
  }
  return 0;
}
