// An authenticator with one passkey, and the browser before it: what Web Authentication Level 2 has them
// send. Every part can be made wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "support/api_client.hpp"

namespace tenantd::test {

class PasskeyDevice {
 public:
  enum class Kind { es256, eddsa, rs256 };
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

  // What the right bytes become: of a key, of what is signed, of a signature, and of what is sent.
  using Alteration = std::function<void(std::string&)>;
  Alteration alter_key, alter_data, alter_client_data, alter_signature, alter_statement, alter_object,
      alter_sent;

 private:
  std::string client_data(const std::string& right_type, const Response& options) const;
  std::string authenticator_data(bool attested) const;
  std::string sign(const std::string& bytes) const;
  std::string cose_key() const;
  std::string right_key() const;

  struct Key;
  std::shared_ptr<Key> key_;  // a copy is a clone
  Kind kind_;
};

}  // namespace tenantd::test
