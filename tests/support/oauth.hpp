// OAuth clients and a sign-in through them, step by step, as a client's own code and a browser do it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/fixtures.hpp"

namespace tenantd::test {

using Parameters = std::vector<std::pair<std::string, std::string>>;

inline constexpr const char* kCallback = "https://client.example.com/callback";
// PKCE's example (RFC 7636 appendix B).
inline constexpr const char* kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
inline constexpr const char* kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct OauthClient {
  std::string id, secret;
  bool own = false;
};

// A client of the account's organization, or of the service's own for a super-admin. `more`: members of the
// body besides, which take the place of those of before.
OauthClient register_client(const Account& owner, const std::map<std::string, std::string>& more = {});
OauthClient register_own_client(const Account& super, const std::map<std::string, std::string>& more = {});
std::string client_body(const std::map<std::string, std::string>& more = {});

std::string form_of(const Parameters& parameters);
std::string query_of(const std::string& url, const std::string& name);  // "" if it is not there

// What a client sends the browser with; `changes` replace, or with "" take away.
Parameters authorization(const OauthClient& client, const Parameters& changes = {});
Response ask(const Parameters& parameters);
// The signed request in the Location of a reply that leads to the page. Throws for another reply.
std::string request_in(const Response& reply);
Response decide(const Account& who, const std::string& request, const std::string& decision = "allow");
// The address that the browser is sent to once `who` has let the client in.
std::string let_in(const Account& who, const OauthClient& client, const Parameters& changes = {});

Response post_form(const std::string& path, const Parameters& parameters, const OauthClient* basic = nullptr);
// The code is exchanged by the client's own secret, if it has one.
Response spend_code(const OauthClient& client, const std::string& code, const Parameters& changes = {});
// All of it: the reply of the token endpoint.
Response tokens_for(const Account& who, const OauthClient& client, const Parameters& changes = {});
Response refresh(const OauthClient& client, const std::string& token, const Parameters& more = {});
Response introspect(const OauthClient& client, const std::string& token);

// Throws unless the reply refuses as OAuth does (RFC 6749 section 5.2).
const Response& expect_oauth_error(const Response& reply, int status, const std::string& error);
// The payload of a JWT, decoded and unverified.
std::string payload_of(const std::string& token);

}  // namespace tenantd::test
