// Whom the directory makes inactive is out from the reply on.
#include <criterion/criterion.h>

#include <atomic>
#include <chrono>

#include "scim_fixture.hpp"
#include "support/oauth.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

Test(scim, inactive_shuts_sessions_keys_and_client_tokens_out_on_the_next_request, .timeout = 180) {
  const Directory directory;
  for (const auto* word : {"false", "\"False\""}) {
    const auto member = invite_and_accept(directory.owner, "admin");
    const auto key = make_api_key(member, R"(["projects:read"])");
    const auto client = register_client(directory.owner);
    const auto tokens = tokens_for(member, client, {{"scope", "openid offline_access projects:read"}});
    expect(tokens, 200);
    Client by_client;
    by_client.bearer(tokens.text("/access_token"));
    expect(by_client.get("/api/v1/projects"), 200);
    expect(member.client().get("/api/v1/projects"), 200);
    expect(key.client().get("/api/v1/projects"), 200);
    const auto path = "/Users/" + member.user_id;
    const auto reply =
        directory.patch(path, std::string{R"([{"op":"Replace","path":"active","value":)"} + word + "}]");
    require(expect(reply, 200).at("/active").IsFalse(), reply.body);
    require(member.client().get("/api/v1/projects").status == 401, "the session");
    require(key.client().get("/api/v1/projects").status == 401, "the key");
    require(by_client.get("/api/v1/projects").status >= 401, "the client's token");
    const auto renewed = refresh(client, tokens.text("/refresh_token"));
    if (renewed.status == 200) by_client.bearer(renewed.text("/access_token"));
    require(by_client.get("/api/v1/projects").status >= 401, "the client's refresh token");
    require_equal(newest_audit(directory.owner, "member.deactivated").text("/items/0/resource_id"),
                  member.user_id);
    require_equal(
        expect(directory.get(filtered("/Users", "active eq false and id eq \"" + member.user_id + '"')), 200)
            .number("/totalResults"),
        1);
    // What does not speak of it leaves it so.
    require(expect(directory.put(path, object({{"userName", member.email}})), 200).at("/active").IsFalse(),
            "PUT");
    expect(directory.patch(path, R"([{"op":"replace","value":{"active":"True"}}])"), 200);
    const auto again = sign_in(member.email, member.password);
    expect(account_of(expect(again, 200), member.email).client().get("/api/v1/projects"), 200);
  }
}

// Callers that go on meanwhile: in each worker a request may have been let in before the reply, none after
// it.
Test(scim, nothing_of_an_inactive_person_succeeds_after_the_reply_under_load, .timeout = 180) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t kCallers = 12;
  const Directory directory;
  const auto member = invite_and_accept(directory.owner, "admin");
  const auto key = make_api_key(member, R"(["projects:read"])");
  const auto client = register_client(directory.owner);
  const auto tokens = tokens_for(member, client, {{"scope", "openid projects:read"}});
  expect(tokens, 200);
  std::atomic<std::size_t> let_in{0};
  std::atomic<Clock::rep> replied{0};
  struct Seen {
    std::size_t after = 0;  // requests that were begun after the reply
    std::size_t let_in_after = 0;
  };
  const auto calling = [&](Client caller) {
    Seen seen;
    while (seen.after < 20) {
      const auto at = replied.load();
      const bool after = at != 0 && Clock::now().time_since_epoch().count() > at;
      const bool succeeded = caller.get("/api/v1/projects").status == 200;
      if (succeeded) ++let_in;
      if (after) ++seen.after;
      if (after && succeeded) ++seen.let_in_after;
    }
    return seen;
  };
  const auto seen = at_once(kCallers + 1, [&](std::size_t i) {
    if (i == kCallers) {
      wait_until("the callers are let in", [&] { return let_in > 2 * kCallers; });
      expect(
          directory.patch("/Users/" + member.user_id, R"([{"op":"replace","path":"active","value":false}])"),
          200);
      replied = Clock::now().time_since_epoch().count();
      return Seen{};
    }
    if (i % 3 == 0) return calling(member.client());
    if (i % 3 == 1) return calling(key.client());
    Client by_client;
    by_client.bearer(tokens.text("/access_token"));
    return calling(std::move(by_client));
  });
  for (std::size_t i = 0; i < kCallers; ++i) {
    require_equal(seen[i].after, 20U);
    require_equal(seen[i].let_in_after, 0U, "caller " + std::to_string(i));
  }
}
