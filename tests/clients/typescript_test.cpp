// The typed client (src/clients/typescript) and the sample application on it: see tests/node.
#include <criterion/criterion.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/node.hpp"
#include "support/oauth.hpp"
#include "support/processes.hpp"
#include "support/super_admin.hpp"
#include "tenantd/base/version.hpp"

using namespace tenantd::test;

namespace {

const std::string kPacked = std::string{"tenantd-client-"} + tenantd::kVersion + ".tgz";

std::string installed() { return setting("TENANTD_TOP") + "/.cache/node/node_modules"; }

std::string source(const std::string& path) { return setting("TENANTD_TOP") + '/' + path; }

void succeeds(const std::vector<std::string>& command) {
  const auto finished = run_program(command);
  require_equal(finished.status, 0, finished.output);
}

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  require(static_cast<bool>(file), path + " is not there");
  return {std::istreambuf_iterator<char>{file}, {}};
}

// As `make client` makes it.
void make_client(const std::string& folder) {
  node_program("tsc");
  const auto document = printed({"openapi"}, std::filesystem::path{folder}.filename().string() + ".json");
  succeeds(
      {"node", source("src/clients/typescript/build.mjs"), document, tenantd::kVersion, installed(), folder});
}

// Made by the first test that wants it; the others of the run, in other processes, wait for that.
std::string client_folder() {
  const auto folder = run_dir() + "/client";
  const std::string again =
      "[ -e \"$1/done\" ] || { node \"$2\" \"$3\" \"$4\" \"$5\" \"$1\" && : >\"$1/done\"; }";
  node_program("tsc");
  succeeds({"flock", run_dir() + "/client.lock", "sh", "-c", again, "sh", folder,
            source("src/clients/typescript/build.mjs"), printed({"openapi"}, "client.json"),
            tenantd::kVersion, installed()});
  return folder;
}

std::string package() { return client_folder() + "/package"; }

// Compiles the folder, in which the client is installed as npm would. Returns where the scripts are.
std::string compiled(const std::string& folder) {
  const auto modules = std::filesystem::path{folder} / "node_modules";
  std::filesystem::create_directories(modules);
  if (!std::filesystem::exists(modules / "tenantd-client"))
    std::filesystem::create_directory_symlink(package(), modules / "tenantd-client");
  succeeds({node_program("tsc"), "--project", folder, "--outDir", folder + "/js"});
  return folder + "/js";
}

std::string copy_of_the_sample(const std::string& name) {
  auto folder = run_dir() + '/' + name;
  std::filesystem::copy(source("tests/sample"), folder, std::filesystem::copy_options::recursive);
  return folder;
}

// The guide's blocks of TypeScript, each a module of its own.
int write_blocks(const std::string& guide, const std::string& folder) {
  std::istringstream lines{read_file(guide)};
  std::ofstream file;
  int count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line == "```ts") {
      file.open(folder + "/block_" + std::to_string(++count) + ".ts");
    } else if (line == "```" && file.is_open()) {
      file << "export {};\n";
      file.close();
    } else if (file.is_open()) {
      file << line << '\n';
    }
  }
  return count;
}

OauthClient public_client(const std::string& scopes) {
  return register_own_client(super_admin(), {{"redirect_uris", R"(["http://127.0.0.1/callback"])"},
                                             {"token_endpoint_auth_method", R"("none")"},
                                             {"scopes", scopes}});
}

constexpr const char* kScopes =
    R"(["openid","email","org","offline_access","users:read","users:invite","warehouses:create","projects:read",
        "documents:read","documents:download","warehouses:read","products:read","suppliers:read","stock:read",
        "purchase_requests:read"])";

std::string of_organization(const Account& owner, const std::string& column) {
  return text_of("SELECT " + column + " FROM organization WHERE id = " + binary(owner.org_id));
}

int warehouses(const Account& owner, const std::string& name) {
  return static_cast<int>(number_of("SELECT COUNT(*) FROM warehouse WHERE org_id = " + binary(owner.org_id) +
                                    " AND name = '" + name + "'"));
}

}  // namespace

Test(client, made_twice_it_is_the_same_bytes, .timeout = 300) {
  const auto once = client_folder();
  const auto again = run_dir() + "/client-again";
  make_client(again);
  require(read_file(once + '/' + kPacked) == read_file(again + '/' + kPacked), "the packages differ");
}

Test(client, what_npm_packs_holds_the_client_and_nothing_else, .timeout = 300) {
  const auto listed = run_program({"tar", "-tzf", client_folder() + '/' + kPacked});
  require_equal(listed.status, 0, listed.output);
  for (const char* file :
       {"package/package.json", "package/README.md", "package/LICENSE", "package/dist/index.js",
        "package/dist/index.d.ts", "package/dist/generated/schema.d.ts"})
    require(listed.output.find(std::string{file} + '\n') != std::string::npos, file);
  std::istringstream lines{listed.output};
  for (std::string line; std::getline(lines, line);)
    require(std::regex_match(line,
                             std::regex{R"(package/(package\.json|README\.md|LICENSE|dist/.*\.(js|d\.ts)))"}),
            line);
}

Test(client, it_and_the_sample_and_the_guides_examples_compile_strictly, .timeout = 300) {
  const auto folder = copy_of_the_sample("client-types");
  std::filesystem::copy(source("tests/node/client_types.ts"), folder);
  require(write_blocks(source("src/clients/typescript/README.md"), folder) >= 4, "the guide has examples");
  compiled(folder);
}

Test(client, a_lost_reply_makes_one_record_a_refusal_is_typed_and_one_refresh_serves_all, .timeout = 300) {
  const auto owner = sign_up_verified();
  const auto said = browse("client_calls.mjs", {package(), owner.access_token});
  require_equal(warehouses(owner, said.substr(0, said.find('\n'))), 1);
}

Test(client, five_tabs_and_lost_replies_log_nobody_out, .timeout = 300) {
  const auto owner = sign_up_verified();
  const auto scripts = compiled(copy_of_the_sample("client-tabs"));
  const auto client = public_client(kScopes);
  browse("client_tabs.mjs", {package(), scripts, client.id, owner.email, kPassword});
}

Test(client, the_sample_signs_in_switches_the_organization_and_shows_each_roles_page, .timeout = 300) {
  const auto person = sign_up_verified("Alpha");
  const auto managed = sign_up_verified("Beta");
  const auto read = sign_up_verified("Gamma");
  join(managed, person, "manager");
  join(read, person, "viewer");
  const auto scripts = compiled(copy_of_the_sample("client-sample"));
  const auto client = public_client(kScopes);
  browse("sample.mjs",
         {package(), scripts, client.id, person.email, kPassword, of_organization(person, "name"),
          of_organization(managed, "slug"), of_organization(managed, "name"), of_organization(read, "slug"),
          of_organization(read, "name"), fresh_email("invited")});
  require_equal(warehouses(managed, "North"), 1);
}
