// Domains of organizations: which can be claimed, what proves them, whose they are, and what is told of them.
#include <criterion/criterion.h>

#include "domains_fixture.hpp"
#include "support/audit.hpp"
#include "support/clock.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

Test(domains, a_record_proves_a_claim_and_everybody_concerned_is_told, .timeout = 120) {
  Domains world;
  const auto owner = sign_up_verified();
  const auto name = fresh_domain();
  const auto claimed = claimed_by(owner, name);
  require_equal(claimed.text("/record_name"), "_tenantd." + name);
  require(claimed.text("/record_value").starts_with("tenantd-verification="), claimed.body);
  require(claimed.at("/proven_at").IsNull(), claimed.body);
  expect_problem(verify_domain(owner, claimed), 409, "domain_unproven");
  require_equal(proven(name), 0);
  world.set_record(claimed);
  const auto verified = verify_domain(owner, claimed);
  expect(verified, 200);
  require(verified.at("/proven_at").IsInt64() && verified.at("/missed_at").IsNull(), verified.body);
  require_equal(proven(name), 1);
  require_equal(newest_audit(owner, "domain.proven").text("/items/0/resource_id"), claimed.text("/id"));
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'domain.proven'"), 1);
  // Once more is a check, and nothing that happened.
  expect(verify_domain(owner, claimed), 200);
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'domain.proven'"), 1);
  require_equal(expect(owner.client().get(domain_path(claimed)), 200).text("/domain"), name);
  expect(owner.client().del(domain_path(claimed), ""), 204);
  expect_problem(owner.client().get(domain_path(claimed)), 404, "not_found");
}

Test(domains, what_no_organization_owns_is_not_claimed, .timeout = 120) {
  Domains world;
  const auto owner = sign_up_verified();
  for (const auto* typed : {"com",
                            "co.uk",
                            "github.io",
                            "gmail.com",
                            "GMAIL.com",
                            "googlemail.com",
                            "127.0.0.1",
                            "1.2.3.4",
                            "10.0.0.0x7f",
                            "[::1]",
                            "example.com.",
                            ".example.com",
                            "example..com",
                            "-a.example.com",
                            "a b.example.com",
                            "ann@example.com",
                            "example.com/x",
                            "*.example.com",
                            "localhost",
                            "_tenantd.example.com",
                            "example.com\\u0000.net",
                            "exa\\u200bmple.com"})
    expect_problem(owner.client().post("/api/v1/domains", std::string{R"({"domain":")"} + typed + "\"}"), 422,
                   "validation_failed");
  require_equal(number_of("SELECT COUNT(*) FROM domain"), 0);
  // One spelling.
  require_equal(expect(claim(owner, "EXAMPLE.Com"), 201).text("/domain"), "example.com");
  expect_problem(claim(owner, "example.com"), 409, "conflict");
  require_equal(expect(claim(owner, "b\xC3\xBC\x63her.example.com"), 201).text("/domain"),
                "xn--bcher-kva.example.com");
}

Test(domains, an_organization_has_twenty_at_most, .timeout = 120) {
  Domains world;
  const auto owner = sign_up_verified();
  for (int i = 0; i < 20; ++i) expect(claim(owner, fresh_domain()), 201);
  expect_problem(claim(owner, fresh_domain()), 409, "limit_reached");
  require_equal(number_of("SELECT COUNT(*) FROM domain"), 20);
}

Test(domains, owners_and_administrators_alone_see_and_change_them, .timeout = 120) {
  Domains world;
  const auto owner = sign_up_verified();
  const auto claimed = claimed_by(owner, fresh_domain());
  for (const auto* role : {"manager", "member", "viewer"}) {
    const auto other = invite_and_accept(owner, role);
    expect_problem(claim(other, fresh_domain()), 403, "forbidden");
    expect_problem(verify_domain(other, claimed), 403, "forbidden");
    expect_problem(other.client().get("/api/v1/domains"), 403, "forbidden");
    expect_problem(other.client().del(domain_path(claimed), ""), 403, "forbidden");
    expect_problem(enforce(other), 403, "forbidden");
  }
  expect(claim(invite_and_accept(owner, "admin"), fresh_domain()), 201);
  require_equal(number_of("SELECT COUNT(*) FROM domain"), 2);
}

Test(domains, another_organizations_claim_is_not_found, .timeout = 120) {
  Domains world;
  const auto owner = sign_up_verified();
  const auto other = sign_up_verified();
  const auto claimed = claimed_by(owner, fresh_domain());
  world.set_record(claimed);
  expect_problem(verify_domain(other, claimed), 404, "not_found");
  expect_problem(other.client().get(domain_path(claimed)), 404, "not_found");
  expect_problem(other.client().del(domain_path(claimed), ""), 404, "not_found");
  require_equal(number_of("SELECT COUNT(*) FROM domain WHERE proven_at IS NULL"), 1);
}

