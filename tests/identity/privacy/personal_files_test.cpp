// Files in the export of a person's data: by the API as the paths where the person reads them, by tenantctl
// in a folder.
#include <criterion/criterion.h>

#include <filesystem>

#include "identity/privacy/person_fixture.hpp"
#include "support/files.hpp"
#include "support/key_folder.hpp"

using namespace tenantd::test;

namespace {

Finished export_to(const Account& person, const std::string& dir,
                   const std::vector<std::string>& settings = {}) {
  return run_program(
      {setting("TENANTD_BUILD") + "/tenantctl", "privacy", "export", person.email, "--to", dir}, settings);
}

std::vector<std::string> names_in(const std::string& dir) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{dir}) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Test(personal_files, the_api_names_each_where_the_person_reads_it_and_those_of_no_organization_that_was_left,
     .timeout = 180) {
  const auto owner = sign_up();
  const auto person = invite_and_accept(owner, "manager");
  const auto project = make_project(owner);
  const auto own = uploaded(person, project, {.content = "mine"});
  uploaded(owner, project, {.content = "another's"});
  const auto waits = announced(person, project);
  const auto body = object({{"password", kPassword}});
  const auto data = person.client().post("/api/v1/users/me/export", body);
  expect(data, 200);
  require_equal(data.size("/documents"), 2U, data.body);
  for (const auto* list : {"/documents/0", "/documents/1"}) {
    const auto at = std::string{list};
    require_equal(data.text(at + "/org_id"), owner.org_id);
    if (data.text(at + "/id") == waits.id) {
      require(data.body.find("\"file\": null") != std::string::npos, data.body);
      continue;
    }
    require_equal(data.text(at + "/id"), own.id);
    require_equal(data.number(at + "/size"), 4);
    require_equal(data.text(at + "/sha256").size(), 64U);
    const auto file = person.client().get(data.text(at + "/file"));
    require_equal(expect(file, 200).body, "mine");
  }
  // The document is the organization's: it stays there, and is no part of what is said to who has left.
  expect(owner.client().send({"DELETE", "/api/v1/users/" + person.user_id, std::nullopt, "", {}}), 204);
  const auto left = run_program({setting("TENANTD_BUILD") + "/tenantctl", "privacy", "export", person.email});
  require_equal(left.status, 0, left.output);
  require(left.output.find("/download") == std::string::npos, left.output);
  expect(download(owner, own), 200);
}

Test(personal_files, tenantctl_writes_a_folder_with_those_that_the_document_names, .timeout = 180) {
  const auto owner = sign_up();
  const auto person = invite_and_accept(owner, "manager");
  const auto project = make_project(owner);
  const auto plan = uploaded(person, project, {.content = "mine", .name = "../../Plan.txt"});
  const auto gone = uploaded(person, project, {.content = "lost"});
  uploaded(owner, project, {.content = "another's"});
  announced(person, project);
  const TempFolder place;
  const auto dir = place.path() + "/ann";
  const auto done = export_to(person, dir);
  require_equal(done.status, 0, done.output);
  require_equal(names_in(dir).size(), 3U, done.output);
  require_equal(file_text(dir + '/' + plan.id + "-_._.._Plan.txt"), "mine", joined(names_in(dir)));
  require_equal(file_text(dir + '/' + gone.id + "-Plan.txt"), "lost", joined(names_in(dir)));
  const auto document = file_text(dir + "/personal-data.json");
  require(document.find(person.email) != std::string::npos && document.find(plan.id) != std::string::npos,
          document);
  const auto mode = std::filesystem::status(dir).permissions();
  require_equal(static_cast<int>(mode), 0700, "others may look");

  const auto rows = [&] {
    return number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'account.exported' AND resource_id = " +
                     binary(person.user_id));
  };
  const auto before = rows();
  require_equal(export_to(person, dir).status, 1, "the folder is there");
  require_equal(rows(), before, "told of an export that was none");

  // A list for curl, where the files are in a store.
  const auto listed =
      export_to(person, place.path() + "/stored",
                {"FILE_STORE=s3", "S3_ENDPOINT=https://store.example.com", "S3_REGION=eu-central-1",
                 "S3_BUCKET=files", "S3_ACCESS_KEY_ID=k", "S3_SECRET_ACCESS_KEY=s"});
  require_equal(listed.status, 0, listed.output);
  const auto list = file_text(place.path() + "/stored/files.curl");
  const auto key = text_of("SELECT storage_key FROM document WHERE id = " + binary(plan.id));
  require(list.find("store.example.com/") != std::string::npos &&
              list.find(key + "?X-Amz-") != std::string::npos &&
              list.find("output = \"" + plan.id + "-_._.._Plan.txt\"") != std::string::npos,
          list);

  std::filesystem::remove(stored_path(gone.id));
  const auto missed = export_to(person, place.path() + "/missed");
  require_equal(missed.status, 1, missed.output);
  require(missed.output.find(gone.id) != std::string::npos, missed.output);
  require_equal(names_in(place.path() + "/missed").size(), 2U);
  const auto words = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {setting("TENANTD_BUILD") + "/tenantctl", "privacy"});
    return run_program(more).status;
  };
  require_equal(words({"erase", person.email, "--to", dir}), 64);
  require_equal(words({"export", person.email, "--to"}), 64);
}
