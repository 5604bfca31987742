// The forms of foreign hashes, read into their parts. For foreign_hash.cpp alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "derive.hpp"

namespace tenantd::crypto::foreign {

inline constexpr std::string_view kCryptAlphabet =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

struct Digest {
  const char* name;
  std::size_t bytes;
};

struct Bcrypt {
  enum class Of { password, sha256_hex, wordpress } of;
  std::string hash;  // $2b$…
};
struct Argon2 {
  std::string phc;
};
struct Pbkdf2 {
  Digest digest;
  std::int64_t rounds;
  std::string salt;
  std::string hash;
};
struct Scrypt {
  enum class Yields { hash, cipher_key } yields;
  ScryptCost cost;
  std::string salt;
  std::string hash;
};
struct CryptScrypt {
  ScryptCost cost;
  std::string hash;  // $7$…
};
struct Phpass {
  Digest digest;
  std::int64_t log_rounds;
  std::string salt;
  std::string encoded;
};
using Form = std::variant<Bcrypt, Argon2, Pbkdf2, Scrypt, CryptScrypt, Phpass>;

// nullopt unless `text` is whole and of a form that is known. Costs may be any number.
std::optional<Form> parse(std::string_view text);

// `text` without what frameworks write in front of a hash that others know as it is.
std::string_view unwrapped(std::string_view text);

}  // namespace tenantd::crypto::foreign
