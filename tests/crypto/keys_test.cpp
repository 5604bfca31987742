#include <criterion/criterion.h>

#include "crypto/keys_fixture.hpp"

using namespace tenantd::test::signing;
using namespace tenantd;
using namespace tenantd::test;
using crypto::KeyRing;
using crypto::SigningKey;

Test(keys, ed25519_agrees_with_rfc_8037) {
  const auto key = SigningKey::from_pem("rfc8037", Secret{kRfc8037Pem});
  cr_assert(key->public_x() == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  cr_assert(key->thumbprint() == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  const std::string input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  const std::string signature =
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  cr_assert(base64url_encode(key->sign(input)) == signature);
  cr_assert(key->verify(input, *base64url_decode(signature)));
  cr_assert(!key->verify(input + " ", *base64url_decode(signature)));
}

Test(keys, signature_of_wrong_length_or_with_any_bit_flipped_is_refused) {
  const auto key = SigningKey::generate();
  const std::string signature = key->sign("message");
  cr_assert(!key->verify("message", ""));
  cr_assert(!key->verify("message", signature + '\0'));
  cr_assert(!key->verify("message", signature.substr(0, 63)));
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    std::string flipped = signature;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    cr_assert(!key->verify("message", flipped));
  }
}

Test(keys, signature_with_the_group_order_added_is_refused) {
  // S + L verifies the same equation; RFC 8032 section 5.1.7 demands S < L.
  const auto key = SigningKey::generate();
  std::string signature = key->sign("message");
  const auto order = std::string("\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14", 16) +
                     std::string(15, '\0') + '\x10';
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<std::uint8_t>(signature[32 + i]) + static_cast<std::uint8_t>(order[i]);
    signature[32 + i] = static_cast<char>(carry & 0xFFU);
    carry >>= 8;
  }
  cr_assert(!key->verify("message", signature));
}

Test(keys, kid_is_the_thumbprint_and_never_looks_like_an_option) {
  for (int i = 0; i < 300; ++i) {
    const auto key = SigningKey::generate();
    cr_assert(key->kid() == key->thumbprint());
    cr_assert(key->kid().front() != '-');
    cr_assert(crypto::is_kid(key->kid()));
  }
}

Test(keys, names_that_are_no_kid_are_refused) {
  for (const std::string name : {"", ".", "..", "../seal", "a/b", "a.pem", "a b", "a\n", "\xC3\xA4"})
    cr_assert(!crypto::is_kid(name), "%s", name.c_str());
  cr_assert(!crypto::is_kid(std::string(65, 'a')));
  cr_assert(!crypto::is_kid(std::string_view{"a\0b", 3}));
  cr_assert(crypto::is_kid(std::string(64, 'a')));
}

Test(keys, create_makes_everything_once_and_keeps_it) {
  const TempFolder folder;
  const auto made = KeyRing::create_missing(folder.keys());
  cr_assert(made.size() == 6);
  const auto kid = KeyRing::load(folder.keys()).active(kNow).kid();
  const auto seal_key = read_file(folder.keys() + "/seal.key");
  cr_assert(seal_key.size() == 32);
  cr_assert(seal_key != read_file(folder.keys() + "/refresh.key"));
  cr_assert(KeyRing::create_missing(folder.keys()).empty());
  cr_assert(KeyRing::load(folder.keys()).active(kNow).kid() == kid);
  cr_assert(read_file(folder.keys() + "/seal.key") == seal_key);
}

Test(keys, create_makes_only_what_is_missing) {
  const TempFolder folder;
  KeyRing::create_missing(folder.keys());
  std::filesystem::remove(folder.keys() + "/refresh.key");
  const auto made = KeyRing::create_missing(folder.keys());
  cr_assert(made.size() == 1 && made.front() == "refresh.key");
}

Test(keys, create_replaces_an_active_key_that_is_lost_and_keeps_the_others) {
  const TempFolder folder;
  KeyRing::create_missing(folder.keys());
  const auto kid = KeyRing::load(folder.keys()).active(kNow).kid();
  write_file(folder.keys() + "/signing/active", "lost\n");
  cr_assert(KeyRing::create_missing(folder.keys()).size() == 2);
  const auto ring = KeyRing::load(folder.keys());
  cr_assert(ring.signing().size() == 2 && ring.active(kNow).kid() != kid && ring.find(kid) != nullptr);
}

Test(keys, files_are_ours_alone_whatever_the_umask) {
  const TempFolder folder;
  ::umask(0);
  KeyRing::create_missing(folder.keys() + "/");
  const auto kid = KeyRing::rotate(folder.keys(), kNow);
  cr_assert(mode_of(folder.keys()) == 0700);
  cr_assert(mode_of(folder.keys() + "/signing") == 0700);
  for (const std::string& name : {std::string{"seal.key"}, std::string{"refresh.key"},
                                  std::string{"signing/active"}, "signing/" + kid + ".pem"})
    cr_assert(mode_of(folder.keys() + "/" + name) == 0600, "%s", name.c_str());
}

