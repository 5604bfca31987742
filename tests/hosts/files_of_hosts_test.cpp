// Documents' files in a folder, and several hosts: refused unless the folder is one, and swept by who has it.
#include <criterion/criterion.h>

#include <filesystem>
#include <fstream>

#include "hosts/hosts_fixture.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/files.hpp"
#include "support/fixtures.hpp"
#include "support/key_folder.hpp"

using namespace tenantd::test;
using namespace tenantd::test::hosts;
namespace fs = std::filesystem;

namespace {

void expect_refused(const Finished& said, const std::string& part,
                    const std::source_location& at = std::source_location::current()) {
  require_equal(said.status, 78, said.output, at);
  require(contains(said.output, part), said.output, at);
}

}  // namespace

Test(files_of_hosts, a_second_host_is_refused_unless_the_folder_is_shared_in_truth) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  wait_until("the first host has a row", [] { return number_of("SELECT COUNT(*) FROM host") == 1; });
  const TempFolder other;
  expect_refused(run_with(stack, "HOST_NAME=second", "tenantd"), "set FILES_SHARED=true on each");
  expect_refused(run_with(stack, "HOST_NAME=second FILES_SHARED=true FILES_DIR=" + other.path(), "tenantd"),
                 other.path() + " is not the folder that ");
  expect_refused(run_with(stack,
                          "HOST_NAME=second FILE_STORE=s3 S3_BUCKET=b S3_ACCESS_KEY_ID=k "
                          "S3_SECRET_ACCESS_KEY=s",
                          "tenantd"),
                 "keeps documents' files in its FILES_DIR");
  require(fs::is_empty(other.path()), "nothing is written there");
  const auto doctor = run_with(stack, "HOST_NAME=second", "tenantctl doctor");
  require_equal(doctor.status, 1, doctor.output);
  require(contains(doctor.output, "FAIL  files: "), doctor.output);
  require_equal(number_of("SELECT COUNT(*) FROM host"), 1, "no other host came");
  const SecondHost second{stack};
  wait_until("it has a row",
             [] { return number_of("SELECT COUNT(*) FROM host WHERE files = 'shared'") == 1; });
  const auto sound = run_with(stack, "FILES_SHARED=true", "tenantctl doctor");
  require(contains(sound.output, "ok    files: shared, in "), sound.output);
}

Test(files_of_hosts, a_folder_of_another_database_is_refused) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  const TempFolder other;
  std::ofstream{other.path() + "/deployment"} << "0198d7a0-0000-7000-8000-000000000000\n";
  expect_refused(run_with(stack, "FILES_DIR=" + other.path(), "tenantd"),
                 other.path() + " holds the files of another database");
}

// The sweeper of a machine that does not have the folder finds every file gone.
Test(files_of_hosts, a_file_is_swept_by_who_has_it) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto upload = uploaded(owner, make_project(owner));
  const auto key = text_of("SELECT storage_key FROM document WHERE id = " + binary(upload.id));
  const auto path = setting("FILES_DIR") + '/' + key.substr(0, 2) + '/' + key.substr(2, 2) + '/' + key;
  expect(owner.client().del(upload.document(), ""), 204);
  const TempFolder elsewhere;
  fs::create_directories(elsewhere.path() + "/incoming");
  require_equal(run_with(stack, "FILES_DIR=" + elsewhere.path(), "tenantd-sweeper").status, 0);
  require_equal(number_of("SELECT COUNT(*) FROM file_removal"), 1, "who has the file is still told");
  require(fs::exists(path), path);
  require_equal(stack.run("tenantd-sweeper").status, 0);
  require_equal(number_of("SELECT COUNT(*) FROM file_removal"), 0);
  require(!fs::exists(path), path);
}
