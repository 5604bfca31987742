// What the operator's commands say on an instance: of settings that are wrong, of output that is lost, and of
// who is super-admin.
#include <criterion/criterion.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd::test;

namespace {

Finished run_binary(const std::string& name, std::vector<std::string> arguments,
                    const std::vector<std::string>& environment = {}) {
  arguments.insert(arguments.begin(), setting("TENANTD_BUILD") + '/' + name);
  return run_program(arguments, environment);
}

Finished tenantctl(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment = {}) {
  return run_binary("tenantctl", arguments, environment);
}

bool contains(const std::string& text, std::string_view piece) {
  return text.find(piece) != std::string::npos;
}

void expect_said(const Finished& finished, int status, const std::string& said,
                 const std::source_location& at = std::source_location::current()) {
  require_equal(finished.status, status, finished.output, at);
  require(contains(finished.output, said), "no \"" + said + "\" in: " + finished.output, at);
}

bool is_super(const Account& account) {
  return number_of("SELECT is_super FROM user WHERE id = " + binary(account.user_id)) == 1;
}

std::int64_t rows_of(const std::string& action, const Account& account) {
  return number_of("SELECT COUNT(*) FROM audit_log WHERE action = " + literal(action) +
                   " AND resource_id = " + binary(account.user_id));
}

}  // namespace

Test(operator_settings, wrong_ones_are_refused_by_name_before_anything_runs) {
  for (const std::string wrong :
       {"OUTBOUND_ALLOW=foo", "OAUTH_GOOGLE_URL=accounts.google.com", "OUTBOUND_CA_FILE=/nope",
        "OAUTH_REDIRECT_URL=foo", "SES_TOPIC_ARN=x", "SNS_CERT_HOST=a/b", "APP_URL=app.example.com",
        "SESSION_MAX_SECONDS=3600"}) {
    const auto key =
        wrong.starts_with("SESSION_MAX") ? "SESSION_IDLE_SECONDS" : wrong.substr(0, wrong.find('='));
    expect_said(run_binary("tenantd", {}, {wrong}), 78, "tenantd: " + key + ' ');
    expect_said(run_binary("tenantd-courier", {"--once"}, {wrong}), 78, "tenantd-courier: " + key + ' ');
    expect_said(tenantctl({"doctor"}, {wrong}), 1, "FAIL  settings: " + key + ' ');
  }
}

Test(operator_settings, a_sign_in_that_may_not_call_its_provider_leaves_the_reason_in_the_log,
     .timeout = 120) {
  FakeProvider provider;
  const PrivateStack stack{provider.settings()};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  make_provider(owner, "google");
  const auto document =
      provider.discovery(provider.issuer("google"), {{"token_endpoint", quoted("http://10.1.2.3/token")}});
  provider.misbehave([=](const StubRequest&) { return std::optional{StubReply{200, document}}; });
  expect_problem(Client{}.get("/api/v1/auth/oauth/google/login/" + owner.org_id), 422, "url_refused");
  require(!log_with(stack.dir(), "names a loopback, private or reserved address").empty(),
          "no reason in the log");
}

Test(operator_doctor, says_of_each_check_once_whether_it_holds) {
  const auto sound = tenantctl({"doctor"}).output;
  require(contains(sound, "ok    database: schema version "), sound);
  const auto shut_out = tenantctl({"doctor"}, {"DB_PASSWORD=wrong", "DB_PASSWORD_FILE"});
  expect_said(shut_out, 1, "FAIL  database: connect: " + setting("DB_SOCKET") + ": 1045");
  const auto lines = tenantd::split(shut_out.output, '\n');
  const auto is_known = [](std::string_view line) {
    return line.starts_with("ok    ") || line.starts_with("FAIL  ") || line.starts_with("?     ") ||
           line.starts_with("      Why it matters: ") || line.starts_with("      To ");
  };
  for (const auto line : lines)
    require(line.empty() || is_known(line) || contains(std::string{line}, " checks: "), std::string{line});
  require(!contains(shut_out.output, "ok    database") && !contains(shut_out.output, ": FAIL"),
          shut_out.output);
}

