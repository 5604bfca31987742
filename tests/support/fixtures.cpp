#include "support/fixtures.hpp"

#include <unistd.h>

#include <atomic>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"
#include "support/processes.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::test {

Client Account::client() const {
  Client client;
  client.bearer(access_token);
  return client;
}

std::string fresh_name(const std::string& stem) {
  static std::atomic<int> count{0};
  return stem + '-' + std::to_string(::getpid()) + '-' + std::to_string(++count) + '-' +
         to_hex(crypto::random_bytes(4));
}

std::string fresh_email(const std::string& stem) { return fresh_name(stem) + "@example.com"; }

std::string fresh_id() { return crypto::new_id<UserId>().str(); }

std::string sign_up_body(const std::string& email, const std::string& organization,
                         const std::string& password) {
  return object({{"email", email}, {"password", password}, {"organization_name", organization}});
}

Account account_of(const Response& reply, const std::string& email, const std::string& password) {
  Account account;
  account.email = email;
  account.password = password;
  account.user_id = reply.text("/user/id");
  account.org_id = reply.text("/organization/id");
  account.access_token = reply.text("/access_token");
  account.refresh_token = reply.text("/refresh_token");
  return account;
}

Account sign_up(const std::string& organization) {
  const auto email = fresh_email("owner");
  const auto reply = Client{}.post("/signup", sign_up_body(email, fresh_name(organization)));
  expect(reply, 201);
  return account_of(reply, email);
}

Response sign_in(const std::string& email, const std::string& password) {
  return Client{}.post("/signin", object({{"email", email}, {"password", password}}));
}

Account super_admin() {
  const auto email = setting("SUPER_ADMIN_EMAIL");
  const auto password = setting("SUPER_ADMIN_PASSWORD");
  return account_of(expect(sign_in(email, password), 200), email, password);
}

Response invite(const Account& inviter, const std::string& email, const std::string& role) {
  return inviter.client().post("/invite_member", object({{"email", email}, {"role", role}}));
}

std::string invite_token(const std::string& email) { return newest_mail(email, "invitation").token(); }

Account invite_and_accept(const Account& inviter, const std::string& role) {
  const auto email = fresh_email(role);
  expect(invite(inviter, email, role), 201);
  const auto reply =
      Client{}.post("/accept_invite", object({{"token", invite_token(email)}, {"password", kPassword}}));
  expect(reply, 200);
  return account_of(reply, email);
}

void verify(const Account& account) {
  const auto token = newest_mail(account.email, "verification").token();
  expect(
      Client{}.post("/api/v1/auth/verify-email", object({{"token", token}, {"password", account.password}})),
      204);
}

Account sign_up_verified(const std::string& organization) {
  auto account = sign_up(organization);
  verify(account);
  return account;
}

void join(const Account& inviter, const Account& invited, const std::string& role) {
  const auto verified = "SELECT COUNT(*) FROM user WHERE email_verified_at IS NOT NULL AND id = ";
  auto rows = database().run_query(verified + binary(invited.user_id));
  if (rows.next() && rows.integer(0) == 0) verify(invited);
  expect(invite(inviter, invited.email, role), 201);
  expect(Client{}.post("/accept_invite", object({{"token", invite_token(invited.email)}})), 200);
}

Client ApiKey::client() const {
  Client client;
  client.header("X-Api-Key", key);
  return client;
}

ApiKey make_api_key(const Account& maker, const std::string& permissions) {
  const auto made = maker.client().post(
      "/api/v1/api-keys", object({{"name", "a key"}, {"permissions", Field::raw(permissions)}}));
  expect(made, 201);
  return {made.text("/id"), made.text("/key")};
}

std::string stored_role(const std::string& org_id, const std::string& user_id) {
  auto rows = database().run_query(
      "SELECT r.name FROM member m JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id "
      "WHERE m.org_id = " +
      binary(org_id) + " AND m.user_id = " + binary(user_id));
  return rows.next() ? rows.text(0) : "";
}

}  // namespace tenantd::test
