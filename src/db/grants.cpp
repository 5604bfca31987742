#include "tenantd/db/grants.hpp"

#include <algorithm>
#include <stdexcept>

#include "sql_text.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::db {
namespace {

// A statement read word by word. Names may stand in backticks. What stands there stays as it is: a schema may
// be a pattern (tenantd\_app), and is revoked as it was granted.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) { read(); }

  bool ended() const { return text_.empty() && word_.empty() && !quoted_; }
  bool is(std::string_view word) const { return !quoted_ && ascii_lower(word_) == ascii_lower(word); }
  bool take(std::string_view word) {
    if (!is(word)) return false;
    read();
    return true;
  }
  std::string next() {
    auto word = word_;
    if (word.empty()) throw std::runtime_error("ends early");
    read();
    return word;
  }

 private:
  static bool is_mark(char c) { return std::string_view{"(),.@*"}.find(c) != std::string_view::npos; }

  void read() {
    word_.clear();
    quoted_ = false;
    while (!text_.empty() && static_cast<unsigned char>(text_.front()) <= ' ') text_.remove_prefix(1);
    if (text_.empty()) return;
    if (const char mark = text_.front(); mark == '`' || mark == '\'') return read_quoted(mark);
    if (is_mark(text_.front())) return take_characters(1);
    const auto ends = [](char c) { return static_cast<unsigned char>(c) <= ' ' || is_mark(c); };
    take_characters(static_cast<std::size_t>(std::ranges::find_if(text_, ends) - text_.begin()));
  }
  void take_characters(std::size_t count) {
    word_ = text_.substr(0, count);
    text_.remove_prefix(count);
  }
  void read_quoted(char mark) {
    quoted_ = true;
    const auto end = text_.find(mark, 1);
    if (end == std::string_view::npos) throw std::runtime_error("has an open quote");
    word_ = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
  }

  std::string_view text_;
  std::string word_;
  bool quoted_ = false;
};

struct Privilege {
  std::string name;
  std::vector<std::string> columns;
};

// "SELECT, UPDATE (a, b)", "CREATE TEMPORARY TABLES"
std::vector<Privilege> read_privileges(Words& words) {
  std::vector<Privilege> found;
  do {
    Privilege privilege;
    while (!words.is("ON") && !words.is("TO") && !words.is(",") && !words.is("("))
      privilege.name += (privilege.name.empty() ? "" : " ") + words.next();
    if (words.take("(")) do
        privilege.columns.push_back(words.next());
      while (words.take(","));
    if (!privilege.columns.empty() && !words.take(")")) throw std::runtime_error("has an open bracket");
    found.push_back(std::move(privilege));
  } while (words.take(","));
  return found;
}

std::string read_object(Words& words) {
  auto object = words.next();
  while (words.take(".")) object += '.' + words.next();
  return object;
}

void put(Grants& grants, const Privilege& privilege, const std::string& kind, const std::string& object) {
  if (privilege.columns.empty()) grants.insert({privilege.name, kind, object, ""});
  for (const auto& column : privilege.columns) grants.insert({privilege.name, kind, object, column});
}

// MySQL writes a role as an account of any host: "helpers @ %" as it was read.
std::string role_name(const std::string& read) {
  const auto at = read.find(" @ ");
  if (at == std::string::npos) return read;
  const auto host = read.substr(at + 3);
  return read.substr(0, at) + (host == "%" ? "" : '@' + host);
}

Grants read_grant(Words words) {
  Grants grants;
  if (!words.take("GRANT")) throw std::runtime_error("is no GRANT");
  const auto privileges = read_privileges(words);
  if (words.take("TO")) {
    for (const auto& role : privileges) grants.insert({"ROLE", "", role_name(role.name), ""});
    return grants;
  }
  if (!words.take("ON")) throw std::runtime_error("names no object");
  std::string kind;
  for (const char* word : {"PROCEDURE", "FUNCTION"})
    if (words.take(word)) kind = word;
  static_cast<void>(words.take("TABLE"));
  const auto object = read_object(words);
  for (const auto& privilege : privileges)
    if (privilege.name != "USAGE") put(grants, privilege, kind, object);
  // The right to hand its rights on is one of its own.
  while (!words.ended())
    if (words.take("GRANT") && words.is("OPTION"))
      grants.insert({"GRANT OPTION", kind, object, ""});
    else
      words.next();
  return grants;
}

}  // namespace

std::string Grant::text() const {
  if (privilege == "ROLE") return "the role " + object;
  return privilege + (column.empty() ? "" : " (" + column + ')') + " ON " + (kind.empty() ? "" : kind + ' ') +
         object;
}

Grants parse_grant(std::string_view statement) {
  try {
    return read_grant(Words{statement});
  } catch (const std::runtime_error& e) {
    // Not the statement itself: it may carry a password's hash.
    throw std::runtime_error(std::string{"a GRANT cannot be read: it "} + e.what());
  }
}

std::vector<ServiceAccount> service_accounts(const Settings& settings) {
  return {{"app", settings.db_user, settings.db_password, account_name(settings, settings.db_user)},
          {"sweeper", settings.db_sweeper_user, settings.db_sweeper_password,
           account_name(settings, settings.db_sweeper_user)},
          {"courier", settings.db_courier_user, settings.db_courier_password,
           account_name(settings, settings.db_courier_user)},
          {"reporter", settings.db_reporter_user, settings.db_reporter_password,
           account_name(settings, settings.db_reporter_user)}};
}

Grants wanted_grants(const Settings& settings, std::string_view name) {
  const auto to = "{{" + std::string{name} + "}}";
  Grants wanted;
  for (const auto& statement : read_statements(settings.sql_dir + "/grants.sql"))
    if (statement.ends_with(" TO " + to)) wanted.merge(parse_grant(statement));
  return wanted;
}

Grants granted(Connection& db, const std::string& account) {
  Grants found;
  auto rows = db.run_query("SHOW GRANTS" + (account.empty() ? "" : " FOR " + account));
  while (rows.next())
    if (const auto text = rows.text(0); text.starts_with("GRANT ")) found.merge(parse_grant(text));
  return found;
}

std::string difference_text(const Grants& all, const Grants& some) {
  std::vector<std::string> texts;
  for (const auto& grant : all)
    if (!some.contains(grant)) texts.push_back(grant.text());
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(texts.size(), 5); ++i)
    text += (i == 0 ? "" : ", ") + texts[i];
  if (texts.size() > 5) text += " and " + std::to_string(texts.size() - 5) + " more";
  return text;
}

}  // namespace tenantd::db
