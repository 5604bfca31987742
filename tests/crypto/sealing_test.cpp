// Values sealed for one key and one context (AES-256-GCM).
#include <criterion/criterion.h>

#include "crypto/keys_fixture.hpp"

using namespace tenantd::test::signing;
using namespace tenantd;
using namespace tenantd::test;
using crypto::KeyRing;
using crypto::SigningKey;

Test(sealing, sealed_value_opens_for_its_key_and_context) {
  for (const std::string& plain :
       {std::string{}, std::string{"x"}, std::string("a\0b", 3), crypto::random_bytes(5000)}) {
    const auto sealed = crypto::seal(kKey, plain, "users.totp:7");
    cr_assert(sealed.size() == plain.size() + 29);
    cr_assert(crypto::unseal(kKey, sealed, "users.totp:7") == plain);
  }
  cr_assert(crypto::unseal(kKey, crypto::seal(kKey, "text", ""), "") == "text");
}

Test(sealing, sealing_agrees_with_aes_gcm_test_case_14) {
  // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 14: zero key, zero nonce, sixteen
  // zero bytes.
  const std::string sealed = '\1' + std::string(12, '\0') +
                             "\xce\xa7\x40\x3d\x4d\x60\x6b\x6e\x07\x4e\xc5\xd3\xba\xf3\x9d\x18"
                             "\xd0\xd1\xc8\xa7\x99\x99\x6b\xf0\x26\x5b\x98\xb5\xd4\x8a\xb9\x19";
  cr_assert(crypto::unseal(Secret{std::string(32, '\0')}, sealed, "") == std::string(16, '\0'));
}

Test(sealing, sealed_value_moved_elsewhere_does_not_open) {
  const auto sealed = crypto::seal(kKey, "secret", "users.totp:7");
  for (const char* context : {"users.totp:8", "users.totp:", "", "users.totp:7 "})
    cr_assert_throw(crypto::unseal(kKey, sealed, context), std::runtime_error);
  cr_assert_throw(crypto::unseal(Secret{std::string(32, 'j')}, sealed, "users.totp:7"), std::runtime_error);
}

Test(sealing, sealed_value_with_any_bit_flipped_or_byte_cut_does_not_open) {
  const auto sealed = crypto::seal(kKey, "secret", "context");
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string flipped = sealed;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    cr_assert_throw(crypto::unseal(kKey, flipped, "context"), std::runtime_error);
  }
  for (std::size_t length = 0; length < sealed.size(); ++length)
    cr_assert_throw(crypto::unseal(kKey, sealed.substr(0, length), "context"), std::runtime_error);
}

Test(sealing, sealing_twice_differs) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(crypto::seal(kKey, "secret", "context").substr(1, 12));
  cr_assert(seen.size() == 1000);
}

Test(sealing, sealing_needs_a_key_of_32_bytes) {
  cr_assert_throw(crypto::seal(Secret{}, "secret", "context"), std::runtime_error);
  cr_assert_throw(crypto::seal(Secret{std::string(31, 'k')}, "secret", "context"), std::runtime_error);
}
