#include <criterion/criterion.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>
#include <string>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/password.hpp"

using namespace tenantd;
using crypto::Argon2Params;

namespace {

constexpr Argon2Params kCheap{256, 2, 1};

// The PHC string of "password" with the salt "somesalt" in the reference implementation's tests (P-H-C).
const std::string kReferenceHash =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

// crypt_blowfish's own tests.
const std::string kBcryptUxU = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const std::string kBcrypt72 = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
const std::string k72Bytes = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

Secret normal(std::string_view typed) {
  auto password = crypto::normalize_password(typed);
  cr_assert(password.has_value());
  return *password;
}

}  // namespace

Test(password, argon2id_agrees_with_the_reference_implementation) {
  cr_assert(crypto::verify_password(Secret{"password"}, kReferenceHash));
  cr_assert(crypto::verify_password(
      Secret{"password"},
      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"));
  cr_assert(crypto::verify_password(
      Secret{"password"},
      "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"));
  cr_assert(!crypto::verify_password(Secret{"sassword"}, kReferenceHash));
}

Test(password, imported_argon2i_verifies_with_and_without_a_version) {
  cr_assert(crypto::verify_password(
      Secret{"password"},
      "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"));
  cr_assert(crypto::verify_password(
      Secret{"password"}, "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY"));
}

Test(password, hash_is_a_phc_string_that_verifies) {
  const Secret password = normal("winter-harbor-42");
  const std::string stored = crypto::hash_password(password, kCheap);
  cr_assert(stored.starts_with("$argon2id$v=19$m=256,t=2,p=1$"), "%s", stored.c_str());
  const auto parts = split(stored, '$');
  cr_assert(parts.size() == 6);
  cr_assert(parts[4].size() == 22, "a salt of 16 bytes");
  cr_assert(parts[5].size() == 43, "a hash of 32 bytes");
  cr_assert(crypto::verify_password(password, stored));
  cr_assert(!crypto::verify_password(normal("winter-harbor-43"), stored));
}

Test(password, same_password_is_stored_differently_each_time) {
  const Secret password = normal("winter-harbor-42");
  cr_assert(crypto::hash_password(password, kCheap) != crypto::hash_password(password, kCheap));
}

Test(password, default_parameters_make_and_verify_a_hash) {
  const Secret password = normal("winter-harbor-42");
  const std::string stored = crypto::hash_password(password, {});
  cr_assert(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  cr_assert(crypto::verify_password(password, stored));
}

Test(password, long_passwords_that_differ_at_the_end_are_different) {
  for (const std::size_t length : {72U, 73U, 100U, 256U}) {
    const std::string start(length - 1, 'x');
    const std::string stored = crypto::hash_password(normal(start + "1"), kCheap);
    cr_assert(crypto::verify_password(normal(start + "1"), stored));
    cr_assert(!crypto::verify_password(normal(start + "2"), stored));
    cr_assert(!crypto::verify_password(normal(start), stored));
  }
}

Test(password, case_and_blanks_count) {
  const std::string stored = crypto::hash_password(normal(" Winter harbor "), kCheap);
  cr_assert(crypto::verify_password(normal(" Winter harbor "), stored));
  cr_assert(!crypto::verify_password(normal(" winter harbor "), stored));
  cr_assert(!crypto::verify_password(normal("Winter harbor"), stored));
}

Test(password, nul_is_refused_before_hashing) {
  cr_assert(!crypto::normalize_password(std::string_view{"winter\0harbor", 13}));
  cr_assert(!crypto::normalize_password(std::string_view{"\0", 1}));
}

Test(password, nul_that_skipped_normalization_verifies_nothing) {
  cr_assert(!crypto::verify_password(Secret{std::string{"U*U\0tail", 8}}, kBcryptUxU));
  cr_assert(!crypto::verify_password(Secret{std::string{"password\0", 9}}, kReferenceHash));
}

Test(password, invalid_utf8_is_refused) {
  for (const char* typed :
       {"winter\xff", "\xc0\xafharbor", "\xed\xa0\x80surrogate", "cut\xe2\x82", "\xf4\x90\x80\x80"})
    cr_assert(!crypto::normalize_password(typed));
}

Test(password, compatible_spellings_are_one_password) {
  cr_assert(normal("\xEF\xAC\x81re-engine").equals("fire-engine"));
  cr_assert(normal("Mu\xCC\x88ller").equals("M\xC3\xBCller"));
  cr_assert(normal("\xEF\xBC\xA1\xEF\xBC\xA2").equals("AB"), "full width");
  cr_assert(normal("\xE2\x84\xAB").equals(normal("A\xCC\x8A").reveal()), "the ångström sign");
  const std::string stored = crypto::hash_password(normal("\xEF\xAC\x81re-engine"), kCheap);
  cr_assert(crypto::verify_password(normal("fire-engine"), stored));
}

Test(password, normalizing_twice_changes_nothing) {
  for (const char* typed :
       {"\xEF\xAC\x81re", "\xE1\xBE\xB3\xCC\x81", "\xEF\xB7\xBA", "\xED\x95\x9C\xEA\xB8\x80"})
    cr_assert(normal(normal(typed).reveal()).equals(normal(typed).reveal()));
}

Test(password, bound_of_256_bytes_holds_before_and_after_normalization) {
  cr_assert(crypto::normalize_password(std::string(256, 'x')).has_value());
  cr_assert(!crypto::normalize_password(std::string(257, 'x')));
  std::string expanding;  // 85 times U+FDFA, 33 bytes each when normalized
  for (int i = 0; i < 85; ++i) expanding += "\xEF\xB7\xBA";
  cr_assert(expanding.size() <= 256);
  cr_assert(!crypto::normalize_password(expanding));
  std::string shrinking;  // 100 ligatures of three bytes that would be 200 afterwards
  for (int i = 0; i < 100; ++i) shrinking += "\xEF\xAC\x81";
  cr_assert(!crypto::normalize_password(shrinking));
}

Test(password, megabytes_are_refused_without_work) {
  const std::string huge(64U << 20, 'x');
  const auto start = std::chrono::steady_clock::now();
  cr_assert(!crypto::normalize_password(huge));
  cr_assert(std::chrono::steady_clock::now() - start < std::chrono::milliseconds{5});
}

Test(password, imported_bcrypt_verifies) {
  cr_assert(crypto::verify_password(Secret{"U*U"}, kBcryptUxU));
  cr_assert(!crypto::verify_password(Secret{"U*V"}, kBcryptUxU));
  cr_assert(!crypto::verify_password(Secret{""}, kBcryptUxU));
  cr_assert(crypto::verify_password(Secret{"U*U*U"},
                                    "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"));
  cr_assert(
      crypto::verify_password(Secret{"abc"}, "$2b$04$abcdefghijklmnopqrstuuCi15uRb1eH7NAlJ/TgeJertyknQpYn2"));
}

Test(password, bcrypt_prefix_2y_verifies_as_2b) {
  cr_assert(
      crypto::verify_password(Secret{"abc"}, "$2y$04$abcdefghijklmnopqrstuuCi15uRb1eH7NAlJ/TgeJertyknQpYn2"));
}

// As where it was made: a longer password has its hash there. The sign-in hashes it anew as a whole.
Test(password, imported_bcrypt_is_of_72_bytes) {
  cr_assert(crypto::verify_password(Secret{k72Bytes}, kBcrypt72));
  cr_assert(crypto::verify_password(Secret{k72Bytes + "1"}, kBcrypt72));
  cr_assert(crypto::verify_typed(k72Bytes + "chars after 72 are ignored", kBcrypt72));
  cr_assert(crypto::needs_rehash(kBcrypt72, {}));
  cr_assert(!crypto::verify_password(Secret{k72Bytes.substr(0, 71)}, kBcrypt72));
}

Test(password, hash_of_any_other_form_is_false) {
  const Secret password{"password"};
  for (const std::string stored :
       {"", "password", "*", "!", "$", "$argon2id$", "$1$abcdefgh$G//4keteveJp0qb8z2DxG/",
        "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e",
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3uBnIFNjnQJuesI68OTLiBFdcbYEdFCoEOfaS35inz1",
        "$argon2x$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$",
        "$argon2id$v=19$m=-256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4 "})
    cr_assert(!crypto::verify_password(password, stored), "%s", stored.c_str());
  cr_assert(!crypto::verify_password(password, kReferenceHash + std::string("\0x", 2)));
}

Test(password, absurd_costs_of_an_import_are_refused_at_once, .timeout = 5) {
  const std::string tail = "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  for (const std::string costs :
       {"m=1048577,t=1,p=1", "m=4294967295,t=1,p=1", "m=4294967296,t=1,p=1", "m=256,t=65,p=1",
        "m=256,t=4294967295,p=1", "m=1048576,t=5,p=1", "m=1048576,t=1,p=65", "m=1048576,t=1,p=16777215"})
    cr_assert(!crypto::verify_password(Secret{"password"}, "$argon2id$v=19$" + costs + tail), "%s",
              costs.c_str());
  std::string bcrypt = kBcryptUxU;
  for (const char* cost : {"15", "17", "31", "99"}) {
    bcrypt.replace(4, 2, cost);
    cr_assert(!crypto::verify_password(Secret{"U*U"}, bcrypt), "cost %s", cost);
  }
}

Test(password, costs_that_could_not_be_verified_make_neither_hash_nor_decoy) {
  for (const Argon2Params params :
       {Argon2Params{1U << 21, 1, 1}, Argon2Params{256, 65, 1}, Argon2Params{1U << 20, 5, 1},
        Argon2Params{4, 1, 1}, Argon2Params{256, 0, 1}, Argon2Params{256, 1, 0}}) {
    cr_assert_throw(crypto::hash_password(Secret{"winter-harbor-42"}, params), std::runtime_error);
    cr_assert_throw(crypto::decoy_hash(params), std::runtime_error);
  }
}

Test(password, weaker_hashes_are_to_be_replaced) {
  const Argon2Params wanted{256, 2, 1};
  const std::string tail = "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  cr_assert(!crypto::needs_rehash("$argon2id$v=19$m=256,t=2,p=1" + tail, wanted));
  cr_assert(!crypto::needs_rehash("$argon2id$v=19$m=512,t=3,p=2" + tail, wanted));
  cr_assert(crypto::needs_rehash("$argon2id$v=19$m=255,t=2,p=1" + tail, wanted));
  cr_assert(crypto::needs_rehash("$argon2id$v=19$m=256,t=1,p=1" + tail, wanted));
  cr_assert(crypto::needs_rehash("$argon2id$v=19$m=4096,t=1,p=1" + tail, wanted),
            "more of one is not less of another");
  cr_assert(crypto::needs_rehash("$argon2id$v=19$m=256,t=2,p=1" + tail, {256, 2, 2}));
  cr_assert(crypto::needs_rehash("$argon2i$v=19$m=256,t=2,p=1" + tail, wanted));
  cr_assert(crypto::needs_rehash("$argon2id$v=16$m=256,t=2,p=1" + tail, wanted));
  cr_assert(crypto::needs_rehash("$argon2id$m=256,t=2,p=1" + tail, wanted));
  cr_assert(crypto::needs_rehash(kBcryptUxU, wanted));
  cr_assert(crypto::needs_rehash("", wanted));
  cr_assert(!crypto::needs_rehash(crypto::hash_password(Secret{"winter-harbor-42"}, wanted), wanted));
}

Test(password, decoy_costs_what_a_hash_costs_and_never_matches) {
  const std::string decoy = crypto::decoy_hash(kCheap);
  const std::string real = crypto::hash_password(Secret{"password"}, kCheap);
  cr_assert(decoy.size() == real.size());
  cr_assert(decoy.starts_with("$argon2id$v=19$m=256,t=2,p=1$"));
  cr_assert(!crypto::needs_rehash(decoy, kCheap));
  for (const char* typed : {"", "password", "decoy", "winter-harbor-42"})
    cr_assert(!crypto::verify_password(Secret{typed}, decoy));
  cr_assert(!crypto::verify_password(Secret{decoy}, decoy));
}

Test(password, decoy_is_really_computed) {
  const Argon2Params params{8192, 3, 1};
  // The processor's time, which nobody else on a busy machine lengthens: the least of several.
  const auto cost = [](const std::string& stored) {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i < 5; ++i) {
      const auto start = std::clock();
      crypto::verify_password(Secret{"winter-harbor-42"}, stored);
      least = std::min<std::int64_t>(least, std::clock() - start);
    }
    return least;
  };
  cr_assert(cost(crypto::decoy_hash(params)) * 4 >
            cost(crypto::hash_password(Secret{"another-one"}, params)));
}

Test(password, decoy_is_one_per_parameters) {
  const std::string* first = &crypto::decoy_hash(kCheap);
  crypto::decoy_hash({512, 2, 1});
  cr_assert(&crypto::decoy_hash(kCheap) == first);
  cr_assert(crypto::decoy_hash({512, 2, 1}) != *first);
}
