// Passkeys (Web Authentication): adding, signing in by one, and everything that is no proof.
#include <criterion/criterion.h>

#include <algorithm>
#include <functional>

#include "passkeys_fixture.hpp"
#include "support/authenticator.hpp"
#include "support/clock.hpp"
#include "support/mailbox.hpp"
#include "support/node.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

namespace {

using Change = std::function<void(PasskeyDevice&)>;

}  // namespace

Test(passkeys, one_signs_in_by_itself_and_counts_as_two_factors) {
  const Named stack;
  for (const auto kind : {PasskeyDevice::Kind::es256, PasskeyDevice::Kind::eddsa}) {
    const auto ada = sign_up_verified();
    PasskeyDevice device{stack.url(), kind};
    const auto options = right(creation_options(ada));
    require_equal(options.text("/publicKey/rp/id"), "localhost");
    require_equal(options.text("/publicKey/user/name"), ada.email);
    require_equal(options.text("/publicKey/authenticatorSelection/userVerification"), "required");
    device.user = *tenantd::base64url_decode(options.text("/publicKey/user/id"));
    const auto id = expect(add(ada, device.create(options)), 201).text("/id");
    require(newest_mail(ada.email, "security_changed").text.find("passkey") != std::string::npos,
            "she is told");
    require_equal(events_of(ada, "passkey.added"), 1);
    require_equal(expect(ada.client().get(kPasskeys), 200).text("/items/0/name"), "Phone");

    PasskeyBrowser browser;
    const auto signed_in = right(browser.sign_in(device));
    require_equal(signed_in.text("/user/id"), ada.user_id);
    auto again = account_of(signed_in, ada.email);
    expect(again.client().get("/users/me"), 200);
    require_equal(
        number_of("SELECT COUNT(*) FROM session WHERE second_factor AND user_id = " + binary(ada.user_id)),
        1);
    require_equal(expect(again.client().get("/api/v1/auth/history"), 200).text("/items/0/method"), "passkey");
    require(expect(again.client().get(kPasskeys), 200).number("/items/0/last_used_at") > 0,
            "its use is written down");

    const auto path = std::string{kPasskeys} + '/' + id;
    require_equal(expect(ada.client().get(path), 200).text("/id"), id);
    require_equal(expect(ada.client().put(path, object({{"name", "Ring"}})), 200).text("/name"), "Ring");
    expect_problem(ada.client().post(path + "/remove", "{}"), 403, "reauthentication_required");
    expect_problem(ada.client().post(path + "/remove", object({{"password", "not this one"}})), 403,
                   "reauthentication_required");
    require_equal(passkeys_of(ada), 1);
    const auto other = sign_up_verified();
    expect_problem(other.client().get(path), 404, "not_found");
    expect_problem(other.client().put(path, object({{"name", "Mine"}})), 404, "not_found");
    expect_problem(other.client().post(path + "/remove", object({{"password", other.password}})), 404,
                   "not_found");
    expect(ada.client().post(path + "/remove", object({{"password", ada.password}})), 204);
    expect_problem(PasskeyBrowser{}.sign_in(device), 401, "invalid_credentials");
    expect_problem(again.client().get("/users/me"), 401, "invalid_token");
    expect(ada.client().get("/users/me"), 200);
    require_equal(passkeys_of(ada), 0);
    // Each change is in her history and in the system's audit log.
    for (const std::string type : {"passkey.added", "passkey.renamed", "passkey.removed"}) {
      require_equal(events_of(ada, type), 1, type);
      require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE action = " + literal(type) +
                              " AND actor_id = " + binary(ada.user_id)),
                    1, type);
    }
  }
}

