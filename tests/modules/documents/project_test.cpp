// Projects: begun, read, changed, removed, counted against a limit, and looked over.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/parallel.hpp"
#include "support/projects.hpp"
#include "support/tenants.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kPath = "/api/v1/projects";

std::string one(const std::string& id) { return std::string{kPath} + '/' + id; }

std::int64_t stored_projects(const Account& owner) {
  return number_of("SELECT COUNT(*) FROM project WHERE org_id = " + binary(owner.org_id));
}

void require_counted(const Account& owner) {
  require_equal(number_of("SELECT projects FROM organization_usage WHERE org_id = " + binary(owner.org_id)),
                stored_projects(owner), "organization_usage.projects");
}

std::int64_t hits(const Account& owner, const std::string& query) {
  const auto reply = owner.client().get(std::string{kPath} + "?include_total=true&" + query);
  expect(reply, 200);
  require_equal(static_cast<std::int64_t>(reply.size("/items")), reply.number("/total"), query);
  return reply.number("/total");
}

}  // namespace

Test(project, it_is_begun_read_changed_and_removed) {
  const auto owner = sign_up();
  auto client = owner.client();
  for (const char* path : {"/projects/create_project", kPath}) {
    const auto made = client.post(
        path, R"({"name":"Hull","description":"Racks","status":"active","starts_at":100,"ends_at":100,)"
              R"("tags":[" Racks ","hull","RACKS"]})");
    expect(made, 201);
    require_equal(made.header("location"), one(made.text("/id")));
    require_equal(made.header("etag"), "\"1\"");
    require_equal(made.text("/owner_id"), owner.user_id);
    require_equal(made.size("/tags"), 2U);
    require_equal(made.text("/tags/0"), "hull");
    require_equal(made.text("/tags/1"), "racks");
    require_equal(expect(client.get(one(made.text("/id"))), 200).body, made.body);
    const auto changed = client.put(one(made.text("/id")), R"({"name":"Hull 2"})");
    expect(changed, 200);
    require_equal(changed.header("etag"), "\"2\"");
    require_equal(changed.text("/status"), "planned");
    require_equal(changed.text("/owner_id"), owner.user_id);
    require(changed.at("/ends_at").IsNull() && changed.size("/tags") == 0, changed.describe());
    require(
        client.put(one(made.text("/id")), R"({"name":"Hull 2","owner_id":null})").at("/owner_id").IsNull(),
        "nobody's");
    expect(client.del(one(made.text("/id")), ""), 204);
    expect_problem(client.get(one(made.text("/id"))), 404, "not_found");
    expect_problem(client.del(one(made.text("/id")), ""), 404, "not_found");
  }
  require_equal(stored_projects(owner), 0);
  require_counted(owner);
}

Test(project, what_cannot_be_is_refused) {
  const auto owner = sign_up();
  const auto stranger = sign_up();
  const auto gone = invite_and_accept(owner);
  auto client = owner.client();
  expect(client.put("/api/v1/users/" + gone.user_id, R"({"status":"inactive"})"), 200);
  const auto id = make_project(owner);
  std::string many = R"({"name":"x","tags":["a")";
  for (int i = 0; i < 20; ++i) many += ",\"t" + std::to_string(i) + '"';
  Unchanged database;
  const auto refused = [&](const std::string& body, const char* pointer) {
    for (const bool puts : {false, true}) {
      const auto answer = puts ? client.put(one(id), body) : client.post(kPath, body);
      expect_problem(answer, 422, "validation_failed");
      expect_pointer(answer, pointer);
    }
  };
  refused(R"({"name":""})", "/name");
  refused(R"({"name":"x","status":"lost"})", "/status");
  refused(R"({"name":"x","starts_at":2,"ends_at":1})", "/ends_at");
  refused(R"({"name":"x","starts_at":"2"})", "/starts_at");
  refused(R"({"name":"x","starts_at":9223372036854775808})", "/starts_at");
  refused(R"({"name":"x","ends_at":1.5})", "/ends_at");
  refused(R"({"name":"x","ends_at":-1})", "/ends_at");
  refused(R"({"name":"x","tags":["a","b,c"]})", "/tags/1");
  refused(R"({"name":"x","tags":[" "]})", "/tags/0");
  refused(many + "]}", "/tags");
  refused(R"({"name":"x","owner_id":")" + fresh_id() + "\"}", "/owner_id");
  refused(R"({"name":"x","owner_id":")" + stranger.user_id + "\"}", "/owner_id");
  refused(R"({"name":"x","owner_id":")" + gone.user_id + "\"}", "/owner_id");
  database.check("bad projects");
}

