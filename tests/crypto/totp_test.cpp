// Time-based one-time passwords against the vectors of RFC 6238, and the recovery codes.
#include "tenantd/crypto/totp.hpp"

#include <criterion/criterion.h>

#include <set>

#include "support/check.hpp"
#include "support/key_folder.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

const Secret kRfcSecret{"12345678901234567890"};

}  // namespace

Test(totp, codes_are_those_of_rfc_6238_appendix_b) {
  const std::pair<std::int64_t, const char*> vectors[] = {
      {59, "94287082"},         {1111111109, "07081804"}, {1111111111, "14050471"},
      {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"},
  };
  for (const auto& [time, code] : vectors)
    require_equal(crypto::totp_code(kRfcSecret, from_unix(time), 8), std::string{code});
}

Test(totp, a_code_counts_in_its_step_and_one_before_and_after) {
  const auto now = from_unix(1'700'000'010);
  const auto code = crypto::totp_code(kRfcSecret, now);
  const std::int64_t step = 1'700'000'010 / 30;
  for (const int seconds : {-30, 0, 30})
    require_equal(crypto::totp_step(kRfcSecret, code, now + Seconds{seconds}).value(), step);
  for (const int seconds : {-61, -60, 60, 61, 3600})
    require(!crypto::totp_step(kRfcSecret, code, now + Seconds{seconds}), "accepted far from its step");
}

Test(totp, what_is_no_code_belongs_to_no_step) {
  const auto now = from_unix(1'700'000'010);
  const auto code = crypto::totp_code(kRfcSecret, now);
  for (const auto& typed : {std::string{}, code.substr(1), code + "0", "O" + code.substr(1),
                            std::string{"abcdef"}, std::string{"\0\0\0\0\0\0", 6}})
    require(!crypto::totp_step(kRfcSecret, typed, now), "accepted " + typed);
}

Test(totp, a_code_is_its_digits_however_they_are_typed) {
  for (const char* typed : {"123456", "123 456", "123-456", " 123456 ", "1 2 3 4 5 6", "123\u00A0456",
                            "123\u202F456", "123\u2013456", "\uFF11\uFF12\uFF13\uFF14\uFF15\uFF16",
                            "\u0661\u0662\u0663\u0664\u0665\u0666", "\u0967\u0968\u0969\u096A\u096B\u096C",
                            "\U0001D7CF\U0001D7D0\U0001D7D1\U0001D7D2\U0001D7D3\U0001D7D4", "\u200B123456"})
    require_equal(crypto::plain_code(typed), std::string{"123456"}, typed);
  require_equal(crypto::plain_code("ABCDE FGHJK"), std::string{"abcdefghjk"});
  require_equal(crypto::plain_code("\xFF"
                                   "123456"),
                std::string{});
  require_equal(crypto::plain_code(std::string(100'000, '1')), std::string{});
  const auto now = from_unix(1'700'000'010);
  const auto code = crypto::totp_code(kRfcSecret, now);
  require(crypto::totp_step(kRfcSecret, code.substr(0, 3) + ' ' + code.substr(3), now).has_value(), code);
}

Test(totp, secrets_are_long_random_and_spelled_in_base32) {
  const auto secret = crypto::new_totp_secret();
  require_equal(secret.reveal().size(), std::size_t{20});
  require(!secret.equals(crypto::new_totp_secret().reveal()), "twice the same secret");
  require_equal(crypto::base32(kRfcSecret), std::string{"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"});
}

Test(totp, the_uri_escapes_what_issuer_and_account_hold) {
  const auto uri = crypto::totp_uri(kRfcSecret, "Acme & Söhne", "ada+x@example.com");
  require_equal(uri, std::string{"otpauth://totp/Acme%20%26%20S%C3%B6hne:ada%2Bx%40example.com?secret="
                                 "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20%26%20S%C3%B6hne"
                                 "&algorithm=SHA1&digits=6&period=30"});
}

Test(totp, recovery_codes_differ_and_are_found_however_they_are_typed) {
  const TempFolder folder;
  const auto keys = fresh_keys(folder);
  std::set<std::string> hashes;
  for (const auto& code : crypto::new_recovery_codes()) {
    const auto& text = code.reveal();
    require_equal(text.size(), std::size_t{11});
    hashes.insert(crypto::recovery_code_hash(keys, text));
    std::string shouted;
    for (const char c : text) shouted += static_cast<char>(std::toupper(c));
    require_equal(crypto::recovery_code_hash(keys, ' ' + shouted), crypto::recovery_code_hash(keys, text));
  }
  require_equal(hashes.size(), crypto::kRecoveryCodes);
}