Test(keys, what_root_makes_belongs_to_the_owner_of_the_folder) {
  if (::geteuid() != 0) cr_skip_test("needs root");
  const TempFolder folder;
  cr_assert(::chown(folder.path().c_str(), 65534, 65534) == 0);
  KeyRing::create_missing(folder.keys());
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()}) {
    struct stat status {};
    cr_assert(::stat(entry.path().c_str(), &status) == 0);
    cr_assert(status.st_uid == 65534 && status.st_gid == 65534, "%s", entry.path().c_str());
  }
}

Test(keys, no_temporary_file_remains) {
  const TempFolder folder;
  KeyRing::create_missing(folder.keys());
  KeyRing::rotate(folder.keys(), kNow);
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.keys()})
    cr_assert(!entry.path().filename().string().starts_with("."), "%s", entry.path().c_str());
}

Test(keys, half_written_temporary_files_are_ignored) {
  const TempFolder folder;
  KeyRing::create_missing(folder.keys());
  write_file(folder.keys() + "/signing/.new-0123456789abcdef", "-----BEGIN");
  write_file(folder.keys() + "/signing/.new.pem", "-----BEGIN");
  cr_assert(KeyRing::load(folder.keys()).signing().size() == 1);
}

Test(keys, missing_things_are_named_with_the_way_to_make_them) {
  const TempFolder folder;
  cr_assert(contains(load_error(folder.keys()), "/keys is missing: run `tenantctl keys create`"));
  for (const char* name : {"seal.key", "refresh.key", "signing/active", "signing"}) {
    KeyRing::create_missing(folder.keys());
    std::filesystem::remove_all(folder.keys() + "/" + name);
    const auto error = load_error(folder.keys());
    cr_assert(contains(error, std::string{name} + " is missing: run `tenantctl keys create`"), "%s",
              error.c_str());
  }
}

Test(keys, active_that_names_nothing_is_an_error) {
  const TempFolder folder;
  KeyRing::create_missing(folder.keys());
  for (const char* name : {"", "nothing", "../seal"}) {
    write_file(folder.keys() + "/signing/active", name);
    cr_assert(contains(load_error(folder.keys()), "tenantctl keys create"));
  }
}

Test(keys, secrets_of_wrong_size_are_an_error) {
  const TempFolder folder;
  KeyRing::create_missing(folder.keys());
  for (const std::size_t size : {0U, 31U, 33U, 70000U}) {
    write_file(folder.keys() + "/seal.key", std::string(size, 'x'));
    cr_assert(contains(load_error(folder.keys()), "seal.key"), "%zu", size);
  }
}