Test(domains, a_claim_blocks_nobody_and_of_two_that_prove_at_once_one_has_it, .timeout = 180) {
  Domains world;
  for (int round = 0; round < 5; ++round) {
    const auto name = fresh_domain();
    const auto first = sign_up_verified(), second = sign_up_verified();
    const auto one = claimed_by(first, name), two = claimed_by(second, name);
    world.dns.say("_tenantd." + name, {{{one.text("/record_value")}, {two.text("/record_value")}}});
    const std::vector<std::pair<const Account*, const Response*>> both{{&first, &one}, {&second, &two}};
    const auto statuses =
        at_once(2, [&](std::size_t i) { return verify_domain(*both[i].first, *both[i].second).status; });
    require_equal(std::min(statuses[0], statuses[1]), 200);
    require_equal(std::max(statuses[0], statuses[1]), 409);
    require_equal(proven(name), 1);
    const bool first_won = statuses[0] == 200;
    expect_problem(first_won ? verify_domain(second, two) : verify_domain(first, one), 409, "domain_taken");
    // Given up, it is the other's to prove.
    const auto& [winner, won] = both[first_won ? 0 : 1];
    expect(winner->client().del(domain_path(*won), ""), 204);
    expect(first_won ? verify_domain(second, two) : verify_domain(first, one), 200);
  }
}

Test(domains, the_record_of_an_earlier_claim_and_another_organizations_prove_nothing, .timeout = 120) {
  Domains world;
  const auto owner = sign_up_verified();
  const auto name = fresh_domain();
  const auto before = prove(world, owner, name);
  expect(owner.client().del(domain_path(before), ""), 204);
  const auto again = claimed_by(owner, name);
  require(again.text("/record_value") != before.text("/record_value"), "another value");
  expect_problem(verify_domain(owner, again), 409, "domain_unproven");
  const auto other = sign_up_verified();
  expect_problem(verify_domain(other, claimed_by(other, name)), 409, "domain_unproven");
  require_equal(proven(name), 0);
}

Test(domains, a_record_above_or_below_proves_nothing, .timeout = 120) {
  Domains world;
  const auto owner = sign_up_verified();
  const auto name = fresh_domain();
  const auto above = claimed_by(owner, name);
  const auto below = claimed_by(owner, "mail." + name);
  world.dns.say_txt(name, above.text("/record_value"));
  world.dns.say_txt("_tenantd.mail." + name, above.text("/record_value"));
  expect_problem(verify_domain(owner, above), 409, "domain_unproven");
  expect_problem(verify_domain(owner, below), 409, "domain_unproven");
  // A proven one says nothing about those below it.
  world.set_record(above);
  expect(verify_domain(owner, above), 200);
  require(owner.client().get(domain_path(below)).at("/proven_at").IsNull(), "a claim still");
  make_provider(owner, "google");
  require(is_discovered("ann@" + name), "the domain itself");
  require(!is_discovered("ann@mail." + name), "one below it");
  require(!is_discovered("ann@x" + name), "one that ends alike");
}

Test(domains, answers_that_are_large_split_or_cut_are_read, .timeout = 120) {
  Domains world;
  const auto owner = sign_up_verified();
  const auto check = [&](const char* what, const std::function<DnsAnswer(const std::string&)>& answer) {
    const auto claimed = claimed_by(owner, fresh_domain());
    world.dns.say(claimed.text("/record_name"), answer(claimed.text("/record_value")));
    const auto reply = verify_domain(owner, claimed);
    require(reply.status == 200, what + (": " + reply.describe()));
  };
  check("several strings", [](const auto& value) {
    return DnsAnswer{{{value.substr(0, 10), "", value.substr(10)}}};
  });
  check("several records", [](const auto& value) {
    return DnsAnswer{{{"v=spf1 -all"}, {value}, {"something else"}}};
  });
  check("cut over UDP", [](const auto& value) { return DnsAnswer{{{value}}, DnsAnswer::Manner::truncated}; });
  require(world.dns.questions_by_tcp() > 0, "asked over TCP");
  check("beside a huge one", [](const auto& value) {
    return DnsAnswer{{std::vector<std::string>(200, std::string(255, 'x')), {value}}};
  });
}

Test(domains, answers_that_are_forged_broken_or_missing_prove_nothing, .timeout = 180) {
  Domains world;
  const auto owner = sign_up_verified();
  const auto name = fresh_domain();
  const auto claimed = claimed_by(owner, name);
  const auto value = claimed.text("/record_value"), at = claimed.text("/record_name");
  using Manner = DnsAnswer::Manner;
  for (const auto manner :
       {Manner::silent, Manner::failing, Manner::forged_id, Manner::forged_name, Manner::garbage}) {
    world.dns.say(at, {{{value}}, manner});
    expect_problem(verify_domain(owner, claimed), 502, "dns_unavailable");
  }
  // One value beside others of its kind, as a part, in other letters, and in a record that is too long.
  for (const auto& text : {value + "x", "x" + value, value.substr(0, value.size() - 1), " " + value,
                           std::string{"TENANTD-VERIFICATION="} + value.substr(21)}) {
    world.dns.say_txt(at, text);
    expect_problem(verify_domain(owner, claimed), 409, "domain_unproven");
  }
  world.dns.say(at, {{std::vector<std::string>(250, value)}});
  expect_problem(verify_domain(owner, claimed), 409, "domain_unproven");
  require_equal(proven(name), 0);
}

