// An authenticator with one passkey, and the browser before it: what Web Authentication Level 2 has them
// send. Every part can be made wrong.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "support/api_client.hpp"

namespace tenantd::test {

class PasskeyDevice {
 public:
  enum class Kind { es256, eddsa };
  explicit PasskeyDevice(const std::string& url, Kind kind = Kind::es256);

  // The `credential` that answers these options (the reply of .../options).
  std::string create(const Response& options) const;
  std::string use(const Response& options) const;

  std::string origin, party, id;
  std::string user;           // its owner's handle, raw bytes; taken from the options of create()
  std::uint8_t flags = 0x05;  // present and verified
  std::uint32_t counter = 0;  // sent as it is
  std::string format = "none";
  std::string type;       // "" = the right one
  std::string challenge;  // "" = that of the options, else base64url
  bool framed = false;
  int algorithm = 0;           // what a new key says that it is; 0 = the truth
  std::string before_signing;  // put before what is signed

 private:
  std::string client_data(const std::string& right_type, const Response& options) const;
  std::string authenticator_data(bool attested) const;
  std::string sign(const std::string& bytes) const;
  std::string cose_key() const;

  struct Key;
  std::shared_ptr<Key> key_;  // a copy is a clone
  Kind kind_;
};

}  // namespace tenantd::test
