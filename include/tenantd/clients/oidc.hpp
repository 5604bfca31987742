// Talking to an identity provider as a client of it: discovery (OpenID Connect Discovery 1.0), the exchange
// of a code (RFC 6749, RFC 7636), and the signatures of its tokens. What it publishes is kept in this process
// for OAUTH_KEYS_SECONDS.
#pragma once

#include <optional>
#include <string>

#include "tenantd/base/secret.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/net/outbound.hpp"

namespace tenantd::service {

// Where a provider's endpoints are, as it says itself.
struct Discovery {
  std::string authorization;
  std::string token;
  std::string keys;
  bool secret_in_body = false;  // client_secret_post; else client_secret_basic
  std::string userinfo = {};    // "" = it has none
  bool names_issuer = false;    // each reply says whose it is (RFC 9207)
};

// What stands behind a code.
struct CodeGrant {
  std::string code;
  std::string redirect_url;
  std::string client_id;
  Secret client_secret;  // or the private key
  Secret verifier;       // PKCE
  bool has_key = false;  // private_key_jwt (RFC 7523)
};

// What it is exchanged for; either may be "".
struct Granted {
  std::string id_token;
  std::string access_token;
};

// Whose provider it is, which says what is kept of it and who waits for it.
enum class Chosen {
  by_service,      // Google or Microsoft: one answer for all organizations
  by_organization  // any address: what it says is kept for that organization alone, and within its bounds
};

// One conversation for an organization, OUTBOUND_SECONDS in all. Who calls takes the organization's turn
// (SlowTurn), at the first call: one that hangs, or that is asked in vain, holds up its own users and nobody
// else's. What is kept already costs no turn. Providers that organizations have chosen, and that have not
// answered lately, share the turns of one organization: however many of them hang, others find a turn.
class ProviderCall {
 public:
  // `announced`: what the discovery document calls its issuer, where that is not `issuer` itself.
  ProviderCall(const Context& context, OrgId org, std::string issuer, Chosen chosen = Chosen::by_service,
               std::optional<std::string> announced = std::nullopt);
  ProviderCall(const ProviderCall&) = delete;
  ProviderCall& operator=(const ProviderCall&) = delete;

  // Takes the turn now, for one who cannot run again from the start after what follows.
  void take_turn();

  // All throw ApiError: provider_unavailable (no answer, or none that makes sense), url_refused (it, or what
  // it says of its endpoints, leads where nobody may be called).
  Discovery discover();
  // Returns the ID token, not yet believed. Throws ApiError(oauth_token_refused) too, if the code is refused.
  Granted redeem(const CodeGrant& grant);
  // The same at an address that is known, of a provider without ID tokens.
  Granted redeem_at(const Discovery& endpoints, const CodeGrant& grant);
  // Returns the payload of an ID token that the issuer has signed. Throws ApiError(oauth_token_refused) too.
  std::string open(const std::string& id_token);
  // Returns what the provider says to whoever holds its access token.
  std::string read_as(const std::string& url, const std::string& access_token);

 private:
  net::OutboundReply call(net::OutboundRequest request);
  std::string get(const std::string& url);
  void judge(const std::string& url) const;
  Discovery read_discovery(const std::string& json) const;
  std::string assertion(const CodeGrant& grant, const std::string& audience) const;

  const Context& context_;
  OrgId org_;
  std::optional<SlowTurn> turn_;
  std::string issuer_;
  Chosen chosen_;
  std::string announced_;
  std::string kept_as_;
  net::OutboundPolicy policy_;
  std::int64_t deadline_us_;
};

}  // namespace tenantd::service