Test(keys, foreign_keys_are_an_error) {
  const TempFolder folder;
  KeyRing::create_missing(folder.keys());
  const auto path = folder.keys() + "/signing/other.pem";
  write_file(path, "no PEM at all");
  cr_assert(contains(load_error(folder.keys()), "other is not an unencrypted Ed25519"));
  const crypto::Owned<EVP_PKEY> rsa{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
  const crypto::Owned<BIO> bio{BIO_new(BIO_s_mem())};
  cr_assert(PEM_write_bio_PrivateKey(bio.get(), rsa.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  write_file(path, std::string(text, static_cast<std::size_t>(length)));
  cr_assert(contains(load_error(folder.keys()), "other is not an unencrypted Ed25519"));
}

Test(keys, encrypted_key_is_an_error_and_asks_nobody, .timeout = 10) {
  const TempFolder folder;
  KeyRing::create_missing(folder.keys());
  const crypto::Owned<EVP_PKEY> key{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
  const crypto::Owned<BIO> bio{BIO_new(BIO_s_mem())};
  char passphrase[] = "secret";
  cr_assert(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_128_cbc(), passphrase, 6, nullptr,
                                          nullptr) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  write_file(folder.keys() + "/signing/locked.pem", std::string(text, static_cast<std::size_t>(length)));
  cr_assert(contains(load_error(folder.keys()), "locked is not an unencrypted Ed25519"));
}

Test(keys, keys_that_others_can_reach_are_refused_and_the_group_is_named) {
  const TempFolder folder;
  KeyRing::create_missing(folder.keys());
  for (const char* name : {"", "/signing", "/seal.key", "/refresh.key", "/signing/active"}) {
    const std::string path = folder.keys() + name;
    const auto before = static_cast<std::filesystem::perms>(mode_of(path));
    std::filesystem::permissions(path, before | std::filesystem::perms::others_read);
    const auto error = load_error(folder.keys());
    cr_assert(contains(error, "open to every user") && contains(error, "chmod go-rwx " + path), "%s",
              error.c_str());
    std::filesystem::permissions(path, before | std::filesystem::perms::group_read);
    const auto to_group = load_error(folder.keys());
    cr_assert(contains(to_group, "open to the group \"" + group_of(path) + '"') &&
                  contains(to_group, "chmod g-rwx " + path),
              "%s", to_group.c_str());
    std::filesystem::permissions(path, before);
  }
}

Test(keys, a_new_key_is_published_before_it_signs) {
  const TempFolder folder;
  const auto old_kid = fresh_keys(folder).active_kid(kNow);
  const auto kid = KeyRing::rotate(folder.keys(), kNow + Seconds{600});
  const auto ring = KeyRing::load(folder.keys());
  cr_assert(contains(ring.jwks_json(), kid) && contains(ring.jwks_json(), old_kid));
  cr_assert(ring.active_kid(kNow) == old_kid && ring.active_kid(kNow + Seconds{599}) == old_kid);
  cr_assert(ring.active_kid(kNow + Seconds{600}) == kid && ring.find(old_kid) != nullptr);
  // A clock far behind is no reason to sign with nothing.
  cr_assert(ring.active_kid(from_unix(-1)) == old_kid);
}

Test(keys, keys_that_were_rotated_twice_take_turns_in_order) {
  const TempFolder folder;
  const auto first = fresh_keys(folder).active_kid(kNow);
  const auto second = KeyRing::rotate(folder.keys(), kNow + Seconds{600});
  // Asked for earlier, it waits for its turn.
  const auto third = KeyRing::rotate(folder.keys(), kNow + Seconds{1});
  const auto ring = KeyRing::load(folder.keys());
  cr_assert(ring.active_kid(kNow + Seconds{599}) == first);
  cr_assert(ring.active_kid(kNow + Seconds{600}) == third && ring.find(second) != nullptr);
}

Test(keys, a_schedule_of_one_name_signs_at_all_times) {
  const TempFolder folder;
  const auto kid = fresh_keys(folder).active_kid(kNow);
  write_file(folder.keys() + "/signing/active", kid + "\n");
  cr_assert(KeyRing::load(folder.keys()).active_kid(kNow) == kid);
  for (const auto& text :
       {std::string{}, kid + " soon", kid + "  ", kid + " 1 2", "../" + kid, kid + " 1\n\n" + kid}) {
    write_file(folder.keys() + "/signing/active", text);
    const bool same = text == kid + "  ";
    cr_assert(load_error(folder.keys()).empty() == same, "%s", text.c_str());
  }
}

Test(keys, a_key_is_retired_when_its_tokens_have_ended) {
  const TempFolder folder;
  const auto kid = fresh_keys(folder).active_kid(kNow);
  const Seconds life{900};
  const auto why = [&](const std::string& name, TimePoint at, Seconds lifetime) {
    return sentence_of([&] { KeyRing::retire(folder.keys(), name, at, lifetime); });
  };
  cr_assert(contains(why(kid, kNow, life), "tenantctl keys rotate"));
  const auto next = KeyRing::rotate(folder.keys(), kNow + Seconds{600});
  cr_assert(contains(why(kid, kNow + Seconds{599}, Seconds{0}), "signs, or will"), "before the other signs");
  cr_assert(contains(why(next, kNow, Seconds{0}), "signs, or will"), "the one to come");
  cr_assert(contains(why(kid, kNow + Seconds{600}, life), "another 900 seconds"));
  cr_assert(contains(why(kid, kNow + Seconds{1499}, life), "another 1 seconds"));
  cr_assert(KeyRing::load(folder.keys()).signing().size() == 2);
  cr_assert(why(kid, kNow + Seconds{1500}, life).empty());
  const auto after = KeyRing::load(folder.keys());
  cr_assert(after.signing().size() == 1 && after.find(kid) == nullptr && after.active_kid(kNow) == next);
}

Test(keys, live_keys_see_what_was_rotated_and_keep_what_they_have_when_it_cannot_be_read) {
  const TempFolder folder;
  fresh_keys(folder);
  crypto::LiveKeys live{folder.keys()};
  const auto look = [&](const auto& holds) {
    // It looks ten times a second.
    const auto deadline = monotonic_microseconds() + 10'000'000;
    while (monotonic_microseconds() < deadline)
      if (holds(live.current())) return true;
    return false;
  };
  cr_assert(live.current().keys->signing().size() == 1);
  const auto kid = KeyRing::rotate(folder.keys(), kNow);
  cr_assert(look([](const auto& found) { return found.changed; }));
  cr_assert(live.current().keys->active_kid(kNow) == kid);
  write_file(folder.keys() + "/signing/active.new", "nothing\n");
  std::filesystem::rename(folder.keys() + "/signing/active.new", folder.keys() + "/signing/active");
  cr_assert(look([](const auto& found) { return !found.problem.empty(); }));
  cr_assert(live.current().keys->active_kid(kNow) == kid);
}

// A folder that is copied file by file: "active" may come first.
Test(keys, live_keys_of_which_a_part_has_arrived_are_read_again_when_the_rest_has) {
  const TempFolder folder, source;
  fresh_keys(folder);
  crypto::LiveKeys live{folder.keys()};
  const auto await = [&](const auto& holds) {
    const auto deadline = monotonic_microseconds() + 10'000'000;
    while (monotonic_microseconds() < deadline)
      if (holds(live.current())) return true;
    return false;
  };
  std::filesystem::remove_all(source.keys());
  std::filesystem::copy(folder.keys(), source.keys(), std::filesystem::copy_options::recursive);
  const auto kid = KeyRing::rotate(source.keys(), kNow);
  const auto arrive = [&](const std::string& name) {
    write_file(folder.path() + "/arrives", read_file(source.keys() + "/signing/" + name));
    std::filesystem::rename(folder.path() + "/arrives", folder.keys() + "/signing/" + name);
  };
  arrive("active");
  cr_assert(await([](const auto& found) { return !found.problem.empty(); }));
  arrive(kid + ".pem");
  cr_assert(await([](const auto& found) { return found.changed; }));
  cr_assert(live.current().keys->active_kid(kNow) == kid);
}

Test(keys, a_turn_behind_the_agreed_one_waits_whatever_the_time_is) {
  const TempFolder folder;
  const auto first = fresh_keys(folder).active_kid(kNow);
  const auto second = KeyRing::rotate(folder.keys(), kNow);
  const auto third = KeyRing::rotate(folder.keys(), kNow);
  auto ring = KeyRing::load(folder.keys());
  std::atomic<std::uint64_t> agreed{0};
  ring.wait_for(agreed);
  cr_assert(ring.active_kid(kNow) == third, "nobody was asked");
  for (const auto& kid : {first, second, third}) {
    agreed = KeyRing::mark_of(kid);
    cr_assert(ring.active_kid(kNow) == kid && ring.due_kid(kNow) == third);
  }
  // What all agree on has its time too.
  cr_assert(ring.active_kid(kNow - Seconds{1}) == first);
  agreed = KeyRing::mark_of("retired meanwhile");
  cr_assert(ring.active_kid(kNow) == third);
}

Test(keys, a_retired_key_that_a_copy_brings_back_verifies_nothing) {
  const TempFolder folder;
  const auto kid = fresh_keys(folder).active_kid(kNow);
  const auto pem = read_file(folder.keys() + "/signing/" + kid + ".pem");
  const auto next = KeyRing::rotate(folder.keys(), kNow);
  KeyRing::retire(folder.keys(), kid, kNow + Seconds{1}, Seconds{0});
  write_file(folder.keys() + "/signing/" + kid + ".pem", pem);
  const auto ring = KeyRing::load(folder.keys());
  cr_assert(ring.find(kid) == nullptr && ring.signing().size() == 1);
  // Where a schedule names it, it is meant.
  write_file(folder.keys() + "/signing/active", kid + " 1\n" + next + " 2\n");
  cr_assert(KeyRing::load(folder.keys()).find(kid) != nullptr);
}

Test(keys, retire_takes_names_not_paths) {
  const TempFolder folder;
  fresh_keys(folder);
  write_file(folder.keys() + "/victim.pem", "x");
  for (const char* kid : {"../victim", "", "nothing", "active", "."})
    cr_assert(contains(sentence_of([&] { KeyRing::retire(folder.keys(), kid, kNow, Seconds{0}); }),
                       "No signing key"),
              "%s", kid);
  cr_assert(std::filesystem::exists(folder.keys() + "/victim.pem"));
}

Test(keys, find_compares_whole_names) {
  const TempFolder folder;
  const auto ring = fresh_keys(folder);
  const std::string kid = ring.active(kNow).kid();
  cr_assert(ring.find(kid) == &ring.active(kNow));
  for (const std::string& other :
       {std::string{}, kid.substr(1), kid + "A", kid + std::string(1, '\0'), "../signing/" + kid})
    cr_assert(ring.find(other) == nullptr);
}

Test(keys, jwk_set_holds_every_public_key_and_no_private_one) {
  const TempFolder folder;
  fresh_keys(folder);
  write_file(folder.keys() + "/signing/rfc8037.pem", kRfc8037Pem);
  const auto ring = KeyRing::load(folder.keys());
  const std::string json = ring.jwks_json();
  cr_assert(contains(json, R"({"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"rfc8037",)"
                           R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"),
            "%s", json.c_str());
  cr_assert(contains(json, R"("kid":")" + ring.active(kNow).kid() + "\""));
  cr_assert(!contains(json, "\"d\"") && !contains(json, "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
}
