#include "support/authenticator.hpp"

#include <liboath/oath.h>

#include <memory>

#include "support/check.hpp"
#include "support/database.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/crypto/totp.hpp"

namespace tenantd::test {

std::string totp_code(const std::string& base32_secret, int steps) {
  char* bytes = nullptr;
  std::size_t length = 0;
  require(oath_base32_decode(base32_secret.data(), base32_secret.size(), &bytes, &length) == OATH_OK,
          "the secret is no base32: " + base32_secret);
  const std::unique_ptr<char, decltype(&std::free)> owner{bytes, std::free};
  return crypto::totp_code(Secret{std::string{bytes, length}}, now() + steps * crypto::kTotpStep);
}

Factor enable_factor(const Account& account) {
  if (number_of("SELECT email_verified_at IS NULL FROM user WHERE id = " + binary(account.user_id)) == 1)
    verify(account);
  auto client = account.client();
  const auto enrolled = client.post("/api/v1/auth/mfa/enroll", object({{"password", account.password}}));
  Factor factor{expect(enrolled, 200).text("/secret"), {}};
  const auto confirmed =
      client.post("/api/v1/auth/mfa/confirm",
                  object({{"password", account.password}, {"code", totp_code(factor.secret)}}));
  expect(confirmed, 200);
  for (std::size_t i = 0; i < confirmed.size("/recovery_codes"); ++i)
    factor.recovery_codes.push_back(confirmed.text("/recovery_codes/" + std::to_string(i)));
  return factor;
}

void forget_steps(const Account& account) {
  database().run("UPDATE totp SET last_step = 0 WHERE user_id = " + binary(account.user_id));
}

std::string second_step_of(const Account& account) {
  return expect_problem(sign_in(account.email, account.password), 401, "mfa_required").text("/mfa_token");
}

}  // namespace tenantd::test