Test(operator_commands, an_account_that_the_database_does_not_let_in_is_a_wrong_setting) {
  const std::vector<std::string> wrong = {"DB_ADMIN_USER=nobody_here", "DB_ADMIN_PASSWORD=x"};
  for (const auto& arguments :
       {std::vector<std::string>{"migrate", "--dry-run"}, {"audit", "verify"}, {"super-admin", "list"}})
    expect_said(tenantctl(arguments, wrong), 78, "DB_ADMIN_PASSWORD");
  expect_said(tenantctl({"mail", "suppressions", "list"}, {"DB_PASSWORD=wrong", "DB_PASSWORD_FILE"}), 78,
              "1045");
}

Test(operator_commands, output_that_is_lost_is_an_error) {
  const auto owner = sign_up();
  const auto program = setting("TENANTD_BUILD") + "/tenantctl ";
  for (const std::string arguments :
       {"--help", "--version", "keys --help", "settings", "settings --markdown", "routes", "openapi",
        "postman", "keys list", "mail preview", "mail preview invitation --html", "hosts",
        "audit export --organization system", "super-admin list"}) {
    expect_said(run_program({"/bin/sh", "-c", program + arguments + " > /dev/full"}), 74,
                "tenantctl: the output could not be written");
  }
  expect_said(run_program({"/bin/sh", "-c",
                           program + "audit export --organization " + owner.org_id + " > /dev/full"}),
              74, "No space left on device");
}

Test(operator_commands, files_and_folders_that_do_not_fit_are_named) {
  const auto owner = sign_up();
  expect_said(tenantctl({"audit", "verify", "--organization", owner.org_id, "--anchors", "/dev/full"}), 65,
              "/dev/full: is no ordinary file");
  expect_said(tenantctl({"audit", "verify", "--organization", ""}), 64, "--organization needs a value");
  expect_said(tenantctl({"mail", "preview", "--all"}), 64, "--all needs --dir DIR");
  expect_said(tenantctl({"mail", "preview", "--all", "--dir", "/proc/no/where"}), 1,
              "/proc/no/where: No such file");
  const auto dir = run_dir() + "/previews/new";
  expect_said(tenantctl({"mail", "preview", "--all", "--dir", dir}), 0, dir + "/welcome.{txt,html,eml}");
  require(std::filesystem::exists(dir + "/welcome.html"), "the folder is made");
  expect_said(tenantctl({"mail", "suppressions", "remove", "nobody@example.com"}), 1,
              "nobody@example.com is not suppressed");
}

Test(operator_commands, previews_show_the_applications_address_where_there_is_one) {
  const auto preview = [](const std::string& name, const std::vector<std::string>& environment) {
    return tenantctl({"mail", "preview", name}, environment).output;
  };
  const auto home = setting("PUBLIC_URL");
  for (const char* name :
       {"welcome", "tenant_created", "impersonation", "ownership_transferred", "invitation"}) {
    const auto without = preview(name, {"APP_URL"});
    require(!contains(without, home + '\n') && !contains(without, "Sign in:"), without);
    require(contains(preview(name, {"APP_URL=https://app.example.com/"}), "https://app.example.com\n"), name);
  }
  const auto impersonation = preview("impersonation", {});
  for (const char* said : {"support@example.net", "Ticket 4711", "until 2026-11-21 03:46 UTC"})
    require(contains(impersonation, said), impersonation);
  require(contains(preview("verification", {}), "for 1 day."), "verification");
  require(contains(preview("account_created", {}), "for 3 days."), "account_created");
  require(contains(preview("invitation", {}), "as member."), preview("invitation", {}));
}

Test(super_admins, making_the_first_one_says_what_was_there) {
  const auto owner = sign_up();
  const auto make = [](const std::string& email, const std::string& password) {
    return tenantctl({"create-super-admin"},
                     {"SUPER_ADMIN_EMAIL=" + email, "SUPER_ADMIN_PASSWORD=" + password});
  };
  expect_said(make(setting("SUPER_ADMIN_EMAIL"), "velvet anchor northbound"), 0, "is super-admin already");
  expect_said(make(owner.email, "velvet anchor northbound"), 65,
              "tenantctl super-admin grant " + owner.email);
  require(!is_super(owner), "an ordinary account was promoted");
  expect(sign_in(owner.email, owner.password), 200);
  const auto fresh = fresh_email("chief");
  expect_said(make(fresh, "password"), 1, "tenantctl: SUPER_ADMIN_PASSWORD: ");
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(fresh)), 0);
}