Test(domains, look_ups_are_counted_by_organization, .timeout = 180) {
  Domains world;
  const auto owner = sign_up_verified();
  const auto claimed = claimed_by(owner, fresh_domain());
  for (int i = 0; i < 30; ++i) expect_problem(verify_domain(owner, claimed), 409, "domain_unproven");
  const auto asked = world.dns.questions(claimed.text("/record_name"));
  world.set_record(claimed);
  const auto refused = verify_domain(owner, claimed);
  expect_problem(refused, 429, "rate_limited");
  require(!refused.header("Retry-After").empty(), "says when");
  require_equal(world.dns.questions(claimed.text("/record_name")), asked);
  // Others have their own.
  const auto other = sign_up_verified();
  prove(world, other, fresh_domain());
}

Test(domains, a_record_that_is_gone_is_missed_and_after_the_grace_the_domain_is_dropped, .timeout = 240) {
  Domains world;
  const auto owner = sign_up_verified();
  const auto name = fresh_domain();
  const auto claimed = prove(world, owner, name);
  make_provider(owner, "google");
  MovedClock clock;
  constexpr std::int64_t kDay = 86400;
  const auto checked = [] { return number_of("SELECT checked_at FROM domain"); };
  const auto first = checked();
  clock.set(8 * kDay);
  wait_until("it is proven again", [&] { return checked() > first; });
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE type LIKE 'domain.missed'"), 0);
  world.dns.forget(claimed.text("/record_name"));
  clock.set(16 * kDay);
  wait_until("it is missed", [] { return number_of("SELECT missed_at IS NOT NULL FROM domain") == 1; });
  require(newest_mail(owner.email, "domain_unproven").text.find("until") != std::string::npos,
          "says until when");
  // It counts on meanwhile.
  require(is_discovered("ann@" + name), "still discovered");
  clock.set(24 * kDay);
  wait_until("it is dropped", [&] { return proven(name) == 0; });
  wait_until("owners are told", [&] { return count_mails(owner.email, "domain_unproven") == 2; });
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'domain.dropped'"), 1);
  require(!is_discovered("ann@" + name), "no more");
}

Test(domains, name_servers_that_are_away_drop_nothing, .timeout = 240) {
  Domains world;
  const auto owner = sign_up_verified();
  const auto name = fresh_domain();
  const auto claimed = prove(world, owner, name);
  world.dns.say(claimed.text("/record_name"), {{}, DnsAnswer::Manner::silent});
  const auto before = world.dns.questions(claimed.text("/record_name"));
  MovedClock clock;
  clock.set(std::int64_t{20} * 86400);
  wait_until("it was asked for", [&] { return world.dns.questions(claimed.text("/record_name")) > before; });
  wait_until("and put off", [] {
    return number_of("SELECT next_check_at > UNIX_TIMESTAMP() + 20 * 86400 + 1200 FROM domain") == 1;
  });
  require_equal(number_of("SELECT proven_at IS NOT NULL AND missed_at IS NULL FROM domain"), 1);
  require_equal(count_mails(owner.email, "domain_unproven"), 0U);
}

Test(domains, discovery_looks_at_no_account_and_answers_alike, .timeout = 120) {
  Domains world;
  const auto owner = sign_up_verified();
  const auto name = fresh_domain();
  const auto claimed = claimed_by(owner, name);
  make_provider(owner, "google");
  const auto unknown = discover("nobody@" + fresh_domain());
  // A claim, an account, and nothing at all.
  for (const auto& email : {"ann@" + name, owner.email, std::string{"ann@gmail.com"}})
    require_equal(discover(email).body, unknown.body);
  require_equal(unknown.body, std::string{R"({"organization":null,"providers":[],"password":true})"});
  world.set_record(claimed);
  expect(verify_domain(owner, claimed), 200);
  const auto found = discover("ANN@" + name);
  require_equal(found.text("/providers/0/kind"), "google");
  require_equal(found.text("/providers/0/name"), "Google");
  require_equal(found.at("/password").GetBool(), true);
  // Every address of the domain, whether somebody has it or not.
  auto member = invite_and_accept(owner);
  move_to(member, name);
  require_equal(discover(member.email).body, found.body);
  require_equal(discover("nobody@" + name).body, found.body);
  for (const auto* body : {R"({"email":"x"})", R"({})", R"({"email":"a@b.example","org":1})"})
    expect_problem(Client{}.post("/api/v1/auth/discover", body), 422, "validation_failed");
  // Without a provider there is nothing to offer, and nobody learns whose domain it is.
  const auto providers = "/api/v1/tenants/" + owner.org_id + "/identity-providers";
  const auto id = expect(owner.client().get(providers), 200).text("/items/0/id");
  expect(owner.client().put(providers + '/' + id, R"({"enabled":false})"), 200);
  require_equal(discover("ann@" + name).body, unknown.body);
}