// A reset leaves them, an intruder's too: their owner is told which there are.
Test(passkeys, a_mail_of_a_new_password_names_those_that_there_are) {
  const Named stack;
  const auto ada = sign_up_verified();
  const auto reset = [&](const std::string& password) {
    expect(Client{}.post("/reset_password", object({{"email", ada.email}})), 202);
    const auto token = newest_mail(ada.email, "password_reset").token();
    expect(Client{}.post("/api/v1/auth/password-reset/confirm",
                         object({{"token", token}, {"new_password", password}})),
           204);
    return newest_mail(ada.email, "password_changed").text;
  };
  PasskeyDevice device{stack.url()};
  add_device(ada, device);
  const auto made =
      text_of("SELECT DATE(FROM_UNIXTIME(created_at)) FROM passkey WHERE user_id = " + binary(ada.user_id));
  const auto told = reset("seven lanterns over water");
  require(told.find("\"Phone\", added " + made) != std::string::npos, told);
  require(told.find("Remove those that you do not know") != std::string::npos, told);
  database().run("DELETE FROM passkey WHERE user_id = " + binary(ada.user_id));
  require(reset("eight lanterns over water").find("passkey") == std::string::npos, "there is none");
}

Test(passkeys, one_stands_for_the_code_after_the_password) {
  const Named stack;
  const auto ada = sign_up_verified();
  PasskeyDevice device{stack.url()}, stranger{stack.url()};
  add_device(ada, device);
  const auto eve = sign_up_verified();
  add_device(eve, stranger);
  enable_factor(ada);
  const auto before = sessions_of(ada);

  const auto token = second_step_of(ada);
  const auto with_token = object({{"mfa_token", token}});
  const auto more = ",\"mfa_token\":\"" + token + '"';
  PasskeyBrowser browser;
  const auto options = right(browser.options(with_token));
  require_equal(options.size("/publicKey/allowCredentials"), 1U);
  require_equal(options.text("/publicKey/allowCredentials/0/id"), tenantd::base64url_encode(device.id));
  expect_problem(browser.options(object({{"mfa_token", "nothing"}})), 401, "mfa_invalid");
  // Another's passkey, and a proof that was made without the token or for another.
  expect_problem(browser.sign_in(stranger.use(options), more), 401, "mfa_invalid");
  expect_problem(browser.sign_in(device.use(expect(browser.options(), 200)), more), 401, "mfa_invalid");
  expect_problem(browser.sign_in(device.use(options)), 401, "invalid_credentials");
  require_equal(sessions_of(ada), before);
  expect(browser.sign_in(device.use(options), more), 200);
  expect_problem(browser.sign_in(device.use(options), more), 401, "mfa_invalid");
  require_equal(sessions_of(ada), before + 1);
}

Test(passkeys, what_is_no_new_credential_of_this_session_is_refused) {
  const Named stack;
  const auto ada = sign_up_verified(), eve = sign_up_verified();
  const auto unverified = sign_up();
  expect_problem(creation_options(unverified), 403, "email_unverified");
  expect_problem(ada.client().post(kCreation, "{}"), 403, "reauthentication_required");
  expect_problem(Client{}.post(kCreation, object({{"password", ada.password}})), 401, "unauthenticated");
  const auto options = right(creation_options(ada));
  const auto of_eve = right(creation_options(eve));
  const auto of_sign_in = right(PasskeyBrowser{}.options());
  const std::vector<std::pair<std::string, Change>> wrong = {
      {"another origin", [](auto& d) { d.origin = "https://evil.example.com"; }},
      {"another port", [](auto& d) { d.origin = "http://localhost:1"; }},
      {"https", [](auto& d) { d.origin.replace(0, 4, "https"); }},
      {"a subdomain", [](auto& d) { d.origin.insert(7, "a."); }},
      {"another relying party", [](auto& d) { d.party = "example.com"; }},
      {"nobody verified", [](auto& d) { d.flags = 0x01; }},
      {"nobody present", [](auto& d) { d.flags = 0x04; }},
      {"backed up, and cannot be", [](auto& d) { d.flags = 0x15; }},
      {"a use", [](auto& d) { d.type = "webauthn.get"; }},
      {"in a frame", [](auto& d) { d.framed = true; }},
      {"another session's challenge", [&](auto& d) { d.challenge = of_eve.text("/publicKey/challenge"); }},
      {"a sign-in's challenge", [&](auto& d) { d.challenge = of_sign_in.text("/publicKey/challenge"); }},
      {"no challenge of ours", [](auto& d) { d.challenge = std::string(75, 'A'); }},
      {"another format", [](auto& d) { d.format = "fido-u2f"; }},
      {"an unknown format", [](auto& d) { d.format = "tpm"; }},
      {"an attestation that does not hold", [](auto& d) { d.format = "packed", d.before_signing = "x"; }},
      {"a key that says it is another", [](auto& d) { d.algorithm = -257; }},
      {"a key of no algorithm that was offered", [](auto& d) { d.algorithm = -35; }},
      {"an id of no length", [](auto& d) { d.id.clear(); }},
      {"an id that is too long", [](auto& d) { d.id = std::string(1024, 'i'); }},
  };
  for (const auto& [what, change] : wrong) {
    PasskeyDevice device{stack.url()};
    change(device);
    const auto refused = add(ada, device.create(options));
    require(refused.status == 422, what + ": " + refused.body);
    expect_problem(refused, 422, "validation_failed");
    require_equal(passkeys_of(ada), 0, what);
  }
  PasskeyDevice device{stack.url()};
  device.format = "packed";
  expect(add(ada, device.create(options)), 201);
  // The challenge is used up, and a credential belongs to one account.
  PasskeyDevice second{stack.url()};
  expect_problem(add(ada, second.create(options)), 422, "validation_failed");
  expect_problem(add(eve, device.create(of_eve)), 409, "conflict");
  const auto late = right(creation_options(ada));
  {
    const MovedClock clock;
    clock.set(301);
    expect_problem(add(ada, second.create(late)), 422, "validation_failed");
  }
  require_equal(passkeys_of(ada), 1);
  require_equal(passkeys_of(eve), 0);
}