Test(project, who_owned_it_when_the_membership_ended_stays_its_owner) {
  const auto owner = sign_up();
  const auto guest = invite_and_accept(owner, "manager");
  const auto id = make_project(guest);
  expect(owner.client().del("/delete", object({{"user_id", guest.user_id}})), 204);
  const auto changed = owner.client().put(one(id), R"({"name":"x","owner_id":")" + guest.user_id + "\"}");
  expect(changed, 200);
  require_equal(changed.text("/owner_id"), guest.user_id);
}

Test(project, lists_are_filtered) {
  const auto owner = sign_up();
  const auto guest = invite_and_accept(owner, "manager");
  make_project(owner, "100% Café", R"(,"status":"active","tags":["é"])");
  make_project(owner, "Second", R"(,"description":"in_side","tags":["e","deep blue"])");
  make_project(guest, "Third", R"(,"status":"active")");
  require_equal(hits(owner, ""), 3);
  require_equal(hits(owner, "status=active"), 2);
  require_equal(hits(owner, "status=archived"), 0);
  require_equal(hits(owner, "owner_id=" + guest.user_id), 1);
  require_equal(hits(owner, "tag=e"), 1);
  require_equal(hits(owner, "tag=%C3%89"), 1);
  require_equal(hits(owner, "tag=Deep%20Blue"), 1);
  require_equal(hits(owner, "tag=e,deep%20blue"), 0);
  require_equal(hits(owner, "q=%25"), 1);
  require_equal(hits(owner, "q=in_S"), 1);
  require_equal(hits(owner, "q=o%27%20OR%201=1"), 0);
  require_equal(hits(owner, "status=active&q=third"), 1);
  std::string cursor;
  std::size_t seen = 0;
  do {
    const auto page =
        owner.client().get(std::string{kPath} + "?limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor));
    seen += expect(page, 200).size("/items");
    cursor = page.at("/next_cursor").IsNull() ? "" : page.text("/next_cursor");
  } while (!cursor.empty());
  require_equal(seen, 3U);
}

Test(project, of_two_with_one_tag_one_wins) {
  const auto owner = sign_up();
  const auto id = make_project(owner);
  const auto replies = at_once(8, [&](std::size_t i) {
    return owner.client().send({"PUT",
                                one(id),
                                R"({"name":"n)" + std::to_string(i) + "\"}",
                                "application/json",
                                {{"If-Match", "\"1\""}}});
  });
  int won = 0;
  for (const auto& reply : replies) {
    won += reply.status == 200 ? 1 : 0;
    if (reply.status != 200) expect_problem(reply, 412, "precondition_failed");
  }
  require_equal(won, 1);
}

Test(project, five_of_twenty_at_once_are_within_the_limit) {
  const auto root = super_admin();
  const auto owner = sign_up();
  make_project(owner);
  set_limits(root, owner.org_id, R"({"max_projects":6})");
  const auto replies = at_once(20, [&](std::size_t i) {
    return owner.client().post(i % 2 == 0 ? kPath : "/projects/create_project", R"({"name":"x"})");
  });
  int made = 0;
  for (const auto& reply : replies) {
    made += reply.status == 201 ? 1 : 0;
    if (reply.status == 201) continue;
    expect_problem(reply, 409, "limit_reached");
    require_equal(reply.text("/limit"), "projects", reply.describe());
  }
  require_equal(made, 5);
  require_equal(stored_projects(owner), 6);
  require_counted(owner);
  // One goes, one comes.
  const auto first = owner.client().get(std::string{kPath} + "?limit=1");
  expect(owner.client().del(one(first.text("/items/0/id")), ""), 204);
  make_project(owner);
  expect_problem(owner.client().post(kPath, R"({"name":"x"})"), 409, "limit_reached");
  require_counted(owner);
}

Test(project, one_with_documents_goes_only_with_them) {
  const auto owner = sign_up();
  const auto id = make_project(owner);
  for (const char* name : {"A", "B", "C"}) make_document(owner, id, name);
  auto client = owner.client();
  {
    Unchanged database;
    expect_problem(client.del(one(id), ""), 409, "resource_in_use");
    expect_problem(client.del(one(id) + "?with_documents=false", ""), 409, "resource_in_use");
    database.check("a project with documents");
  }
  // A key that may not remove documents does not remove them so either.
  const auto key = make_api_key(owner, R"(["projects:delete","projects:read"])");
  {
    Unchanged database;
    expect_problem(key.client().del(one(id) + "?with_documents=true", ""), 403, "forbidden");
    database.check("a key without documents:delete");
  }
  expect(client.del(one(id) + "?with_documents=true", ""), 204);
  require_equal(number_of("SELECT COUNT(*) FROM document WHERE org_id = " + binary(owner.org_id)), 0);
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'document.deleted' AND org_id = " +
                          binary(owner.org_id)),
                3);
  require_counted(owner);
}