Test(super_admins, rank_is_granted_listed_and_revoked) {
  const auto owner = sign_up();
  const auto dashboard = [](const Account& account) {
    return account.client().get("/api/v1/admin/dashboard").status;
  };
  require_equal(dashboard(owner), 403);
  verify(owner);
  expect_said(tenantctl({"super-admin", "grant", owner.email}), 0, owner.email + " is super-admin\n");
  require_equal(dashboard(owner), 200, "at once");
  expect_said(tenantctl({"super-admin", "grant", owner.email}), 0, "is super-admin already");
  require_equal(rows_of("super_admin.granted", owner), 1);
  expect_said(tenantctl({"super-admin", "list"}), 0, owner.email + '\n');
  expect_said(tenantctl({"super-admin", "revoke", owner.email}), 0, "its sessions have ended");
  require_equal(dashboard(owner), 401, "at once");
  require_equal(
      number_of("SELECT COUNT(*) FROM tenantd_app.live_session WHERE user_id = " + binary(owner.user_id)), 0);
  require_equal(dashboard(account_of(expect(sign_in(owner.email, owner.password), 200), owner.email)), 403);
  expect_said(tenantctl({"super-admin", "revoke", owner.email}), 0, "is no super-admin");
  require_equal(rows_of("super_admin.revoked", owner), 1);
  require(!contains(tenantctl({"super-admin", "list"}).output, owner.email), "is listed");
  for (const char* action : {"grant", "revoke"})
    expect_said(tenantctl({"super-admin", action, fresh_email("nobody")}), 1, "has no account");
  for (const auto& wrong : {std::vector<std::string>{"super-admin"},
                            {"super-admin", "grant"},
                            {"super-admin", "list", "x"},
                            {"super-admin", "grant", "nobody"},
                            {"super-admin", "raise", owner.email}})
    require_equal(tenantctl(wrong).status, 64);
}

Test(super_admins, the_applications_own_account_makes_nobody_one) {
  const auto owner = sign_up();
  const auto refused = tenantctl(
      {"super-admin", "grant", owner.email},
      {"DB_ADMIN_USER=" + setting("DB_USER", "tenantd_app"), "DB_ADMIN_PASSWORD=" + setting("DB_PASSWORD")});
  require(refused.status != 0 && !is_super(owner), refused.output);
}

Test(operator_settings, a_file_and_its_credentials_take_the_place_of_the_environment) {
  const auto folder = run_dir() + "/installation-test";
  std::filesystem::create_directories(folder + "/credentials");
  std::ofstream{folder + "/tenantd.env"} << "# as installed\nDB_SOCKET=\"" << setting("DB_SOCKET")
                                         << "\"\nDB_ADMIN_USER=" << setting("DB_ADMIN_USER")
                                         << "\nKEYS_DIR=" << setting("KEYS_DIR") << '\n';
  std::ofstream{folder + "/credentials/db_password"} << setting("DB_PASSWORD") << '\n';
  const std::vector<std::string> bare{"DB_SOCKET", "DB_ADMIN_USER", "DB_PASSWORD", "KEYS_DIR"};
  const auto run = [&](std::vector<std::string> arguments, std::vector<std::string> besides = {}) {
    arguments.insert(arguments.begin(), {"--config", folder + "/tenantd.env"});
    besides.insert(besides.end(), bare.begin(), bare.end());
    return tenantctl(arguments, besides);
  };
  expect_said(run({"hosts", "--json"}), 0, "\"alive\":true");
  expect_said(run({"super-admin", "list"}), 0, setting("SUPER_ADMIN_EMAIL"));
  expect_said(run({"hosts"}, {"DB_PASSWORD_FILE=/dev/null"}), 78, "1045");
  std::ofstream{folder + "/tenantd.env", std::ios::app} << "PUBLIC_URL\n";
  expect_said(run({"hosts"}), 78, "line 5 of " + folder + "/tenantd.env is not KEY=value");
  expect_said(run({"help"}), 0, "Usage: tenantctl ");
  std::filesystem::remove_all(folder);
}
