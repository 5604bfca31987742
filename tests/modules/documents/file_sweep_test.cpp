// What becomes of files that nobody wants: uploads that were never completed, documents that are gone, and
// what lies in the folder under no document's name. And what a disk that takes nothing leaves behind:
// nothing.
#include <criterion/criterion.h>
#include <signal.h>

#include <ctime>
#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/files.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;
namespace fs = std::filesystem;

namespace {

Finished sweep() { return run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"}); }

void expect_done(const Finished& finished, const std::source_location& at = std::source_location::current()) {
  require_equal(finished.status, 0, finished.output, at);
}

std::int64_t documents_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM document WHERE org_id = " + binary(account.org_id));
}

std::int64_t removals() { return number_of("SELECT COUNT(*) FROM file_removal"); }

std::string folder_of_now(std::int64_t offset) {
  const auto minute = number_of("SELECT (UNIX_TIMESTAMP() + " + std::to_string(offset) + ") DIV 60 MOD 256");
  return text_of("SELECT LOWER(LPAD(HEX(" + std::to_string(minute) + "), 2, '0'))");
}

// The proportional share of memory of all workers, in KiB.
std::int64_t memory_of_workers() {
  std::int64_t sum = 0;
  for (const auto pid : children_of(part_pid(run_dir(), "tenantd"))) {
    std::ifstream in{"/proc/" + std::to_string(pid) + "/smaps_rollup"};
    for (std::string line; std::getline(in, line);)
      if (line.starts_with("Pss:")) sum += std::stoll(line.substr(4));
  }
  return sum;
}

}  // namespace

Test(file_sweep, an_upload_that_was_never_completed_goes_with_its_file_and_its_storage) {
  const MovedClock clock;
  const auto owner = sign_up();
  const auto project = make_project(owner);
  const auto silent = announced(owner, project);
  const auto put = announced(owner, project);
  expect(put_file(put.path), 204);
  const auto kept = uploaded(owner, project);
  const auto path = stored_path(put.id);
  const auto kept_path = stored_path(kept.id);
  require(fs::exists(path), path);
  expect_done(sweep());
  require_equal(documents_of(owner), 3, "before their time");
  clock.set(3601);
  const auto finished = at_once(2, [](std::size_t) { return sweep(); });
  for (const auto& one : finished) expect_done(one);
  // Of two that ran at once, one may have looked for files before the other had named them.
  expect_done(sweep());
  require_equal(documents_of(owner), 1);
  require_equal(storage_of(owner), 5, "that of the file which is there");
  require(!fs::exists(path) && fs::exists(kept_path), "the right file is gone");
  require_equal(removals(), 0);
  for (const auto& one : {silent, put})
    require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'document.deleted' AND subject_id = " +
                            binary(one.id)),
                  1);
}

Test(file_sweep, the_file_of_a_document_goes_after_the_document) {
  const Alone alone;
  const auto owner = sign_up();
  const auto upload = uploaded(owner, make_project(owner));
  const auto path = stored_path(upload.id);
  expect(owner.client().del(upload.document(), ""), 204);
  require_equal(storage_of(owner), 0);
  require(fs::exists(path), "tenantd itself waits for no disk");
  expect_done(sweep());
  require(!fs::exists(path), path);
  require_equal(removals(), 0);
}

Test(file_sweep, what_no_document_names_goes_after_a_day) {
  const MovedClock clock;
  const auto owner = sign_up();
  const auto upload = uploaded(owner, make_project(owner));
  const auto kept = stored_path(upload.id);
  constexpr std::int64_t offset = 2 * 86400;
  const auto chosen_at = std::time(nullptr);
  // The sweep may begin in the next minute, and looks at that one's part of the folder.
  std::vector<std::string> strays{run_dir() + "/files/incoming/0000000001"};
  for (const auto later : {0, 60}) {
    const auto outer = folder_of_now(offset + later);
    const auto inner = run_dir() + "/files/" + outer + "/00";
    fs::create_directories(inner);
    strays.push_back(inner + '/' + outer + "00" + std::string(60, 'a'));
  }
  for (const auto& stray : strays) std::ofstream{stray} << "left behind";
  expect_done(sweep());
  for (const auto& stray : strays) require(fs::exists(stray), "too young: " + stray);
  // Counted from when the folders were chosen, however long the sweep of the whole instance has taken.
  for (const auto later : {0, 60}) {
    clock.set(offset + later - (std::time(nullptr) - chosen_at));
    expect_done(sweep());
  }
  for (const auto& stray : strays) require(!fs::exists(stray), stray);
  require(fs::exists(kept), "a document's file stays");
}

Test(file_sweep, a_large_file_passes_by_the_workers, .timeout = 120) {
  constexpr std::int64_t kBytes = 256 * 1024 * 1024;
  const Alone alone;
  const auto owner = sign_up();
  const auto file = run_dir() + "/large";
  std::ofstream{file}.close();
  fs::resize_file(file, kBytes);
  const auto upload = announced(owner, make_project(owner), {.name = "large.bin", .size = kBytes});
  const auto before = memory_of_workers();
  const auto put = run_program({"curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-T", file,
                                setting("TENANTD_URL") + upload.path});
  fs::remove(file);
  require_equal(put.output, "204");
  expect(complete(owner, upload), 200);
  require_equal(fs::file_size(stored_path(upload.id)), static_cast<std::uintmax_t>(kBytes));
  const auto grown = memory_of_workers() - before;
  require(grown < 8 * 1024, "the workers' memory grew by " + std::to_string(grown) + " KiB");
  expect(owner.client().del(upload.document(), ""), 204);
  expect_done(sweep());
}

Test(file_sweep, a_disk_that_takes_nothing_leaves_nothing_half_done, .timeout = 120) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  const auto owner = sign_up();
  // More than any other request may bring.
  const std::string content(400'000, 'x');
  const auto upload = announced(owner, make_project(owner), {.content = content});
  const auto files = stack.dir() + "/files";
  // Where nginx would write the body.
  fs::rename(files + "/incoming", files + "/away");
  std::ofstream{files + "/incoming"}.close();
  expect_problem(put_file(upload.path, content), 503, "unavailable");
  fs::remove(files + "/incoming");
  fs::rename(files + "/away", files + "/incoming");
  // Where tenantd would take a place for it.
  const auto key = text_of("SELECT storage_key FROM document WHERE id = " + binary(upload.id));
  std::ofstream{files + '/' + key.substr(0, 2)}.close();
  expect_problem(put_file(upload.path, content), 503, "unavailable");
  require(fs::is_empty(files + "/incoming"), "nothing is left of what was sent");
  expect_problem(complete(owner, upload), 503, "unavailable");
  fs::remove(files + '/' + key.substr(0, 2));
  expect_problem(complete(owner, upload), 409, "upload_incomplete");
  expect(put_file(upload.path, content), 204);
  expect(complete(owner, upload), 200);
}

Test(file_sweep, workers_that_are_killed_leave_an_upload_that_goes_on, .timeout = 120) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto project = make_project(owner);
  const auto upload = announced(owner, project);
  expect(put_file(upload.path), 204);
  for (const auto pid : children_of(part_pid(stack.dir(), "tenantd"))) ::kill(pid, SIGKILL);
  wait_until("the workers are back", [] { return Client{}.get("/health/ready").status == 200; });
  wait_until("the upload is completed", [&] { return complete(owner, upload).status == 200; });
  const auto down = owner.client().get(upload.document() + "/download");
  require_equal(expect(down, 200).body, "hello");
}
