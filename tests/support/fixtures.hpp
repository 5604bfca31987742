// People and organizations that a test needs, made through the API, each with names of its own so that tests
// run side by side and twice on one instance.
#pragma once

#include <string>

#include "support/api_client.hpp"

namespace tenantd::test {

inline constexpr const char* kPassword = "plum orbit canyon 42";

struct Account {
  std::string email;
  std::string password = kPassword;
  std::string user_id;
  std::string org_id;
  std::string access_token;
  std::string refresh_token;

  // A client with the account's access token.
  Client client() const;
};

// Never the same twice.
std::string fresh_name(const std::string& stem);
std::string fresh_email(const std::string& stem = "person");
// A UUIDv7 that nothing has.
std::string fresh_id();

std::string sign_up_body(const std::string& email, const std::string& organization,
                         const std::string& password = kPassword);
// A new account that owns a new organization.
Account sign_up(const std::string& organization = "Acme");
// The account and tokens in a token reply.
Account account_of(const Response& reply, const std::string& email, const std::string& password = kPassword);

Response sign_in(const std::string& email, const std::string& password);
// The super-admin of the instance, signed in.
Account super_admin();

// The reply to an invitation.
Response invite(const Account& inviter, const std::string& email, const std::string& role = "member");
// The token in the newest invitation mailed to the address.
std::string invite_token(const std::string& email);
// A new account that has accepted an invitation into the inviter's organization.
Account invite_and_accept(const Account& inviter, const std::string& role = "member");
// Opens the link that verifies the account's address.
void verify(const Account& account);
// A new account, its address verified, that owns a new organization.
Account sign_up_verified(const std::string& organization = "Acme");
// An existing account, its address verified, joins by the token alone.
void join(const Account& inviter, const Account& invited, const std::string& role = "member");

// An API key of the account in its organization; `permissions` are names, as a JSON array.
struct ApiKey {
  std::string id;
  std::string key;

  // A client that sends the key.
  Client client() const;
};
ApiKey make_api_key(const Account& maker, const std::string& permissions);

// The member's role in the database; "" if there is no such member.
std::string stored_role(const std::string& org_id, const std::string& user_id);

}  // namespace tenantd::test
