// The authorization endpoint (RFC 6749 section 4.1, OpenID Connect Core section 3.1.2): what a client asks
// for, what the person is asked, and the code that follows.
//
// A request is checked once, when the browser arrives with it, and goes on through the pages as a text that
// this service has signed with the time: no row is written for somebody who has not signed in, and no page
// can change it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "identity/oauth/grants_store.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/http/message.hpp"

namespace tenantd::service {

struct AuthorizationRequest {
  ClientId client;
  std::string redirect_uri;
  Scopes scopes;
  std::string challenge;  // of PKCE, S256
  std::optional<std::string> state, nonce, login_hint, organization;
  std::optional<std::string> resource;  // the API that tokens are for; nullopt: this service's own
  bool none = false, login = false, consent = false, select_account = false, create = false;  // prompt
  bool two_factors = false;                                                                   // acr_values
  std::optional<std::int64_t> max_age;                                                        // seconds
  TimePoint asked_at;
};

// Where the browser goes on: the page of this service with the signed request, or back to the client with
// what is wrong. Throws ApiError(invalid_request) where the client or its address is not known: then nobody
// is sent anywhere.
std::string begin_authorization(db::Txn& txn, const Context& context, const http::Pairs& query);

// A request that was signed less than an hour ago, with its client as it is now. Throws
// ApiError(token_invalid), or ApiError(invalid_request) if the client may not ask so any more.
struct OpenedRequest {
  AuthorizationRequest request;
  store::FoundClient client;
};
OpenedRequest open_authorization(db::Txn& txn, const Context& context, const std::string& text);

// Back to the client, with an error of RFC 6749 section 4.1.2.1 or OpenID Connect Core section 3.1.2.6.
std::string error_location(const Context& context, const AuthorizationRequest& request,
                           std::string_view error);

enum class Decision { ask, allow, deny };
enum class Question { login, consent, organization, membership };
std::string_view question_name(Question question);

// What the client is given of what it asks for, and is shown to who is asked: no more than the person holds
// in the organization.
struct Asked {
  Question question;
  Scopes scopes;
  std::optional<OrganizationRecord> organization;
};
// Where the browser goes, or what the person is still to be asked. Throws ApiError: limit_reached (consents
// of an account), rate_limited (codes), mfa_enrollment_required, sign_in_way_refused.
std::variant<std::string, Asked> decide(db::Txn& txn, const Context& context, const Session& session,
                                        const OpenedRequest& opened, Decision decision);

// What `asked` comes to in this session, for who is asked: `consent`, or why there is nothing to say yes to.
Asked asked_of(db::Txn& txn, const Context& context, const Session& session, const store::FoundClient& client,
               const Scopes& scopes, const std::optional<std::string>& resource);
// The person has said yes to `asked`: the consent is remembered. All of a code but its own text,
// redirect_uri, challenge and times. Throws as decide().
store::AuthorizationCode grant_of(db::Txn& txn, const Context& context, const Session& session,
                                  const store::FoundClient& client, const Asked& asked);

// Takes back what the account lets the client have, and ends what it holds. Throws ApiError(not_found).
// What the account has let the client have where its tokens are for `org`.
Scopes consented(db::Txn& txn, UserId user, ClientId client, const std::optional<OrgId>& org);
// Takes back all that the account has let the client have.
void revoke_consent(db::Txn& txn, const Context& context, const Session& session, ClientId client);

// A text that this service has signed for its own pages; `what` keeps one kind from standing for another.
std::string sign_for_pages(const Context& context, std::string_view what, const json::Object& values);
// nullopt unless it was signed for `what` less than an hour ago.
std::optional<std::string> open_for_pages(const Context& context, std::string_view what,
                                          const std::string& text);
// An address with more parameters in its query.
std::string with_parameters(std::string uri, const http::Pairs& parameters);

}  // namespace tenantd::service
