// An identity provider that answers as a test says: discovery, keys, and tokens of any kind; and the
// service's side of a sign-in through it, step by step. It listens on 127.0.0.2, so that 127.0.0.1 stays
// closed to outbound requests.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/fixtures.hpp"
#include "support/forge.hpp"
#include "support/stub_server.hpp"

namespace tenantd::test {

inline constexpr const char* kDirectory = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";  // an Entra tenant

// {"name", JSON}; a value of "" takes the member away.
using Members = std::vector<std::pair<std::string, std::string>>;
std::string quoted(const std::string& text);

class FakeProvider {
 public:
  FakeProvider();

  // Of an instance that takes this for Google, Entra ID and GitHub. `social`: and lets everybody sign in by
  // them.
  std::vector<std::string> settings(bool social = false) const;
  const std::string& url() const { return server_.url(); }
  // `provider` as in begin(): of an organization's own choice it is any other name.
  std::string issuer(const std::string& provider) const;
  const ForgeKey& key() const { return key_; }
  std::size_t count(const std::string& path) const { return server_.count(path); }

  // What the token endpoint gives for a code.
  void grant(const std::string& code, const std::string& id_token);
  // The same where it is GitHub: what its API says to whoever holds the token for that code.
  void grant_user(const std::string& code, const std::string& user, const std::string& emails);
  // What the userinfo endpoint says.
  void tell(const std::string& userinfo);
  // Members of the discovery document of a provider of an organization's own choice.
  void announce(Members members);
  // The body of the newest exchange, and its head.
  std::string exchange_header() const;
  std::string exchange() const;
  // Answers instead, where it returns something.
  void misbehave(std::function<std::optional<StubReply>(const StubRequest&)> answer);
  // The discovery document of an issuer, with other members.
  std::string discovery(const std::string& issuer, const Members& changes = {}) const;

 private:
  StubReply answer(const StubRequest& request);

  ForgeKey key_{"key-1"};
  mutable std::mutex mutex_;
  std::map<std::string, std::string> tokens_;
  std::map<std::string, std::pair<std::string, std::string>> users_;
  std::string userinfo_ = "{}";
  Members announced_;
  std::string exchange_header_;
  std::function<std::optional<StubReply>(const StubRequest&)> misbehaves_;
  std::string exchange_;
  StubServer server_;
};

// Configures a provider; the reply is expected to be 201.
Response make_provider(const Account& admin, const std::string& provider, bool automatic = true,
                       const std::string& domains = R"(["example.com"])", const std::string& role = "member");
// The same of a provider of the organization's own choice, whose slug is "own" unless `changes` say
// otherwise.
Response make_own_provider(const FakeProvider& idp, const Account& admin, const Members& changes = {});
std::string own_provider_body(const FakeProvider& idp, const Members& changes = {});
std::string provider_body(const std::string& provider, bool automatic, const std::string& domains,
                          const std::string& role);

// A sign-in that was begun: what went to the provider, and the browser's cookie.
struct Begun {
  std::string provider;
  std::string org_id;
  std::string url;
  std::string state, nonce, challenge, redirect;
  std::string cookie;  // "name=value"
};
// `provider`: google, microsoft, or a slug; "social/google" and its like are the service's own.
Begun begin(const std::string& provider, const std::string& org_id, Client client = Client{});
// The same of a reply that began something.
Begun begun_of(const Response& reply, const std::string& provider, const std::string& org_id);
// The provider's ID token for it: of a person of that subject, with other members.
std::string payload_for(const FakeProvider& idp, const Begun& begun, const std::string& subject,
                        const std::string& email, const Members& changes = {});
// The browser comes back, with the issuer that the provider named if it did.
Response come_back(const Begun& begun, const std::string& code, const std::string& issuer = "");
// All of it: signs a person in.
Response sign_on(FakeProvider& idp, const std::string& provider, const std::string& org_id,
                 const std::string& subject, const std::string& email, const Members& changes = {});

}  // namespace tenantd::test
