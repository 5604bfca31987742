// Documents of projects that are text alone: made, read, moved and removed. What is done to one with a file
// without touching the file itself is here too.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/parallel.hpp"
#include "support/projects.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kPath = "/api/v1/projects/documents";

std::string one(const std::string& id) { return std::string{kPath} + '/' + id; }

std::int64_t hits(const Account& owner, const std::string& query) {
  const auto reply = owner.client().get(std::string{kPath} + "?include_total=true&" + query);
  expect(reply, 200);
  require_equal(static_cast<std::int64_t>(reply.size("/items")), reply.number("/total"), query);
  return reply.number("/total");
}

// As if `bytes` had been stored for the document. Returns the key.
std::string give_file(const Account& owner, const std::string& document, std::int64_t bytes) {
  const auto key = fresh_name("key");
  database().run("UPDATE document SET status = 2, size = " + std::to_string(bytes) +
                 ", content_type = 'text/plain', sha256 = REPEAT('a', 32), uploaded_at = 1, storage_key = " +
                 literal(key) + " WHERE id = " + binary(document));
  database().run("INSERT INTO organization_usage (org_id, storage_bytes) VALUES (" + binary(owner.org_id) +
                 ", " + std::to_string(bytes) + ") ON DUPLICATE KEY UPDATE storage_bytes = storage_bytes + " +
                 std::to_string(bytes));
  return key;
}

std::int64_t storage_of(const Account& owner) {
  return number_of("SELECT storage_bytes FROM organization_usage WHERE org_id = " + binary(owner.org_id));
}

std::int64_t removals(const std::string& key) {
  return number_of("SELECT COUNT(*) FROM file_removal WHERE storage_key = " + literal(key));
}

}  // namespace

Test(project_documents, one_is_made_read_moved_and_removed) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto first = make_project(owner, "First");
  const auto second = make_project(owner, "Second");
  const auto made = client.post("/api/v1/projects/" + first + "/documents",
                                R"({"name":"Plan","description":"Lifts","tags":["B","a"]})");
  expect(made, 201);
  require_equal(made.header("location"), one(made.text("/id")));
  require_equal(made.header("etag"), "\"1\"");
  require_equal(made.text("/status"), "none");
  require_equal(made.text("/tags/0"), "a");
  require(made.at("/size").IsNull() && made.at("/sha256").IsNull(), made.describe());
  const auto path = one(made.text("/id"));
  require_equal(expect(client.get(path), 200).body, made.body);
  const auto moved = client.put(path, R"({"name":"Plan 2","project_id":")" + second + "\"}");
  expect(moved, 200);
  require_equal(moved.header("etag"), "\"2\"");
  require_equal(moved.text("/project_id"), second);
  require_equal(client.put(path, R"({"name":"Plan 3"})").text("/project_id"), second);
  expect(client.del(path, ""), 204);
  for (const auto& reply : {client.get(path), client.del(path, ""), client.put(path, R"({"name":"x"})")})
    expect_problem(reply, 404, "not_found");
}

Test(project_documents, projects_of_others_and_of_nobody_take_none) {
  const auto owner = sign_up();
  const auto stranger = sign_up();
  const auto foreign = make_project(stranger);
  const auto document = make_document(owner, make_project(owner), "Plan");
  auto client = owner.client();
  Unchanged database;
  for (const auto& id : {foreign, fresh_id(), std::string{"x"}})
    expect_problem(client.post("/api/v1/projects/" + id + "/documents", R"({"name":"x"})"), 404, "not_found");
  for (const auto& id : {foreign, fresh_id()}) {
    const auto refused = client.put(one(document), R"({"name":"x","project_id":")" + id + "\"}");
    expect_problem(refused, 422, "validation_failed");
    expect_pointer(refused, "/project_id");
  }
  expect_problem(client.post("/api/v1/projects/" + foreign + "/documents", R"({"name":""})"), 422,
                 "validation_failed");
  database.check("foreign projects");
}

