// Full-text search over projects and documents: what is found, what typed text cannot do, and that rows of
// other organizations are neither found nor read.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/projects.hpp"
#include "tenantd/domain/search.hpp"

using namespace tenantd::test;

namespace {

using Ids = std::vector<std::string>;

std::string joined(const Response& reply, const std::string& pointer) {
  std::string text;
  for (const auto& part : reply.at(pointer).GetArray()) {
    const std::string piece = part["text"].GetString();
    text += part["match"].GetBool() ? '[' + piece + ']' : piece;
  }
  return text;
}

// A crowd of organizations that all use the same words, each with one project and `documents` documents, put
// in by statements of many rows, and taken out at the end.
class Neighbours {
 public:
  Neighbours(int organizations, int documents) {
    std::string orgs, projects, rows;
    for (int i = 0; i < organizations; ++i) {
      const auto comma = i == 0 ? "(" : ",(";
      const auto org = fresh_id();
      const auto key = binary(org);
      const auto project = binary(fresh_id());
      const auto tokens = tenantd::search_tokens(*tenantd::OrgId::parse(org), {"Floor plan 19", "", ""});
      orgs += comma + key + ",'N','" + stem_ + std::to_string(i) + "',1,1)";
      projects += comma + key + ',' + project + ",'Floor plan','" + tokens + "',1,1)";
      for (int k = 0; k < documents; ++k)
        rows += (rows.empty() ? "(" : ",(") + key + ",RANDOM_BYTES(16)," + project + ",'Floor plan','" +
                tokens + "',1,1)";
    }
    auto& connection = database();
    connection.run("START TRANSACTION");
    connection.run("INSERT INTO organization (id, name, slug, created_at, updated_at) VALUES " + orgs);
    connection.run("INSERT INTO project (org_id, id, name, search_text, created_at, updated_at) VALUES " +
                   projects);
    connection.run(
        "INSERT INTO document (org_id, id, project_id, name, search_text, created_at, updated_at) VALUES " +
        rows);
    connection.run("COMMIT");
  }
  ~Neighbours() {
    const auto mine = "org_id IN (SELECT id FROM organization WHERE slug LIKE " + literal(stem_ + '%') + ')';
    database().run("DELETE FROM document WHERE " + mine);
    database().run("DELETE FROM project WHERE " + mine);
    database().run("DELETE FROM organization WHERE slug LIKE " + literal(stem_ + '%'));
  }
  Neighbours(const Neighbours&) = delete;
  Neighbours& operator=(const Neighbours&) = delete;

 private:
  std::string stem_ = fresh_name("n");
};

}  // namespace

Test(project_search, the_best_hit_comes_first_with_its_words_marked) {
  const auto owner = sign_up();
  const auto project = make_project(owner, "Hull", R"(,"description":"Where the floor plan hangs")");
  const auto tagged = make_document(owner, project, "Ceiling", R"(,"tags":["floor","plan"])");
  const auto named = make_document(owner, project, "Floor plans", R"(,"description":"Second <b>FLOOR</b>")");
  make_document(owner, project, "Floor", R"(,"description":"tiles")");
  const auto reply = search(owner, "floor plan");
  expect(reply, 200);
  require_equal(reply.size("/items"), 3U, reply.describe());
  require_equal(reply.text("/items/0/id"), named);
  require_equal(reply.text("/items/0/kind"), "document");
  require_equal(reply.text("/items/0/project_id"), project);
  require_equal(joined(reply, "/items/0/highlights/0/parts"), "[Floor] [plans]");
  require_equal(joined(reply, "/items/0/highlights/1/parts"), "Second <b>[FLOOR]</b>");
  require_equal(reply.text("/items/1/id"), tagged);
  require_equal(reply.text("/items/1/highlights/0/field"), "tags");
  require_equal(reply.text("/items/2/id"), project);
  require_equal(reply.text("/items/2/kind"), "project");
  require_equal(joined(reply, "/items/2/highlights/0/parts"), "Where the [floor] [plan] hangs");
  require(!reply.at("/more").GetBool(), reply.describe());
  require(expect(search(owner, "floor plan", R"(,"limit":2)"), 200).at("/more").GetBool(), "more");
  require(found_ids(owner, "floor plan", R"(,"kinds":["project"])") == Ids{project}, "projects alone");
  require(found_ids(owner, "floor plan", R"(,"kinds":["document"])") == (Ids{named, tagged}),
          "documents alone");
}

Test(project_search, short_common_and_foreign_words_are_found) {
  const auto owner = sign_up();
  const auto id =
      make_project(owner, "To be or not to be: the A of C++", R"(,"description":"Żółć в Москве 東京都 x1")");
  for (const char* query : {"the", "to be", "a", "C++", "or", "x", "X1", "zolc", "ŻÓŁĆ", "москва", "МОСКВЕ",
                            "京", "東京", "of the a", "not be to"}) {
    const bool stem = std::string{query} == "москва";
    require_equal(found_ids(owner, query) == Ids{id}, !stem, query);
  }
  require(found_ids(owner, "mosk").empty(), "no such word");
  require(found_ids(owner, "to bee").empty(), "all words must be there");
}