Test(passkeys, what_is_no_proof_starts_no_session) {
  const Named stack;
  const auto ada = sign_up_verified(), eve = sign_up_verified();
  PasskeyDevice device{stack.url()}, foreign{stack.url()};
  device.counter = foreign.counter = 7;
  foreign.user.clear();
  add_device(ada, device);
  add_device(eve, foreign);
  const auto before = sessions_of(ada);
  PasskeyBrowser browser;
  const auto options = right(browser.options());
  const auto of_another = right(PasskeyBrowser{}.options());
  const std::vector<std::pair<std::string, Change>> wrong = {
      {"another origin", [](auto& d) { d.origin = "https://evil.example.com"; }},
      {"another relying party", [](auto& d) { d.party = "example.com"; }},
      {"nobody verified", [](auto& d) { d.flags = 0x01; }},
      {"nobody present", [](auto& d) { d.flags = 0x04; }},
      {"of another kind than it was", [](auto& d) { d.flags = 0x0d; }},
      {"a registration", [](auto& d) { d.type = "webauthn.create"; }},
      {"in a frame", [](auto& d) { d.framed = true; }},
      {"another browser's challenge",
       [&](auto& d) { d.challenge = of_another.text("/publicKey/challenge"); }},
      {"no challenge of ours", [](auto& d) { d.challenge = std::string(75, 'A'); }},
      {"a signature of something else", [](auto& d) { d.before_signing = "x"; }},
      {"another's credential", [&](auto& d) { d.id = foreign.id; }},
      {"nobody's credential", [](auto& d) { d.id = std::string(32, 'n'); }},
      {"another's handle", [&](auto& d) { d.user = foreign.user; }},
  };
  device.counter = 8;
  for (const auto& [what, change] : wrong) {
    auto changed = device;
    change(changed);
    expect_problem(browser.sign_in(changed.use(options)), 401, "invalid_credentials");
    require_equal(sessions_of(ada), before, what);
  }
  // The same challenge is good for whom it was made for, once; and no other browser brings it.
  const auto proof = device.use(options);
  expect_problem(PasskeyBrowser{}.sign_in(proof), 401, "invalid_credentials");
  expect(browser.sign_in(proof), 200);
  expect_problem(browser.sign_in(proof), 401, "invalid_credentials");
  require_equal(events_of(ada, "passkey.cloned"), 0);
  {
    const auto late = right(browser.options());
    const MovedClock clock;
    clock.set(301);
    device.counter = 9;
    expect_problem(browser.sign_in(device.use(late)), 401, "invalid_credentials");
  }
  require_equal(sessions_of(ada), before + 1);
}