Test(project_documents, lists_are_filtered) {
  const auto owner = sign_up();
  const auto first = make_project(owner);
  const auto second = make_project(owner);
  make_document(owner, first, "100%", R"(,"tags":["plan"])");
  const auto filed = make_document(owner, first, "B");
  make_document(owner, second, "C", R"(,"tags":["planning"])");
  give_file(owner, filed, 5);
  require_equal(hits(owner, ""), 3);
  require_equal(hits(owner, "project_id=" + first), 2);
  require_equal(hits(owner, "project_id=" + fresh_id()), 0);
  require_equal(hits(owner, "project_id=" + second + "&tag=plan"), 0);
  require_equal(hits(owner, "tag=PLAN"), 1);
  require_equal(hits(owner, "status=stored"), 1);
  require_equal(hits(owner, "status=none"), 2);
  require_equal(hits(owner, "q=%25"), 1);
  require_equal(hits(owner, "project_id=" + first + "&q=b"), 1);
}

Test(project_documents, a_stale_tag_changes_nothing_and_of_two_with_one_tag_one_wins) {
  const auto owner = sign_up();
  const auto id = make_document(owner, make_project(owner), "Plan");
  const auto put = [&] {
    return owner.client().send(
        {"PUT", one(id), R"({"name":"x"})", "application/json", {{"If-Match", "\"1\""}}});
  };
  const auto replies = at_once(8, [&](std::size_t) { return put(); });
  int won = 0;
  for (const auto& reply : replies) {
    won += reply.status == 200 ? 1 : 0;
    if (reply.status != 200) expect_problem(reply, 412, "precondition_failed");
  }
  require_equal(won, 1);
  Unchanged database;
  expect_problem(put(), 412, "precondition_failed");
  database.check("a stale tag");
}

Test(project_documents, a_file_goes_with_its_document_once_and_its_bytes_come_back) {
  const auto owner = sign_up();
  const auto project = make_project(owner);
  const auto alone = make_document(owner, project, "A");
  const auto with_project = make_document(owner, project, "B");
  const auto key = give_file(owner, alone, 1000);
  const auto other_key = give_file(owner, with_project, 200);
  require_equal(owner.client().get("/api/v1/projects/stats").number("/storage/bytes"), 1200);
  require_equal(owner.client().get("/api/v1/projects/stats").number("/documents/stored"), 2);
  const auto replies = at_once(8, [&](std::size_t) { return owner.client().del(one(alone), ""); });
  int won = 0;
  for (const auto& reply : replies) won += reply.status == 204 ? 1 : 0;
  require_equal(won, 1);
  require_equal(removals(key), 1);
  require_equal(removals(other_key), 0);
  require_equal(storage_of(owner), 200);
  expect(owner.client().del("/api/v1/projects/" + project + "?with_documents=true", ""), 204);
  require_equal(removals(other_key), 1);
  require_equal(storage_of(owner), 0);
}

Test(project_documents, nobody_has_the_files_of_others_removed) {
  const auto owner = sign_up();
  const auto stranger = sign_up();
  const auto key = give_file(owner, make_document(owner, make_project(owner), "A"), 10);
  tenantd::db::Connection app{as_app()};
  app.run("CALL enter_scope(" + binary(stranger.org_id) + ", " + binary(stranger.user_id) + ", FALSE)");
  app.run("CALL remove_file(" + literal(key) + ")");
  require_equal(removals(key), 0, "by a stranger");
  require(error_of(app, "INSERT INTO tenantd.file_removal VALUES ('x', 1)") > 0, "the table itself");
  app.run("CALL enter_scope(" + binary(owner.org_id) + ", " + binary(owner.user_id) + ", FALSE)");
  app.run("CALL remove_file(" + literal(key) + ")");
  require_equal(removals(key), 1, "by the owner");
}
