#include "crypto/passkey_cbor.hpp"

#include <cbor.h>

#include <cstdlib>
#include <memory>

#include "tenantd/base/bytes.hpp"
#include "tenantd/crypto/passkey.hpp"

namespace tenantd::crypto {
namespace {

std::string string_of(const unsigned char* data, std::size_t size) {
  return data == nullptr ? std::string{} : std::string{reinterpret_cast<const char*>(data), size};
}

struct FreeItem {
  void operator()(cbor_item_t* p) const { cbor_decref(&p); }
};
using Item = std::unique_ptr<cbor_item_t, FreeItem>;

std::string serialized(const cbor_item_t* item) {
  unsigned char* buffer = nullptr;
  std::size_t room = 0;
  const auto size = cbor_serialize_alloc(item, &buffer, &room);
  auto made = string_of(buffer, size);
  std::free(buffer);
  need(size > 0, "no memory");
  return made;
}

Item load(std::string_view cbor, cbor_load_result& result) {
  return Item{cbor_load(reinterpret_cast<const unsigned char*>(cbor.data()), cbor.size(), &result)};
}

std::string text_of(const cbor_item_t* item) {
  need(cbor_isa_string(item) && cbor_string_is_definite(item), "a key of the attestation object is no text");
  return string_of(cbor_string_handle(item), cbor_string_length(item));
}

std::int64_t number_of(const cbor_item_t* item) {
  need(cbor_is_int(item) && cbor_int_get_width(item) != CBOR_INT_64, "an algorithm is no number");
  const auto value = static_cast<std::int64_t>(cbor_get_int(item));
  return cbor_isa_negint(item) ? -1 - value : value;
}

// Two readers of a member that comes twice would not read the same.
void read_statement(const cbor_item_t* map, AttestationObject& read) {
  for (std::size_t i = 0; i < cbor_map_size(map); ++i) {
    const auto& [key, value] = cbor_map_handle(map)[i];
    const auto name = text_of(key);
    if (name == "alg") {
      need(!read.algorithm, "the attestation statement names two algorithms");
      read.algorithm = number_of(value);
    } else if (name == "x5c") {
      need(!read.has_certificates, "the attestation statement has two lists of certificates");
      read.has_certificates = true;
    }
  }
}

// How many bytes the CBOR item takes that `bytes` begin with; nullopt if there is none.
std::optional<std::size_t> item_size(std::string_view bytes) {
  cbor_load_result result{};
  return load(bytes, result) ? std::optional{result.read} : std::nullopt;
}

}  // namespace

void need(bool holds, const char* what) {
  if (!holds) throw PasskeyRefused(what);
}

AttestationObject read_attestation_object(std::string_view cbor) {
  cbor_load_result result{};
  const auto whole = load(cbor, result);
  need(whole != nullptr && result.read == cbor.size(), "the attestation object is no CBOR");
  need(cbor_isa_map(whole.get()) && cbor_map_is_definite(whole.get()) && cbor_map_size(whole.get()) == 3,
       "the attestation object is no map of three");
  AttestationObject read;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& [key, value] = cbor_map_handle(whole.get())[i];
    const auto name = text_of(key);
    if (name == "fmt" && cbor_isa_string(value) && cbor_string_is_definite(value)) {
      read.format = string_of(cbor_string_handle(value), cbor_string_length(value));
    } else if (name == "attStmt" && cbor_isa_map(value)) {
      read.statement = serialized(value);
      read_statement(value, read);
    } else if (name == "authData" && cbor_isa_bytestring(value) && cbor_bytestring_is_definite(value)) {
      read.authenticator_data = string_of(cbor_bytestring_handle(value), cbor_bytestring_length(value));
    } else {
      throw PasskeyRefused("the attestation object has a member that it should not have");
    }
  }
  // Of a member that comes twice another is missing.
  need(!read.format.empty() && !read.statement.empty() && !read.authenticator_data.empty(),
       "the attestation object lacks a member");
  return read;
}

bool is_whole(std::string_view data) {
  constexpr std::size_t kFlagsAt = 32, kHead = 37, kKindBytes = 16, kLengthBytes = 2;
  if (data.size() < kHead) return false;
  const auto flags = static_cast<unsigned char>(data[kFlagsAt]);
  data.remove_prefix(kHead);
  if ((flags & kAttested) != 0) {
    if (data.size() < kKindBytes + kLengthBytes) return false;
    const auto id = from_big_endian(data.substr(kKindBytes, kLengthBytes));
    data.remove_prefix(kKindBytes + kLengthBytes);
    if (data.size() < id) return false;
    data.remove_prefix(id);
  }
  for (const auto flag : {kAttested, kExtended}) {
    if ((flags & flag) == 0) continue;
    const auto size = item_size(data);
    if (!size) return false;
    data.remove_prefix(*size);
  }
  return data.empty();
}

}  // namespace tenantd::crypto
