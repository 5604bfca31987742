// Hashes of other systems. The expected values were computed by other implementations: Python's hashlib,
// libxcrypt, phpass' and Firebase's published examples.
#include <criterion/criterion.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/check.hpp"
#include "tenantd/crypto/password.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

constexpr const char* kTyped = "m²-pässword-lila";
// The same with its ä in two pieces, as some keyboards send it, and with the ² that NFKC makes a 2.
constexpr const char* kDecomposed = "m²-pa\xCC\x88ssword-lila";
constexpr const char* kNormal = "m2-pässword-lila";

const std::vector<std::string> kForms = {
    "$2y$04$abcdefghijklmnopqrstuu4dkXgIPnD8Ns5sx1b8C0hF2qxcUShyO",
    "bcrypt$$2b$04$abcdefghijklmnopqrstuu4dkXgIPnD8Ns5sx1b8C0hF2qxcUShyO",
    "{bcrypt}$2a$04$abcdefghijklmnopqrstuu4dkXgIPnD8Ns5sx1b8C0hF2qxcUShyO",
    "pbkdf2_sha256$1000$saltsalt$N5xjCS5FUSoZOAvqp9G5BJ3H2M/Val0UvdU1P4TYkE4=",
    "pbkdf2_sha1$1000$saltsalt$ObNFi8udjf2M5taHu+g2VsWz/o4=",
    "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw==$1QUS9zLjDmR/O6XM6gOK8XVS88ju/"
    "TPkY19cRny5UZxeBaneBEgFNhZ3BHDRfVOwt+hmlJ9LKZOItPHnfXAxKw==",
    "$pbkdf2-sha512$i=1000$AAECAwQFBgcICQoLDA0ODw==$hgGsbkdfmz4L9OPMMAc4PufdqBs4NTe73P2H57DsH8Ve0QYXe3Xb9O"
    "EDCRY9v5EpeyDW9jcLl/dcAwROKEka0Q==",
    "$pbkdf2-sha256$1000$AAECAwQFBgcICQoLDA0ODw$1QUS9zLjDmR/O6XM6gOK8XVS88ju/TPkY19cRny5UZw",
    "pbkdf2:sha256:1000$saltsalt$379c63092e45512a19380beaa7d1b9049dc7d8cfd56a5d14bdd5353f84d8904e",
    "scrypt:1024:8:1$saltsalt$"
    "e165776f77ed67fea0ed1f97424441ab40d7bc23f8e09467f07f88a064a8fc420cbc8e8d5391698e"
    "48239ace5f8c9feac097fc5ae04289d4b619e6a4da9df777",
    "scrypt$saltsalt$1024$8$1$4WV3b3ftZ/6g7R+XQkRBq0DXvCP44JRn8H+IoGSo/EIMvI6NU5Fpjkgjms5fjJ/"
    "qwJf8WuBCidS2Geak2p33dw==",
    "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$y3zMPIpB3Ld2eLB2IT0K0H8FHunbMAttUis3b/jQbRY",
    "$7$8U..../....SodiumChloride$bmt3d.aKQPHaGm5/aoXZwRvdu1tjYOAj1U.nX2JpOq1",
    "$P$6abcdefghLEwt1yCY.axqkwuIYJiyy/",
    "$H$6abcdefghLEwt1yCY.axqkwuIYJiyy/",
    "$S$6abcdefghcRRREL0OmLh/OtwBfvGUCDpXduWs1tOE24BsC1eXh9A",
};

std::string adopted(const std::string& text) {
  const auto made = crypto::adopt_hash(text);
  require_equal(made.problem, std::string{}, text);
  return made.stored;
}

std::string problem(const std::string& text) {
  const auto made = crypto::adopt_hash(text);
  require(made.stored.empty(), text);
  return made.problem;
}

}  // namespace

