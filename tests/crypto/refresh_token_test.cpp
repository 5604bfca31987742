// Refresh tokens: a session, a counter and a MAC.
#include <criterion/criterion.h>

#include "crypto/jwt_fixture.hpp"

using namespace tenantd::test::tokens;
using namespace tenantd;
using namespace tenantd::test;
using crypto::AccessClaims;
using crypto::KeyRing;

Test(refresh_token, gives_back_session_and_counter) {
  const World world;
  for (const std::uint64_t counter :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x0102030405060708}, UINT64_MAX}) {
    const auto token = crypto::make_refresh_token(world.keys, {kClaims.session, counter});
    cr_assert(token.size() == 75);
    const auto read = crypto::open_refresh_token(world.keys, token);
    cr_assert(read && read->session == kClaims.session && read->counter == counter);
    cr_assert(token == crypto::make_refresh_token(world.keys, {kClaims.session, counter}),
              "derived, not stored");
  }
}

Test(refresh_token, its_mac_is_hmac_sha256_of_session_and_counter) {
  const World world;
  const auto raw = *base64url_decode(crypto::make_refresh_token(world.keys, {kClaims.session, 258}));
  const std::string body = std::string{kClaims.session.raw()} + std::string("\0\0\0\0\0\0\1\2", 8);
  cr_assert(raw == body + crypto::hmac_sha256(world.keys.refresh_key().reveal(), body));
}

Test(refresh_token, one_flipped_bit_anywhere_is_refused) {
  const World world;
  const auto token = crypto::make_refresh_token(world.keys, {kClaims.session, 7});
  const auto raw = *base64url_decode(token);
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    std::string flipped = raw;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    cr_assert(!crypto::open_refresh_token(world.keys, base64url_encode(flipped)), "bit %zu", bit);
  }
  for (std::size_t bit = 0; bit < token.size() * 8; ++bit) {
    std::string flipped = token;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    cr_assert(!crypto::open_refresh_token(world.keys, flipped), "bit %zu of the text", bit);
  }
}

Test(refresh_token, other_lengths_and_spellings_are_refused) {
  const World world;
  const auto token = crypto::make_refresh_token(world.keys, {kClaims.session, 7});
  for (const std::string& other :
       {std::string{}, token + "=", token + "A", token.substr(1), token.substr(0, 74), " " + token,
        token + "\n", std::string(75, 'A'), std::string(1 << 20, 'A')})
    cr_assert(!crypto::open_refresh_token(world.keys, other));
  int accepted = 0;
  for (const char c : std::string{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"}) {
    std::string other = token;
    other.back() = c;
    accepted += crypto::open_refresh_token(world.keys, other) ? 1 : 0;
  }
  cr_assert(accepted == 1);
}

Test(refresh_token, of_another_installation_is_refused) {
  const World ours;
  const World theirs;
  cr_assert(
      !crypto::open_refresh_token(ours.keys, crypto::make_refresh_token(theirs.keys, {kClaims.session, 7})));
}

Test(refresh_token, is_no_access_token_and_the_reverse) {
  const World world;
  cr_assert(!world.verify(crypto::make_refresh_token(world.keys, {kClaims.session, 7})));
  cr_assert(!crypto::open_refresh_token(world.keys, world.token()));
  cr_assert(!world.verify(crypto::new_token().reveal()), "a reset or invitation token");
  cr_assert(!crypto::open_refresh_token(world.keys, crypto::new_token().reveal()));
}
