// What the tests beside it share.
#pragma once

#include <criterion/criterion.h>
#include <grp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>

#include "crypto/signing_key.hpp"
#include "support/key_folder.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/live_keys.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::test::signing {
using namespace tenantd;
using namespace tenantd::test;
using crypto::KeyRing;
using crypto::SigningKey;

inline const TimePoint kNow = from_unix(1'800'000'000);

inline std::string group_of(const std::string& path) {
  struct stat status {};
  cr_assert(::stat(path.c_str(), &status) == 0);
  return ::getgrgid(status.st_gid)->gr_name;
}

inline unsigned mode_of(const std::string& path) {
  struct stat status {};
  cr_assert(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

inline std::string load_error(const std::string& dir) {
  return sentence_of([&] { KeyRing::load(dir); });
}

inline const Secret kKey{std::string(32, 'k')};

}  // namespace tenantd::test::signing
