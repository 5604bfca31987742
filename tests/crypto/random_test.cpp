#include <criterion/criterion.h>

#include <set>
#include <string>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

using namespace tenantd;

namespace {

std::string hex_of_sha256(std::string_view text) { return to_hex(crypto::sha256(text)); }

}  // namespace

// FIPS 180-4 examples (NIST CSRC, Cryptographic Standards and Guidelines: SHA256.pdf).
Test(random, sha256_agrees_with_the_nist_examples) {
  cr_assert(hex_of_sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  cr_assert(hex_of_sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  cr_assert(hex_of_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  cr_assert(hex_of_sha256(std::string(1000000, 'a')) ==
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// RFC 4231 sections 4.2, 4.3, 4.4 and 4.7.
Test(random, hmac_agrees_with_rfc_4231) {
  cr_assert(to_hex(crypto::hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  cr_assert(to_hex(crypto::hmac_sha256("Jefe", "what do ya want for nothing?")) ==
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  cr_assert(to_hex(crypto::hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))) ==
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  cr_assert(to_hex(crypto::hmac_sha256(std::string(131, '\xaa'),
                                       "Test Using Larger Than Block-Size Key - Hash Key First")) ==
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

Test(random, hmac_with_an_empty_key_does_not_reuse_the_last_key) {
  const auto alone = crypto::hmac_sha256({}, "text");
  crypto::hmac_sha256("another key", "text");
  cr_assert(crypto::hmac_sha256({}, "text") == alone);
  cr_assert(crypto::hmac_sha256("", "text") == alone);
  cr_assert(to_hex(crypto::hmac_sha256({}, {})) ==
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

Test(random, bytes_have_the_length_asked_for_and_differ) {
  cr_assert(crypto::random_bytes(0).empty());
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(crypto::random_bytes(16));
  cr_assert(seen.size() == 1000);
  cr_assert(seen.begin()->size() == 16);
}

Test(random, token_is_43_characters_that_decode_to_32_bytes) {
  const Secret token = crypto::new_token();
  cr_assert(token.reveal().size() == 43);
  const auto raw = base64url_decode(token.reveal());
  cr_assert(raw && raw->size() == 32);
  cr_assert(!token.equals(crypto::new_token().reveal()));
}

Test(random, uuid7_holds_its_milliseconds_version_and_variant) {
  // The time of RFC 9562 appendix A.6: 2022-02-22 14:22:22.000 -05:00.
  const std::string text = format_uuid(crypto::make_uuid7(0x017F22E279B0));
  cr_assert(text.starts_with("017f22e2-79b0-7"), "%s", text.c_str());
  cr_assert(std::string{"89ab"}.find(text[19]) != std::string::npos, "%s", text.c_str());
}

Test(random, uuid7_sorts_by_time_and_is_unique_within_a_millisecond) {
  std::set<UuidBytes> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(crypto::make_uuid7(1700000000000));
  cr_assert(seen.size() == 1000);
  cr_assert(*seen.rbegin() < crypto::make_uuid7(1700000000001));
}

Test(random, new_id_takes_the_clock) {
  const auto before = UserId{crypto::make_uuid7(now_milliseconds() - 1)};
  cr_assert(before < crypto::new_id<UserId>());
}
