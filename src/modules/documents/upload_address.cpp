#include "modules/documents/upload_address.hpp"

#include "tenantd/base/secret.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::service {
namespace {

// A key of its own: no other use of the seal key makes a signature that is good here.
std::string sign(const crypto::KeyRing& keys, const UploadAddress& address) {
  const Secret key{crypto::hmac_sha256(keys.seal_key().reveal(), "tenantd: addresses of uploads, 1")};
  return to_hex(crypto::hmac_sha256(key.reveal(), address.org.str() + '\n' + address.document.str() + '\n' +
                                                      std::to_string(address.size) + '\n' +
                                                      std::to_string(unix_seconds(address.expires_at))));
}

}  // namespace

std::string signed_path(const crypto::KeyRing& keys, const UploadAddress& address) {
  return "/files/" + address.document.str() + "?expires=" + std::to_string(unix_seconds(address.expires_at)) +
         "&org_id=" + address.org.str() + "&signature=" + sign(keys, address) +
         "&size=" + std::to_string(address.size);
}

bool is_signed(const crypto::KeyRing& keys, const UploadAddress& address, std::string_view signature) {
  return constant_time_equal(sign(keys, address), signature);
}

}  // namespace tenantd::service
