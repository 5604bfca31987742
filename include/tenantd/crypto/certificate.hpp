// X.509 certificates whose keys sign messages of other services, such as those of Amazon SNS.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tenantd/base/time.hpp"

namespace tenantd::crypto {

class Certificate {
 public:
  // Returns the first certificate in `pem`; nullopt if there is none, or its key is not RSA of 2048 bits or
  // more. Who issued it is not asked: that is to be known by where it comes from.
  static std::optional<Certificate> parse(std::string_view pem);

  bool is_valid_at(TimePoint time) const;
  // True if a name of its own (RFC 6125) is or covers `host`.
  bool is_for(const std::string& host) const;

  enum class Digest { sha1, sha256 };
  // True if `signature` over `bytes` is by its key: RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).
  bool has_signed(std::string_view bytes, std::string_view signature, Digest digest) const;

 private:
  struct State;
  explicit Certificate(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace tenantd::crypto