Test(project_search, what_is_typed_is_never_an_operator) {
  const auto owner = sign_up();
  const auto id = make_project(owner, "Red bolt");
  make_project(owner, "Blue nut");
  for (const char* query :
       {"+red", "-red", "red*", "\"red bolt\"", "(red", "red)", ">red <bolt", "~red", "red @2", "red -blue",
        "*red", "red') OR 1=1 -- ", "red %", "++red--", "red \\", "'red'", "red \"", "+-*~<>()@\" red"}) {
    const auto reply = search(owner, query);
    expect(reply, 200);
    const bool more_words = std::string_view{query}.find_first_of("12") != std::string_view::npos ||
                            std::string_view{query}.find("blue") != std::string_view::npos;
    require_equal(reply.size("/items"), more_words ? 0U : 1U, query);
    if (!more_words) require_equal(reply.text("/items/0/id"), id, query);
  }
  Unchanged database;
  for (const char* query : {"+", "* ( ) ~", "\"\"", " ", "-"}) {
    const auto reply = search(owner, query);
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/query");
  }
  std::string many = "0";
  for (int i = 1; i < 33; ++i) many += ' ' + std::to_string(i);
  expect_problem(search(owner, many), 422, "validation_failed");
  database.check("nothing to look for");
}

Test(project_search, what_changed_is_found_by_its_new_words_and_what_went_by_none) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto project = make_project(owner, "First");
  const auto document = make_document(owner, project, "Draft");
  expect(client.put("/api/v1/projects/" + project, R"({"name":"Second"})"), 200);
  expect(client.put("/api/v1/projects/documents/" + document, R"({"name":"Final"})"), 200);
  require(found_ids(owner, "first").empty() && found_ids(owner, "draft").empty(), "the old words");
  require(found_ids(owner, "second") == Ids{project} && found_ids(owner, "final") == Ids{document},
          "the new");
  expect(client.del("/api/v1/projects/" + project + "?with_documents=true", ""), 204);
  require(found_ids(owner, "second").empty() && found_ids(owner, "final").empty(), "what went");
}

Test(project_search, documents_are_for_those_who_may_read_them) {
  const auto owner = sign_up();
  const auto project = make_project(owner, "Hull");
  make_document(owner, project, "Hull");
  const auto key = make_api_key(owner, R"(["projects:read"])");
  const auto reply = key.client().post("/api/v1/projects/search", R"({"query":"hull"})");
  require_equal(expect(reply, 200).size("/items"), 1U);
  require_equal(reply.text("/items/0/id"), project);
  expect_problem(key.client().post("/api/v1/projects/search", R"({"query":"hull","kinds":["document"]})"),
                 403, "forbidden");
}

Test(project_search, no_row_of_another_organization_is_found_or_read, .timeout = 120) {
  const auto owner = sign_up();
  const auto stranger = sign_up();
  const auto project = make_project(owner, "Floor");
  const auto document = make_document(owner, project, "Floor plan");
  make_document(stranger, make_project(stranger, "Floor plan"), "Floor plan");
  const Neighbours neighbours{100, 20};
  require(found_ids(owner, "floor plan") == Ids{document}, "its own rows alone");
  require_equal(found_ids(owner, "floor").size(), 2U);
  require(found_ids(stranger, "19").empty(), "a word that others use");

  // As the application asks, through its view: by the full-text index. The view's owner alone may see the
  // plan.
  auto& admin = database();
  admin.run("CALL tenantd_app.enter_scope(" + binary(owner.org_id) + ", " + binary(owner.user_id) +
            ", FALSE)");
  const auto org = *tenantd::OrgId::parse(owner.org_id);
  const auto expression = tenantd::search_expression(org, tenantd::searched_words("floor plan"));
  for (const std::string table : {"document", "project"}) {
    const auto match = "MATCH(search_text) AGAINST(" + literal(expression) + " IN BOOLEAN MODE)";
    auto plan = admin.run_query(std::string{on_mysql() ? "EXPLAIN FORMAT=TRADITIONAL" : "EXPLAIN"} +
                                " SELECT id, " + match + " AS score FROM tenantd_app." + table + "_search" +
                                " WHERE org_id = " + binary(owner.org_id) + " AND " + match +
                                " ORDER BY score DESC, id DESC LIMIT 20");
    require(plan.next(), "no plan");
    // MySQL has a column for partitions in front of these.
    const unsigned later = on_mysql() ? 1 : 0;
    require_equal(plan.text(3 + later), "fulltext", table);
    require_equal(plan.text(5 + later), table + "_text", table);
  }
  // Without the view, and without the organization in the query, the index itself gives no other's row.
  require_equal(number_of("SELECT COUNT(*) FROM document WHERE MATCH(search_text) AGAINST(" +
                          literal(expression) + " IN BOOLEAN MODE)"),
                1);
  tenantd::db::Connection app{as_app()};
  app.run("CALL enter_scope(" + binary(owner.org_id) + ", " + binary(owner.user_id) + ", FALSE)");
  // With a stranger's tokens the view still gives nothing of the stranger's.
  const auto foreign =
      tenantd::search_expression(*tenantd::OrgId::parse(stranger.org_id), tenantd::searched_words("floor"));
  auto rows = app.run_query("SELECT COUNT(*) FROM document WHERE MATCH(search_text) AGAINST(" +
                            literal(foreign) + " IN BOOLEAN MODE)");
  rows.next();
  require_equal(rows.integer(0), 0, "a stranger's tokens");
}
