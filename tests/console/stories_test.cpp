// What must hold on every page of the console, in a real browser: markup is text, changes are seen, nothing
// is lost, and ten thousand members are no more than a list. The service's side of it is looked at here.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/fixtures.hpp"
#include "support/impersonation.hpp"
#include "support/mailbox.hpp"
#include "support/node.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/receiver.hpp"

using namespace tenantd::test;

namespace {

std::string line_of(const std::string& output) { return output.substr(0, output.find('\n')); }

// Members with names; the last one's is "Last of all 9999".
void crowd(const Account& owner, int members) {
  const auto id = id_of("CONCAT(HEX(" + binary(owner.org_id) + "), seq)");
  database().run("INSERT INTO user (id, email, profile, created_at, updated_at) SELECT " + id +
                 ", CONCAT('soul', HEX(" + id + R"(), '@crowd.example'), CONCAT('{"name":"', )" +
                 "IF(seq < 9999, 'Soul ', 'Last of all '), seq, '\"}'), seq, 1 FROM " + series(members));
  // In parts: a statement has its time.
  for (int from = 0; from < members; from += 500)
    database().run(
        "INSERT INTO member (org_id, user_id, role_id, status, created_at, updated_at) SELECT r.org_id, " +
        id + ", r.id, 0, seq * 10000, 1 FROM role r JOIN " + series(members) +
        " WHERE r.name = 'member' AND r.org_id = " + binary(owner.org_id) + " AND seq > " +
        std::to_string(from) + " AND seq <= " + std::to_string(from + 500));
}

}  // namespace

Test(console_stories, markup_in_any_text_is_text_on_every_page) {
  const auto owner = new_super_admin();
  const auto email = fresh_email();
  expect(owner.client().put("/api/v1/organizations/" + owner.org_id,
                            R"({"name":"<img/src=x/onerror=__xss=1>"})"),
         200);
  expect(invite(owner, email), 201);
  const auto link = newest_mail(email, "invitation").link();
  const auto token = line_of(
      browse("console_markup.mjs", {printed({"postman"}, "markup.json"), owner.email, owner.password, link}));
  require(token.size() > 100, "no token: " + token);
  require_equal(log_with(run_dir(), token), "", "the access token stands in a log");
}

Test(console_stories, what_changes_is_seen_and_what_is_typed_stays) {
  const auto owner = sign_up();
  const auto manager = invite_and_accept(owner, "manager");
  browse("console_session.mjs", {"changes", owner.email, kPassword, manager.email, manager.user_id});
  const auto products = owner.client().get("/api/v1/products");
  expect(products, 200);
  require_equal(products.size("/items"), 2U);
}

Test(console_stories, five_windows_renew_their_session_together_for_an_hour) {
  const auto owner = sign_up();
  const MovedClock clock;
  browse("console_session.mjs", {"tabs", owner.email, kPassword});
}

Test(console_stories, an_owner_connects_programs_and_hands_over) {
  const FakeProvider provider;
  Receiver receiver;
  receiver.answer([calls = 0](const Received&) mutable {
    return Receiver::Answer{calls++ == 0 ? 410 : 200, {}, {}, false};
  });
  auto settings = provider.settings();
  settings.emplace_back("OUTBOUND_ALLOW=127.0.0.1,127.0.0.2");
  const PrivateStack stack{settings};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto heir = invite_and_accept(owner, "admin");
  const auto secret =
      line_of(browse("console_programs.mjs",
                     {owner.email, kPassword, heir.email, receiver.url("/hook"), provider.issuer("own")}));
  require(secret.starts_with("whsec_"), secret);
  require_equal(log_with(stack.dir(), secret), "", "the secret stands in a log");
  const auto came = receiver.wait_for(2, "/hook");
  require_equal(came[0].headers.at("webhook-id"), came[1].headers.at("webhook-id"), "the same event");
  require_equal(stored_role(owner.org_id, heir.user_id), "owner");
}

Test(console_stories, ten_thousand_members_by_keyboard_and_enlarged) {
  const auto owner = sign_up();
  crowd(owner, 10000);
  browse("console_crowd.mjs", {owner.email, kPassword});
}
