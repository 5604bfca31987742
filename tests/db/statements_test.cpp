// Migration files: found, ordered, and cut into statements.
#include <criterion/criterion.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "db/sql_text.hpp"
#include "support/check.hpp"
#include "support/processes.hpp"
#include "tenantd/db/migrate.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

// The statements, joined so that a failure shows them.
std::string split(const std::string& text) {
  std::string joined;
  for (const auto& statement : db::split_statements(text)) joined += '<' + statement + '>';
  return joined;
}

// Without the empty comment lines in front of it, which the server reads over.
std::string bare(std::string statement) {
  while (statement.starts_with("--\n") || statement.starts_with('\n'))
    statement.erase(0, statement.find('\n') + 1);
  return statement;
}

std::string sql_dir() { return test::setting("TENANTD_TOP", ".") + "/sql"; }

std::string read(const std::string& name) {
  std::ifstream file{sql_dir() + '/' + name};
  std::ostringstream text;
  text << file.rdbuf();
  require(!text.str().empty(), name + " is not there");
  return text.str();
}

class Folder {
 public:
  explicit Folder(const std::vector<std::string>& files) {
    std::string path = "/tmp/tenantd-sql.XXXXXX";
    require(::mkdtemp(path.data()) != nullptr, "mkdtemp");
    path_ = path;
    for (const auto& file : files) std::ofstream{path_ + '/' + file} << "SELECT 1;";
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

Test(statements, semicolons_end_statements_and_empty_ones_are_dropped) {
  require_equal(split(""), "");
  require_equal(split(" \n;;\n ; "), "");
  require_equal(split("SELECT 1"), "<SELECT 1>");
  require_equal(split("SELECT 1;\r\nSELECT\n 2 ;"), "<SELECT 1><SELECT\n 2>");
}

Test(statements, a_semicolon_in_quotes_ends_nothing) {
  require_equal(split("SELECT ';' ; SELECT \";\"; SELECT `;`;"), "<SELECT ';'><SELECT \";\"><SELECT `;`>");
  require_equal(split("SELECT 'it''s;' ; SELECT 2"), "<SELECT 'it''s;'><SELECT 2>");
  require_equal(split(R"(SELECT 'it\'s;', '\\'; SELECT 2)"), R"(<SELECT 'it\'s;', '\\'><SELECT 2>)");
  require_equal(split("SELECT '\"', \"'\"; SELECT 2"), "<SELECT '\"', \"'\"><SELECT 2>");
  require_equal(split("SELECT '-- no comment;'; SELECT 2"), "<SELECT '-- no comment;'><SELECT 2>");
  require_equal(split("SELECT '\nDELIMITER //\n'; SELECT 2"), "<SELECT '\nDELIMITER //\n'><SELECT 2>");
}

Test(statements, a_backslash_is_plain_inside_backticks) {
  require_equal(split("SELECT `a\\`; SELECT 2"), "<SELECT `a\\`><SELECT 2>");
}

Test(statements, a_comment_to_the_end_of_its_line_is_left_out) {
  require_equal(split("-- first; it's\nSELECT 1; -- last;\n-- x"), "<SELECT 1>");
  require_equal(split("SELECT 1 -- one; \"\n + 1;"), "<SELECT 1 \n + 1>");
  require_equal(split("SELECT 5--1;"), "<SELECT 5--1>");
}

Test(statements, a_comment_after_a_hash_holds_no_statement_and_no_quote) {
  require_equal(db::split_statements("# it's one; two\nSELECT 1;\nSELECT 2;").size(), 2U);
}

Test(statements, a_comment_in_slashes_holds_no_statement_and_no_quote) {
  require_equal(db::split_statements("/* one; two */ SELECT 1; SELECT 2;").size(), 2U);
  require_equal(db::split_statements("/* it's */ SELECT 1; SELECT 2;").size(), 2U);
  require_equal(db::split_statements("SELECT 1 /*! + 1 */; SELECT 2;").size(), 2U);
}

Test(statements, a_comment_of_two_dashes_and_a_tab_or_nothing_holds_no_quote) {
  require_equal(db::split_statements("--\tit's\nSELECT 1; SELECT 2;").size(), 2U);
  require_equal(db::split_statements("--\nSELECT 1; SELECT 2;").size(), 2U);
}

Test(statements, another_delimiter_keeps_a_routines_body_whole) {
  const std::string routine = "CREATE PROCEDURE p()\nBEGIN\n  SELECT ';';\n  SELECT 2;\nEND";
  require_equal(split("SELECT 1;\nDELIMITER //\n" + routine + "//\nDELIMITER ;\nSELECT 3;"),
                "<SELECT 1><" + routine + "><SELECT 3>");
  require_equal(split("DELIMITER $$ \r\nSELECT 1; SELECT 2$$\nDELIMITER ;\nSELECT 3;"),
                "<SELECT 1; SELECT 2><SELECT 3>");
  require_equal(split("DELIMITER //\nSELECT 1//\nDELIMITER ;"), "<SELECT 1>");
}

Test(statements, the_word_delimiter_counts_only_where_a_line_begins) {
  require_equal(split("SELECT 1 AS DELIMITER ; SELECT 2"), "<SELECT 1 AS DELIMITER><SELECT 2>");
}

Test(statements, bytes_pass_unchanged) {
  require_equal(split("SELECT '\xC3\xA4\xF0\x9F\x98\x80', '" + std::string(1, '\0') + "';"),
                "<SELECT '\xC3\xA4\xF0\x9F\x98\x80', '" + std::string(1, '\0') + "'>");
}

Test(statements, the_core_migration_is_cut_into_whole_statements) {
  const auto statements = db::split_statements(read("0001_core.sql"));
  require(statements.size() > 10, std::to_string(statements.size()));
  for (const auto& whole : statements) {
    const auto statement = bare(whole);
    require(statement.starts_with("CREATE ") || statement.starts_with("INSERT ") ||
                statement.starts_with("ALTER "),
            statement);
    require(statement.find("DELIMITER") == std::string::npos, statement);
    require(std::count(statement.begin(), statement.end(), '(') ==
                std::count(statement.begin(), statement.end(), ')'),
            statement);
  }
}

Test(statements, views_and_routines_are_cut_into_whole_statements) {
  int routines = 0;
  for (const auto& whole : db::split_statements(read("views.sql"))) {
    const auto statement = bare(whole);
    require(statement.starts_with("CREATE DEFINER = tenantd_owner@localhost ") ||
                statement.starts_with(
                    "CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW"),
            statement);
    const bool has_body = statement.find("\nBEGIN\n") != std::string::npos;
    require(has_body == statement.ends_with("END"), statement);
    routines += has_body ? 1 : 0;
  }
  require(routines >= 4, std::to_string(routines) + " with a body");
}

Test(statements, a_view_names_the_system_roles_that_hold_a_permission) {
  const Folder folder{{"views.sql"}};
  const auto path = folder.path() + "/views.sql";
  const auto written = [&](const std::string& text) {
    std::ofstream{path} << text;
    std::string joined;
    for (const auto& statement : db::read_statements(path)) joined += '<' + statement + '>';
    return joined;
  };
  require_equal(written("SELECT name IN ({{roles with stats:read}}), ({{roles with tenant:delete}})"),
                "<SELECT name IN ('owner', 'admin', 'manager'), ('owner')>");
  try {
    written("SELECT {{roles with stats:raed}}");
    require(false, "a permission that is none");
  } catch (const test::Failure&) {
    throw;
  } catch (const std::runtime_error& e) {
    require_equal(std::string{e.what()}, "no permission is named stats:raed");
  }
}

Test(statements, each_grant_is_one_statement_and_gives_nothing_wide) {
  const auto statements = db::split_statements(read("grants.sql"));
  require(statements.size() > 10, std::to_string(statements.size()));
  for (const auto& statement : statements) {
    require(statement.starts_with("GRANT ") && statement.find(" TO {{") != std::string::npos, statement);
    for (const char* wide : {"ALL", "*", "GRANT OPTION", "CREATE", "DROP", "ALTER", "SUPER", "FILE"})
      require(statement.find(wide) == std::string::npos, statement);
    if (statement.ends_with("{{app}}")) require(statement.find(" tenantd.") == std::string::npos, statement);
  }
}

Test(migrations, those_of_the_repository_are_found_in_order_and_reach_the_known_version) {
  const auto found = db::find_migrations(sql_dir());
  // Work that is done side by side takes numbers beforehand: they ascend, and need not be dense.
  for (std::size_t i = 1; i < found.size(); ++i)
    require(found[i - 1].version < found[i].version, found[i].name + " has a number that another has");
  require_equal(found.back().version, db::kSchemaVersion);
  require_equal(found.front().name, "core");
}

Test(migrations, files_are_ordered_by_number_and_others_are_left_alone) {
  const Folder folder{{"0010_ten.sql", "0002_two.sql", "0001_one_more.sql", "views.sql", "0003_no.txt",
                       "12_short.sql", "README"}};
  std::string names;
  for (const auto& migration : db::find_migrations(folder.path()))
    names += std::to_string(migration.version) + migration.name + ' ';
  require_equal(names, "1one_more 2two 10ten ");
}

Test(migrations, a_folder_without_any_or_with_a_number_twice_is_refused) {
  const Folder empty{{"views.sql"}};
  const Folder twice{{"0001_a.sql", "0001_b.sql"}};
  for (const auto& path : {empty.path(), twice.path(), empty.path() + "/absent"}) {
    try {
      db::find_migrations(path);
      require(false, path);
    } catch (const test::Failure&) {
      throw;
    } catch (const std::runtime_error&) {
    }
  }
}
