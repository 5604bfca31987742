// The settings of what is installed: the file that systemd reads too, and the credentials beside it.
#include "tenantd/config/installation.hpp"

#include <criterion/criterion.h>

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/check.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

using Values = std::map<std::string, std::string>;

std::string value_of(const std::string& text) {
  return parse_environment_file("KEY=" + text, "file").at("KEY");
}

std::string refusal(const std::string& text) {
  try {
    parse_environment_file(text, "/etc/x.env");
  } catch (const ConfigError& e) {
    return e.what();
  }
  return {};
}

// A settings file in a folder of its own, with credentials.
class Folder {
 public:
  Folder(const std::string& settings, const Values& credentials) {
    std::string pattern = "/tmp/tenantd-settings-XXXXXX";
    require(::mkdtemp(pattern.data()) != nullptr, "no folder");
    path_ = pattern;
    std::filesystem::create_directory(path_ + "/credentials");
    std::ofstream{file()} << settings;
    for (const auto& [name, value] : credentials) std::ofstream{path_ + "/credentials/" + name} << value;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file() const { return path_ + "/tenantd.env"; }

 private:
  std::string path_;
};

Environment of(const Values& values) {
  return [values](const char* key) -> const char* {
    const auto found = values.find(key);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

Settings settings_of(const Folder& folder, const Values& above = {}) {
  return load_settings(with_settings_file(of(above), folder.file()));
}

std::string value_of_secret(const Settings& settings, std::string_view wanted) {
#define SECTION(title)
#define TEXT(member, name, fallback, unit, doc)
#define NUMBER(member, name, fallback, unit, doc, least, most)
#define FLAG(member, name, fallback, doc)
#define SECRET(member, name, units, doc) \
  if (wanted == (name)) return std::string{settings.member.reveal()};
#include "tenantd/config/settings.def"
#undef SECTION
#undef TEXT
#undef NUMBER
#undef FLAG
#undef SECRET
  return "no secret";
}

}  // namespace

Test(installation, a_file_is_read_as_systemd_reads_it) {
  const auto values = parse_environment_file(
      "# a comment\n; another\n\n  A=1\nB = two words  \nC=\nD='single $x \\' \"and double\"\n"
      "E=joined \\\nlines\nF=x # no comment\nexport_me=1\r\nLAST=end",
      "file");
  const Values wanted{{"A", "1"},
                      {"B", "two words"},
                      {"C", ""},
                      {"D", "single $x \\and double"},
                      {"E", "joined lines"},
                      {"F", "x # no comment"},
                      {"export_me", "1"},
                      {"LAST", "end"}};
  require(values == wanted, "the file was read otherwise");
}

Test(installation, quotes_and_backslashes_are_those_of_systemd) {
  require_equal(value_of("\"a \\\" \\\\ \\$ \\n\""), "a \" \\ $ \\n");
  require_equal(value_of("a\\ b\\\\"), "a b\\");
  require_equal(value_of("it's"), "it's");
  require_equal(value_of("\"over\nlines\""), "over\nlines");
  require_equal(value_of("  kept\\  "), "kept ");
}

Test(installation, a_line_that_is_no_assignment_is_named) {
  require_equal(refusal("A=1\n\nPUBLIC_URL\n"), "line 3 of /etc/x.env is not KEY=value");
  require_equal(refusal("export A=1\n"), "line 1 of /etc/x.env is not KEY=value");
  require_equal(refusal("=1"), "line 1 of /etc/x.env is not KEY=value");
  require_equal(refusal("A=1\nB=\"open\nC=2\n"), "the quote in line 2 of /etc/x.env does not end");
}

Test(installation, the_file_and_its_credentials_say_what_the_environment_does_not) {
  const Folder folder{"PUBLIC_URL=https://id.example.com/\nDB_PORT=3307\n",
                      {{"db_password", "by the file\n"}, {"smtp_password", ""}, {"unknown", "x"}}};
  const auto settings = settings_of(folder);
  require_equal(settings.public_url, "https://id.example.com");
  require_equal(settings.db_port, 3307);
  require_equal(settings.db_password.reveal(), "by the file");
  require(settings.smtp_password.empty(), "an empty credential is no password");
  require_equal(settings_of(folder, {{"DB_PORT", "3308"}}).db_port, 3308);
}

Test(installation, a_key_and_its_file_are_one_setting) {
  const Folder folder{"DB_PASSWORD=in the settings\nSUPER_ADMIN_PASSWORD=old\n",
                      {{"db_password", "credential"}}};
  require_equal(settings_of(folder).db_password.reveal(), "in the settings");
  const Folder other{"", {{"word", ""}, {"db_password", "from the environment"}}};
  const auto path = other.file().substr(0, other.file().rfind('/')) + "/credentials/db_password";
  require_equal(settings_of(folder, {{"SUPER_ADMIN_PASSWORD_FILE", path}}).super_admin_password.reveal(),
                "from the environment");
  require_equal(settings_of(folder, {{"DB_PASSWORD_FILE", path}}).db_password.reveal(),
                "from the environment");
}

Test(installation, a_secret_of_any_kind_may_be_a_credential_and_nothing_else_may) {
  for (const auto& row : setting_docs()) {
    const std::string name = ascii_lower(row.key);
    const Folder folder{"", {{name, row.unit == "secret" ? "handed over\n" : "no value of any kind"}}};
    const auto path = folder.file().substr(0, folder.file().rfind('/')) + "/credentials";
    const auto settings = load_settings(of({{"CREDENTIALS_DIRECTORY", path}}));
    if (row.unit != "secret") continue;
    require_equal(value_of_secret(settings, row.key), "handed over", std::string{row.key});
  }
}

Test(installation, a_credential_gives_way_to_the_environment_and_one_that_cannot_be_read_is_named) {
  const Folder folder{"", {{"db_password", "handed over"}, {"word", "by a file"}}};
  const auto path = folder.file().substr(0, folder.file().rfind('/')) + "/credentials";
  const auto password = [&](Values above) {
    above.emplace("CREDENTIALS_DIRECTORY", path);
    return load_settings(of(above)).db_password.reveal();
  };
  require_equal(password({{"DB_PASSWORD", "by a variable"}}), "by a variable");
  require_equal(password({{"DB_PASSWORD_FILE", path + "/word"}}), "by a file");
  require_equal(load_settings(of({{"CREDENTIALS_DIRECTORY", "/nonexistent"}})).db_password.reveal(), "");
  std::filesystem::remove(path + "/db_password");
  std::filesystem::create_directory(path + "/db_password");
  try {
    password({});
    require(false, "a folder was read");
  } catch (const ConfigError& e) {
    require_equal(std::string{e.what()},
                  "CREDENTIALS_DIRECTORY names a file that cannot be read: " + path + "/db_password");
  }
}

Test(installation, a_file_that_is_not_there_is_named) {
  try {
    with_settings_file(of({}), "/nonexistent/tenantd.env");
    require(false, "it was read");
  } catch (const ConfigError& e) {
    require_equal(std::string{e.what()}, "the settings cannot be read: /nonexistent/tenantd.env");
  }
}

Test(installation, an_environment_that_names_a_database_or_keys_is_whole) {
  for (const char* key : {"DB_HOST", "DB_SOCKET", "KEYS_DIR"})
    require(names_installation(of({{key, "x"}})), key);
  require(!names_installation(of({{"SUPER_ADMIN_EMAIL", "a@example.com"}, {"LOG_LEVEL", "debug"}})),
          "nothing says where");
}
