// An authenticator app: an account's second factor as its owner holds it.
#pragma once

#include <string>
#include <vector>

#include "support/fixtures.hpp"

namespace tenantd::test {

// Returns the code of a base32 secret at the instance's time plus `steps` of 30 seconds.
std::string totp_code(const std::string& base32_secret, int steps = 0);

struct Factor {
  std::string secret;  // base32
  std::vector<std::string> recovery_codes;

  // A code that is good now and stays good for a step: that of the next step, which clocks that differ allow.
  std::string code() const { return totp_code(secret, 1); }
};

// Verifies the address, enrolls and confirms. Uses up the step of the code that confirms; forget_steps()
// makes every code usable again.
Factor enable_factor(const Account& account);
void forget_steps(const Account& account);

// The mfa_token that the right password gets.
std::string second_step_of(const Account& account);

}  // namespace tenantd::test