Test(foreign_hash, each_form_verifies_what_its_origin_hashed) {
  for (const auto& form : kForms) {
    const auto stored = adopted(form);
    require(crypto::verify_typed(kTyped, stored), form);
    require(crypto::needs_rehash(stored, {}), form);
    for (const char* wrong : {"", "m²-pässword-lilA", "m²-pässword-lila ", "m\xC2\xB3-pässword-lila"})
      require(!crypto::verify_typed(wrong, stored), form);
  }
}

Test(foreign_hash, published_examples_verify) {
  const std::string phpass = "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0";
  require(crypto::verify_typed("test12345", adopted(phpass)), phpass);
  require(!crypto::verify_typed("test12346", adopted(phpass)), phpass);
  const auto firebase = adopted(
      "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKb"
      "m0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/"
      "qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==");
  require(crypto::verify_typed("user1password", firebase), firebase);
  require(!crypto::verify_typed("user1passwore", firebase), firebase);
  require(firebase.find("jxspr8Ki0RYycVU8") == std::string::npos, "the project's key is not kept");
}

Test(foreign_hash, hashes_of_a_hash_verify) {
  for (const std::string form :
       {"$wp$2y$04$abcdefghijklmnopqrstuuSVVeQtLep5ttyqDpkd1CMYCgPbgGP9W",
        "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuX5itgeWB7lzvKFBkp4RluKm7533NpE6"}) {
    require(crypto::verify_typed("abc", adopted(form)), form);
    require(!crypto::verify_typed("abd", adopted(form)), form);
  }
}

Test(foreign_hash, spellings_are_tried_as_typed_then_composed_then_normal) {
  const auto typed = adopted(kForms[0]);
  require(crypto::verify_typed(kDecomposed, typed), "composed");
  require(!crypto::verify_typed(kNormal, typed), "another password there");
  // Where the origin normalized as we do.
  const auto normal = crypto::hash_password(Secret{kNormal}, {64, 1, 1});
  require(crypto::verify_typed(kTyped, adopted(normal)), "normal");
  require(crypto::verify_typed(kDecomposed, adopted(normal)), "normal of the decomposed");
  // And where it kept what came, in pieces.
  const auto pieces = crypto::hash_password(Secret{kDecomposed}, {64, 1, 1});
  require(crypto::verify_typed(kDecomposed, adopted(pieces)), "pieces");
  require(!crypto::verify_typed(kTyped, adopted(pieces)), "other bytes there");
}

Test(foreign_hash, an_argon2_hash_that_came_is_never_taken_for_ours) {
  for (const auto& form : {crypto::hash_password(Secret{kTyped}, {}),
                           std::string{"argon2"} + crypto::hash_password(Secret{kTyped}, {64, 1, 1})}) {
    const auto stored = adopted(form);
    require(!stored.starts_with("$argon2id$"), stored);
    require(crypto::needs_rehash(stored, {64, 1, 1}), stored);
    require(crypto::verify_typed(kTyped, stored), stored);
  }
  // Ours is of the normal form alone.
  require(!crypto::verify_typed(kTyped, crypto::hash_password(Secret{kTyped}, {64, 1, 1})), "raw bytes");
  require(crypto::verify_typed(kTyped, crypto::hash_password(Secret{kNormal}, {64, 1, 1})), "normal form");
}

Test(foreign_hash, argon2i_and_argon2d_are_taken) {
  require(crypto::verify_typed(
              "password",
              adopted("$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8")),
          "Argon2i");
  adopted("$argon2d$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8");
}

