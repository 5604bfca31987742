// Private instances beside each other (src/build/stack.sh): none takes the settings of another, and none ends
// another's processes.
#include <criterion/criterion.h>

#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/check.hpp"
#include "support/key_folder.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

namespace fs = std::filesystem;

const std::string kStack = "\"$TENANTD_TOP/src/build/stack.sh\" ";

Finished run_shell(const std::string& script, const std::vector<std::string>& environment = {}) {
  return run_program({"/bin/bash", "-c", script}, environment);
}

std::string first_line_with(const std::string& path, const std::string& start) {
  std::istringstream lines{file_text(path)};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(start)) return line.substr(start.size());
  return {};
}

}  // namespace

Test(private_instances, a_shell_with_the_settings_of_one_starts_another_with_its_own) {
  const PrivateStack first{{"LOGIN_ALERT=never"}};
  const auto second = first.dir() + "/second";
  const auto started =
      run_shell(". " + first.dir() + "/environment && export LOG_LEVEL=notice && " + kStack + "start",
                {"RUN_DIR=" + second, "TMPDIR=" + first.dir(), "PORT=0", "SWEEP_EVERY=0", "REPORT_EVERY=0",
                 "BUILD=" + setting("TENANTD_BUILD")});
  const auto environment = second + "/environment";
  const auto port = file_text(second + "/port");
  const auto given = [&](const std::string& key) {
    return first_line_with(environment, "export " + key + '=');
  };
  const auto keys = given("KEYS_DIR");
  const auto mails = given("MAIL_DIR");
  const auto url = given("PUBLIC_URL");
  const auto alert = given("LOGIN_ALERT");
  const auto level = given("LOG_LEVEL");
  const auto stopped = run_shell(kStack + "stop", {"RUN_DIR=" + second});
  require_equal(started.status, 0, started.output);
  require_equal(stopped.status, 0, stopped.output);
  require_equal(keys, second + "/keys");
  require_equal(mails, second + "/mail");
  require_equal(url, "http://127.0.0.1:" + port.substr(0, port.find('\n')));
  require_equal(alert, "");
  // Set in that shell since.
  require_equal(level, "notice");
  require(lives(part_pid(first.dir(), "tenantd")), "the first one ended with the second");
}

Test(private_instances, a_stop_ends_no_process_that_a_copied_folder_names, .timeout = 120) {
  const PrivateStack first;
  const auto copy = first.dir() + "/copy";
  fs::create_directory(copy);
  for (const char* name : {"env", "lock", "port", "environment"}) fs::copy(first.dir() + '/' + name, copy);
  fs::create_directory(copy + "/log");
  fs::copy(first.dir() + "/pid", copy + "/pid");
  const std::vector<std::string> of_copy{"RUN_DIR=" + copy};
  require_equal(run_shell(kStack + "status", of_copy).status, 3);
  require_equal(run_shell(kStack + "reload", of_copy).status, 1);
  const auto stopped = run_shell(kStack + "stop", of_copy);
  require_equal(stopped.status, 0, stopped.output);
  require_equal(stopped.output, "tenantd does not run on " + copy + '\n');
  for (const char* part : {"database", "tenantd", "courier", "nginx"})
    require(lives(part_pid(first.dir(), part)), part);
}

Test(private_instances, a_stop_ends_no_session_that_has_the_number_of_one_of_its_own) {
  // Its leader has ended, as a daemon's does, and a folder from before a restart of the machine knows the
  // number.
  const auto made = run_shell("setsid sh -c 'sleep 100 >/dev/null 2>&1 & echo $$ $!'");
  int leader = 0;
  int other = 0;
  std::istringstream{made.output} >> leader >> other;
  wait_until("the leader is gone",
             [&] { return leader > 0 && !fs::exists("/proc/" + std::to_string(leader)); });
  const auto folder = run_dir() + "/restarted-machine-test";
  fs::create_directories(folder + "/pid");
  std::ofstream{folder + "/env"} << "";
  std::ofstream{folder + "/pid/tenantd"} << leader << " 1 tenantd\n";
  const auto stopped = run_shell(kStack + "stop", {"RUN_DIR=" + folder});
  const bool lived = lives(other);
  ::kill(other, SIGKILL);
  fs::remove_all(folder);
  require_equal(stopped.status, 0, stopped.output);
  require(lived, "a process of another session was killed");
}

// Many begin at once, as the suite's parts and a developer's own instance do: what one takes from the cache
// is whole while others keep theirs, and none fails for another.
Test(private_instances, what_is_taken_from_the_cache_is_whole_while_others_keep_theirs, .timeout = 120) {
  const TempFolder folder;
  const auto ran = run_shell(R"sh(
    set -euo pipefail
    . "$TENANTD_TOP/src/build/stack/database.sh"
    top=$FOLDER/top made=$FOLDER/made
    mkdir -p "$made/mysql"
    for file in {1..200}; do echo "$file" >"$made/mysql/$file"; done
    one() {
      local round RUN_DIR=$FOLDER/$1 with_schema
      mkdir -p "$RUN_DIR"
      for round in {1..10}; do
        with_schema=$top/.cache/data-$(((round + $1) % 3))
        keep "$made" "$with_schema" "$top/.cache/data"
        rm -rf "$RUN_DIR/data.new"
        # Another may have kept another version since, and removed this one.
        take "$with_schema" || continue
        [ "$(ls "$RUN_DIR/data.new/mysql" | wc -l)" = 200 ] || {
    echo "taken in part";
    return 1; }
        echo taken
      done
}
    workers=()
    for worker in {1..6};
    do
      one "$worker" &
      workers+=($!)
    done
    for worker in "${workers[@]}";
    do wait "$worker"; done
    [ "$(ls "$top/.cache" | grep -c '^data-')" = 1 ]
  )sh",
                             {"FOLDER=" + folder.path()});
  require_equal(ran.status, 0, ran.output);
  cr_assert(contains(ran.output, "taken\n"), "%s", ran.output.c_str());
  cr_assert(not contains(ran.output, "in part"), "%s", ran.output.c_str());
}