Test(passkeys, a_copy_of_the_device_is_refused_and_told) {
  const Named stack;
  const auto ada = sign_up_verified();
  PasskeyDevice device{stack.url()};
  device.counter = 5;
  add_device(ada, device);
  auto copy = device;
  PasskeyBrowser browser;
  device.counter = 6;
  expect(browser.sign_in(device), 200);
  const auto before = sessions_of(ada);
  for (const std::uint32_t counter : {6U, 5U, 0U}) {
    copy.counter = counter;
    expect_problem(browser.sign_in(copy), 401, "invalid_credentials");
  }
  require_equal(events_of(ada, "passkey.cloned"), 3);
  require(newest_mail(ada.email, "security_changed").text.find("copy") != std::string::npos, "she is told");
  require_equal(sessions_of(ada), before);
  device.counter = 7;
  expect(browser.sign_in(device), 200);
}

Test(passkeys, of_one_proof_that_comes_twenty_times_at_once_one_signs_in) {
  const Named stack;
  const auto ada = sign_up_verified();
  PasskeyDevice device{stack.url()};
  add_device(ada, device);
  const auto before = sessions_of(ada);
  PasskeyBrowser browser;
  const auto options = browser.options();
  const auto proof = device.use(options);
  const auto cookie = options.header("set-cookie").substr(0, options.header("set-cookie").find(';'));
  const auto replies = at_once(20, [&](std::size_t) {
    return Client{}.header("Cookie", cookie).post(kVerify, "{\"credential\":" + proof + '}').status;
  });
  require_equal(std::count(replies.begin(), replies.end(), 200), 1);
  require_equal(std::count(replies.begin(), replies.end(), 401), 19);
  require_equal(sessions_of(ada), before + 1);
}

Test(passkeys, an_account_has_twenty_at_most) {
  const Named stack;
  const auto ada = sign_up_verified();
  PasskeyDevice device{stack.url()};
  const auto options = right(creation_options(ada));
  for (int i = 0; i < 19; ++i)
    database().run(
        "INSERT INTO passkey (id, user_id, credential, algorithm, public_key, aaguid, name, sign_count, "
        "backup_eligible, backed_up, created_at) VALUES (RANDOM_BYTES(16), " +
        binary(ada.user_id) + ", RANDOM_BYTES(32), -7, RANDOM_BYTES(64), RANDOM_BYTES(16), 'x', 0, 0, 0, 1)");
  const auto late = right(creation_options(ada));
  expect(add(ada, device.create(options)), 201);
  PasskeyDevice another{stack.url()};
  expect_problem(add(ada, another.create(late)), 409, "limit_reached");
  expect_problem(creation_options(ada), 409, "limit_reached");
  require_equal(passkeys_of(ada), 20);
}

Test(passkeys, a_host_without_a_name_has_none) {
  const auto ada = sign_up_verified();
  expect_problem(creation_options(ada), 404, "not_found");
  expect_problem(Client{}.post(kRequest, "{}"), 404, "not_found");
  require(!expect(Client{}.get("/api/v1/config"), 200).at("/passkeys").GetBool(), "config says so");
}

Test(passkeys, a_person_adds_one_and_signs_in_by_it_in_a_browser) {
  const Named stack;
  const auto ada = sign_up_verified();
  require(::setenv("TENANTD_URL", stack.url().c_str(), 1) == 0, "the name that the browser calls");
  browse("console_passkeys.mjs", {ada.email, ada.password});
  require_equal(passkeys_of(ada), 0);
}

Test(passkeys, what_chromium_makes_is_judged_as_elsewhere, .timeout = 240) {
  const Named stack;
  const auto ada = sign_up_verified();
  require(::setenv("TENANTD_URL", stack.url().c_str(), 1) == 0, "the name that the browser calls");
  require_equal(browse("passkey_chromium.mjs", {ada.email, ada.password}),
                "{\"registered\":8,\"unregistered\":3,\"signed_in\":10,\"kept_out\":30}\n");
  require_equal(passkeys_of(ada), 8);
}