Test(foreign_hash, costs_are_bounded_when_it_comes_and_when_it_is_verified, .timeout = 10) {
  const std::string tail = "$AAECAwQFBgcICQoLDA0ODw$1QUS9zLjDmR/O6XM6gOK8XVS88ju/TPkY19cRny5UZw";
  for (const auto& hostile : {std::string{"$2b$15$"} + std::string(53, 'a'),
                              "$pbkdf2-sha256$i=1073741824" + tail,
                              "$pbkdf2-sha1$i=1000001" + tail,
                              "$pbkdf2-sha256$i=2000001" + tail,
                              "$pbkdf2-sha512$i=1000001" + tail,
                              "pbkdf2_sha256$2147483647$salt$" + std::string(44, 'A'),
                              std::string{"pbkdf2:sha256:1073741824$salt$"} + std::string(64, 'a'),
                              "$scrypt$ln=22,r=8,p=1" + tail,
                              "$scrypt$ln=31,r=2147483647,p=2147483647" + tail,
                              "$scrypt$ln=14,r=8,p=64" + tail,
                              "$scrypt$ln=0,r=8,p=1" + tail,
                              "$scrypt$r=8,p=1" + tail,
                              "scrypt$salt$1000$8$1$" + std::string(44, 'A'),
                              "$fbscrypt$n=30,r=8,p=1" + tail,
                              "$7$JU..../....SodiumChloride$" + std::string(43, 'a'),
                              "$7$8zzzzz/....SodiumChloride$" + std::string(43, 'a'),
                              "$P$Labcdefgh" + std::string(22, 'a'),
                              "$S$zabcdefgh" + std::string(43, 'a'),
                              "$argon2i$v=19$m=4194304,t=1,p=1" + tail,
                              "$argon2id$v=19$m=65536,t=17,p=1" + tail}) {
    require(problem(hostile).find(" of ") != std::string::npos, hostile + ": " + problem(hostile));
    const auto start = std::chrono::steady_clock::now();
    require(!crypto::verify_typed("password", "adopted:" + hostile), hostile);
    require(hostile.starts_with("$argon2") || !crypto::verify_typed("password", hostile), hostile);
    require(std::chrono::steady_clock::now() - start < std::chrono::seconds{1}, hostile);
  }
}

Test(foreign_hash, what_is_of_no_known_form_or_not_whole_is_refused) {
  for (const std::string text : {"",
                                 "hunter2",
                                 "5f4dcc3b5aa765d61d8327deb882cf99",
                                 "$1$abcdefgh$G//4keteveJp0qb8z2DxG/",
                                 "{SSHA}9cGvAr3DC6BcRyuHJHqBz5sTTVYxMjM0",
                                 "$6$salt$abc",
                                 "$y$j9T$abc$def",
                                 "$2b$10$short",
                                 "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e",
                                 "$argon2id$v=19$m=64,t=1,p=1$c2Fs$x",
                                 "pbkdf2_sha256$1000$salt$",
                                 "pbkdf2_md5$1000$salt$AAAAAAAAAAAAAAAAAAAAAAAA",
                                 "pbkdf2_sha256$-1$salt$N5xjCS5FUSoZOAvqp9G5BJ3H2M/Val0UvdU1P4TYkE4=",
                                 "pbkdf2_sha256$1000$$N5xjCS5FUSoZOAvqp9G5BJ3H2M/Val0UvdU1P4TYkE4=",
                                 "$scrypt$ln=10,r=8,p=1$$AAAA",
                                 "$fbscrypt$n=14,r=8,p=1,sk=AAAA$42xEC-ixf3L2lw$AAAAAAAAAAAAAAAAAAAAAAAA",
                                 "$7$8U..../....$",
                                 "$P$6abc",
                                 "$P$6abcdefghLEwt1yCY!axqkwuIYJiyy/",
                                 "adopted:$argon2id$v=19$m=64,t=1,p=1$c2Fs$x"}) {
    require(!problem(text).empty(), text);
    require(!crypto::verify_typed("password", text) && !crypto::verify_typed("", text), text);
  }
  require(!problem(kForms[3] + std::string("\0x", 2)).empty(), "a NUL");
  require(!problem("pbkdf2_sha256$1000$sa lt$N5xjCS5FUSoZOAvqp9G5BJ3H2M/Val0UvdU1P4TYkE4=").empty(),
          "a blank");
}