Test(project, no_document_is_left_without_its_project) {
  const auto owner = sign_up();
  for (int round = 0; round < 5; ++round) {
    const auto id = make_project(owner);
    const auto replies = at_once(8, [&](std::size_t i) {
      return i == 0 ? owner.client().del(one(id) + "?with_documents=true", "")
                    : owner.client().post(one(id) + "/documents", R"({"name":"x"})");
    });
    require_equal(replies[0].status, 204, replies[0].describe());
    for (std::size_t i = 1; i < replies.size(); ++i)
      if (replies[i].status != 201) expect_problem(replies[i], 404, "not_found");
  }
  require_equal(number_of("SELECT COUNT(*) FROM document WHERE org_id = " + binary(owner.org_id)), 0);
  require_counted(owner);
}

Test(project, the_feed_tells_what_happened_newest_first) {
  const auto owner = sign_up();
  const auto viewer = invite_and_accept(owner, "viewer");
  const auto stranger = sign_up();
  make_project(stranger, "Elsewhere");
  const auto id = make_project(owner, "Hull");
  const auto document = make_document(owner, id, "Plan");
  expect(owner.client().put("/api/v1/projects/documents/" + document, R"({"name":"New plan"})"), 200);
  expect(owner.client().del("/api/v1/projects/documents/" + document, ""), 204);
  const auto feed = viewer.client().get("/api/v1/projects/activity?include_total=true");
  expect(feed, 200);
  require_equal(feed.number("/total"), 4);
  require_equal(feed.text("/items/0/type"), "document.deleted");
  require_equal(feed.text("/items/0/name"), "New plan");
  require_equal(feed.text("/items/0/subject_id"), document);
  require_equal(feed.text("/items/0/project_id"), id);
  require_equal(feed.text("/items/0/actor/id"), owner.user_id);
  // A viewer may not read users.
  require(feed.at("/items/0/actor/email").IsNull(), feed.describe());
  const auto named = owner.client().get("/api/v1/projects/activity");
  require_equal(expect(named, 200).text("/items/0/actor/email"), owner.email);
  require_equal(feed.text("/items/3/type"), "project.created");
  const auto first = viewer.client().get("/api/v1/projects/activity?limit=3");
  const auto rest =
      viewer.client().get("/api/v1/projects/activity?limit=3&cursor=" + first.text("/next_cursor"));
  require_equal(expect(rest, 200).size("/items"), 1U);
  require_equal(rest.text("/items/0/type"), "project.created");
  require(rest.at("/next_cursor").IsNull(), rest.describe());
  // Without the right to documents and people, neither is told.
  const auto key = make_api_key(owner, R"(["projects:read"])");
  const auto less = key.client().get("/api/v1/projects/activity?include_total=true");
  require_equal(expect(less, 200).number("/total"), 1);
  require(less.at("/items/0/actor/email").IsNull(), less.describe());
}

Test(project, the_numbers_are_those_of_the_rows) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto other = sign_up();
  make_document(other, make_project(other), "Elsewhere");
  set_limits(root, owner.org_id, R"({"max_projects":9})");
  const auto id = make_project(owner);
  make_project(owner, "x", R"(,"status":"on_hold")");
  make_project(owner, "x", R"(,"status":"on_hold")");
  make_document(owner, id, "A");
  make_document(owner, id, "B");
  const auto stats = owner.client().get("/api/v1/projects/stats");
  expect(stats, 200);
  require_equal(stats.number("/projects/total"), 3);
  require_equal(stats.number("/projects/limit"), 9);
  require_equal(stats.number("/projects/by_status/planned"), 1);
  require_equal(stats.number("/projects/by_status/on_hold"), 2);
  require_equal(stats.number("/documents/total"), 2);
  require_equal(stats.number("/documents/none"), 2);
  require_equal(stats.number("/storage/bytes"), 0);
  const auto key = make_api_key(owner, R"(["projects:read"])");
  require(expect(key.client().get("/api/v1/projects/stats"), 200).at("/documents").IsNull(), "documents");
}
