// Each kind of token is good for its own purpose: at every other door it is refused and changes nothing.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/status.hpp"

using namespace tenantd::test;
using tenantd::TokenPurpose;
namespace crypto = tenantd::crypto;

namespace {

struct Token {
  std::string kind, text;
};

// A live token of this purpose, as the service would have made it.
Token one_time(const Account& account, const std::string& kind, TokenPurpose purpose) {
  const auto token = crypto::new_token();
  const bool moves = purpose == TokenPurpose::change_email;
  database().run(
      "INSERT INTO one_time_token (token, user_id, purpose, email, created_at, expires_at) VALUES (0x" +
      tenantd::to_hex(crypto::sha256(token.reveal())) + ", " + binary(account.user_id) + ", " +
      std::to_string(static_cast<int>(purpose)) + ", " + (moves ? literal(fresh_email()) : "NULL") +
      ", UNIX_TIMESTAMP(), UNIX_TIMESTAMP() + 300)");
  return {kind, token.reveal()};
}

std::vector<Token> all_tokens(const Account& account, const Account& inviter) {
  const auto invited = fresh_email();
  expect(invite(inviter, invited), 201);
  return {{"access", account.access_token},
          {"refresh", account.refresh_token},
          {"invite", invite_token(invited)},
          one_time(account, "verify", TokenPurpose::verify_email),
          one_time(account, "reset", TokenPurpose::reset_password),
          one_time(account, "change", TokenPurpose::change_email),
          one_time(account, "second factor", TokenPurpose::second_factor)};
}

struct Door {
  std::string name;
  std::vector<std::string> opened_by;
  int status;
  const char* code;
  Response (*knock)(const std::string& token);
};

Response post(const std::string& path, const char* member, const std::string& token,
              const char* more = nullptr, const char* value = "") {
  if (more == nullptr) return Client{}.post(path, object({{member, token}}));
  return Client{}.post(path, object({{member, token}, {more, value}}));
}

constexpr const char* kNew = "marble lantern 79 quick";

const std::vector<Door>& doors() {
  static const std::vector<Door> all = {
      {"Authorization",
       {"access"},
       401,
       "invalid_token",
       [](const std::string& t) { return Client{}.bearer(t).get("/users/me"); }},
      {"/refresh_token",
       {"refresh"},
       401,
       "invalid_token",
       [](const std::string& t) { return post("/refresh_token", "refresh_token", t); }},
      {"/api/v1/auth/refresh",
       {"refresh"},
       401,
       "invalid_token",
       [](const std::string& t) { return post("/api/v1/auth/refresh", "refresh_token", t); }},
      {"/reset_password",
       {"reset"},
       400,
       "token_invalid",
       [](const std::string& t) { return post("/reset_password", "token", t, "new_password", kNew); }},
      {"/api/v1/auth/password-reset/confirm",
       {"reset"},
       400,
       "token_invalid",
       [](const std::string& t) {
         return post("/api/v1/auth/password-reset/confirm", "token", t, "new_password", kNew);
       }},
      {"/api/v1/auth/verify-email",
       {"verify", "change"},
       400,
       "token_invalid",
       [](const std::string& t) { return post("/api/v1/auth/verify-email", "token", t, "password", kNew); }},
      {"/accept_invite",
       {"invite"},
       410,
       "invite_gone",
       [](const std::string& t) { return post("/accept_invite", "token", t, "password", kNew); }},
      {"GET /accept_invite",
       {"invite"},
       410,
       "invite_gone",
       [](const std::string& t) { return Client{}.get("/accept_invite?token=" + t); }},
      {"/api/v1/auth/mfa/verify",
       {"second factor"},
       401,
       "mfa_invalid",
       [](const std::string& t) {
         return post("/api/v1/auth/mfa/verify", "mfa_token", t, "code", "123456");
       }},
  };
  return all;
}

}  // namespace

Test(token_kinds, a_token_opens_its_own_door_only) {
  const auto account = sign_up();
  const auto tokens = all_tokens(account, sign_up());
  Unchanged database;
  for (const auto& door : doors())
    for (const auto& token : tokens) {
      if (std::find(door.opened_by.begin(), door.opened_by.end(), token.kind) != door.opened_by.end())
        continue;
      const auto reply = door.knock(token.text);
      require(reply.status == door.status, token.kind + " at " + door.name + ": " + reply.describe());
      expect_problem(reply, door.status, door.code);
      database.check(token.kind + " at " + door.name);
    }
}

// Had they been no tokens at all, every door would have refused them too.
Test(token_kinds, the_same_tokens_open_their_own_doors) {
  const auto account = sign_up();
  for (const auto& door : doors())
    for (const auto& token : all_tokens(account, sign_up())) {
      if (token.kind == "access" || token.kind == "refresh" || token.kind == "second factor") continue;
      if (std::find(door.opened_by.begin(), door.opened_by.end(), token.kind) == door.opened_by.end())
        continue;
      if (door.name.starts_with("GET ")) continue;  // makes no account
      const auto reply = door.knock(token.text);
      require(reply.status == 200 || reply.status == 204,
              token.kind + " at " + door.name + ": " + reply.describe());
    }
}
