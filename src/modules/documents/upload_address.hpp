// The address that takes one upload: it says which document of which organization, how many bytes and until
// when, and carries an HMAC over all of it. Whoever holds it may upload that one file, and needs nothing
// else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/crypto/keys.hpp"

namespace tenantd::service {

struct UploadAddress {
  OrgId org;
  DocumentId document;
  std::int64_t size = 0;  // bytes
  TimePoint expires_at;
};

// "/files/{document}?expires=…&org_id=…&signature=…&size=…"
std::string signed_path(const crypto::KeyRing& keys, const UploadAddress& address);
// True if `signature`, 64 hexadecimal digits, is this address's. Constant in time.
bool is_signed(const crypto::KeyRing& keys, const UploadAddress& address, std::string_view signature);

}  // namespace tenantd::service
