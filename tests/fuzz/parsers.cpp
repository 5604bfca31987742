// Everything that reads a stranger's bytes, for libFuzzer under AddressSanitizer: `make fuzz`
// (FUZZ_SECONDS=600). The first byte chooses the reader. A refusal is an ApiError, a BadRequest or a
// PasskeyRefused; anything else that leaves a reader is a finding.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

#include "tenantd/api/encode.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/api/validate.hpp"
#include "tenantd/base/bytes.hpp"
#include "tenantd/base/csv.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jose.hpp"
#include "tenantd/crypto/jwt.hpp"
#include "tenantd/crypto/passkey.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/crypto/totp.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/message.hpp"
#include "tenantd/net/outbound.hpp"

namespace {

using namespace tenantd;
using namespace std::string_literals;

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

const crypto::RelyingParty kParty{"example.com", "https://example.com"};

void read_attestation(const std::string& text) {
  static_cast<void>(crypto::verify_registration("{}", text, kParty));
}

// In an attestation object without a statement, so that every input reaches the reader of this part.
void read_authenticator_data(const std::string& text) {
  static const auto head = *base64url_decode("o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVk");
  read_attestation(head + big_endian(text.size(), 2) + text);
}

// In authenticator data that is right up to the key; what follows the key would be extensions.
void read_cose_key(const std::string& text) {
  constexpr char kFlags = 0x45;
  const std::string credential{"credential"};
  read_authenticator_data(crypto::sha256(kParty.id) + kFlags + std::string(4 + 16, '\0') +
                          big_endian(credential.size(), 2) + credential + text);
}

// Of four bytes each: what is done, where, and with which byte. The library that reads passkeys is not
// instrumented, so that nothing but a right input leads the fuzzer to what lies behind its first checks.
std::string edited(std::string right, std::string_view edits) {
  for (; edits.size() >= 4; edits.remove_prefix(4)) {
    const auto at = from_big_endian(edits.substr(1, 2)) % (right.size() + 1);
    const auto byte = static_cast<unsigned char>(edits[3]);
    switch (static_cast<unsigned char>(edits[0]) % 3) {
      case 0:
        if (at < right.size()) right[at] = edits[3];
        break;
      case 1: right.insert(at, 1, edits[3]); break;
      case 2: right.erase(at, byte % 40U); break;
    }
  }
  return right;
}

void edit_attestation(const std::string& text) {
  static const auto right = *base64url_decode(
      "o2NmbXRmcGFja2VkZ2F0dFN0bXSiY2FsZyZjc2lnWEgwRgIhAJHSciK_xUKOhosRSKm4uqfKasB7c63AdYHuW0H642yJAiEAghob_"
      "5X7rdd6B_FKsX4tMCZIzPqVH6UGp1ysm3tLiQNoYXV0aERhdGFYjqN5pvbur7mlXjeMEYA04nUeaC-"
      "rny0wqxPSElWGzhlHRQAAAAEA"
      "AAAAAAAAAAAAAAAAAAAAAApjcmVkZW50aWFspQECAyYgASFYIOj0qQS4AQm5_"
      "6pkU6Z6N4X1oh6ILHZZg7iEys5HvDe2IlggpIlcdEHk"
      "UA-qIoLIGkGDkyRa72ia8Qjk348lYNJwOso");
  read_attestation(edited(right, text));
}

// The first byte chooses the algorithm of the key that is held, and which part of the proof is edited.
void edit_assertion(const std::string& text) {
  static const auto data = *base64url_decode("o3mm9u6vuaVeN4wRgDTidR5oL6ufLTCrE9ISVYbOGUcFAAAAAg");
  static const auto signature = *base64url_decode(
      "MEYCIQCWa7Eodgdpm3TWJ9arJA3-RYTz8HIhg9P761MEiekc6QIhAKDkpuo9sIFCRB2wb-7VMhwDoqS2EI6SSpJPnYsWJ3IU");
  static const auto point = *base64url_decode(
      "6PSpBLgBCbn_qmRTpno3hfWiHogsdlmDuITKzke8N7akiVx0QeRQD6oigsgaQYOTJFrvaJrxCOTfjyVg0nA6yg");
  if (text.empty()) return;
  const auto chosen = static_cast<unsigned char>(text[0]);
  const auto edits = std::string_view{text}.substr(1);
  crypto::Passkey passkey;
  passkey.algorithm = crypto::kPasskeyAlgorithms[chosen % 3];
  passkey.public_key = passkey.algorithm == -257 ? std::string(256, 'n') + "\1\0\1"s : point;
  if (passkey.algorithm == -8) passkey.public_key.resize(32);
  static_cast<void>(crypto::verify_assertion({"{}", (chosen & 64U) != 0 ? edited(data, edits) : data,
                                              (chosen & 128U) != 0 ? edited(signature, edits) : signature},
                                             passkey, kParty));
}

// What the edits begin with is right, or they would lead nowhere.
void require_right_passkeys() {
  edit_attestation({});
  edit_assertion("\1");
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  require_right_passkeys();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text{reinterpret_cast<const char*>(data) + 1, size - 1};
  try {
    switch (data[0] % 14) {
      case 0: static_cast<void>(api::parse_json(text)); break;
      case 1: judge_body(text); break;
      case 2: judge_query(text); break;
      case 3: judge_cursor(text); break;
      case 4: read_csv(text); break;
      case 5: read_tokens(text); break;
      case 6: read_codes_and_urls(text); break;
      case 7: static_cast<void>(http::parse_form(text)); break;
      case 8: static_cast<void>(crypto::challenge_in(text, "webauthn.get", kParty)); break;
      case 9: read_attestation(text); break;
      case 10: read_authenticator_data(text); break;
      case 11: read_cose_key(text); break;
      case 12: edit_attestation(text); break;
      case 13: edit_assertion(text); break;
    }
  } catch (const ApiError&) {
  } catch (const crypto::PasskeyRefused&) {
  } catch (const http::BadRequest&) {
  }
  return 0;
}
