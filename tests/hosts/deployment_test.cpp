// What hosts must have in common, as rules: which keys fit a database, and whether a folder is the same one.
#include "tenantd/hosts/deployment.hpp"

#include <criterion/criterion.h>

#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/key_folder.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/hosts/shared_folder.hpp"

using namespace tenantd;
using namespace tenantd::test;
using hosts::Deployment;
using hosts::SharedFolder;

namespace {

const TimePoint kNow = from_unix(1'800'000'000);

std::string fault(const Deployment& deployment, const crypto::KeyRing& keys) {
  return hosts::fault_of(deployment, keys, "/keys", kNow).value_or("");
}

Deployment of(const crypto::KeyRing& keys) {
  const auto prints = keys.fingerprints();
  return {"id", prints.seal, prints.refresh, {{prints.signing.front(), kNow + Seconds{900}}}};
}

}  // namespace

Test(deployment, a_fingerprint_is_of_one_key_alone_and_no_part_of_it) {
  const TempFolder one, two;
  const auto keys = fresh_keys(one), others = fresh_keys(two);
  const auto prints = keys.fingerprints(), again = crypto::KeyRing::load(one.keys()).fingerprints();
  require_equal(prints.seal, again.seal);
  require_equal(prints.refresh, again.refresh);
  require(prints.seal != others.fingerprints().seal && prints.refresh != others.fingerprints().refresh,
          "two");
  require(prints.seal != prints.refresh, "of one purpose");
  require_equal(prints.seal.size(), 43U, "SHA-256 as base64url");
}

Test(deployment, keys_that_are_those_of_the_database_and_new_ones_beside_them_fit) {
  const TempFolder folder;
  const auto keys = fresh_keys(folder);
  require_equal(fault({}, keys), "", "nothing is written yet");
  require_equal(fault(of(keys), keys), "");
  crypto::KeyRing::rotate(folder.keys(), kNow);
  require_equal(fault(of(keys), crypto::KeyRing::load(folder.keys())), "");
}

Test(deployment, another_key_is_named_with_what_to_do) {
  const TempFolder one, two;
  const auto keys = fresh_keys(one), others = fresh_keys(two);
  require(contains(fault(of(others), keys), "its seal key is " + others.fingerprints().seal.substr(0, 12)),
          "");
  auto mixed = of(keys);
  mixed.refresh = others.fingerprints().refresh;
  for (const auto& each : {fault(of(others), keys), fault(mixed, keys)})
    require(contains(each, "Copy KEYS_DIR from a host that runs") && contains(each, "tenantctl keys adopt"),
            each);
  require(contains(fault(mixed, keys), "its refresh key is"), fault(mixed, keys));
}

Test(deployment, a_signing_key_is_wanted_while_its_tokens_may_be_alive) {
  const TempFolder folder;
  const auto keys = fresh_keys(folder);
  auto deployment = of(keys);
  deployment.signing.emplace("former", kNow + Seconds{1});
  require(contains(fault(deployment, keys), "with the key former, which is not in /keys/signing"), "alive");
  deployment.signing["former"] = kNow;
  require_equal(fault(deployment, keys), "", "its last token has ended");
}

Test(deployment, a_key_that_was_retired_here_is_not_wanted_here) {
  const TempFolder folder;
  const auto before = fresh_keys(folder);
  const auto kid = before.active_kid(kNow);
  crypto::KeyRing::rotate(folder.keys(), kNow);
  crypto::KeyRing::retire(folder.keys(), kid, kNow + Seconds{1}, Seconds{0});
  const auto after = crypto::KeyRing::load(folder.keys());
  require_equal(after.retired().size(), 1U);
  require_equal(fault(of(before), after), "");
}

Test(shared_folder, shows_whose_files_it_holds_and_which_hosts_have_it) {
  const TempFolder one, two;
  const SharedFolder folder{one.path()}, other{two.path()};
  const auto a = crypto::new_id<HostId>(), b = crypto::new_id<HostId>();
  require(!folder.is_of("this"), "nobody's");
  folder.mark("this", a, {a});
  require(folder.is_of("this") && !folder.is_of("that"), folder.deployment());
  folder.mark("that", b, {a, b});
  require(folder.is_of("this"), "the first word counts");
  require(folder.is_marked_by(a) && folder.is_marked_by(b) && !other.is_marked_by(a), "hosts");
  folder.unmark(a);
  require(!folder.is_marked_by(a) && folder.is_marked_by(b), "one is gone");
}

Test(shared_folder, marks_of_hosts_that_are_long_gone_are_removed) {
  const TempFolder place;
  const SharedFolder folder{place.path()};
  const auto gone = crypto::new_id<HostId>(), lives = crypto::new_id<HostId>(),
             self = crypto::new_id<HostId>();
  folder.mark("this", gone, {});
  folder.mark("this", lives, {lives});
  for (const auto& id : {gone, lives})
    std::filesystem::last_write_time(place.path() + "/hosts/" + id.str(),
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours{2});
  folder.mark("this", self, {lives, self});
  require(!folder.is_marked_by(gone) && folder.is_marked_by(lives) && folder.is_marked_by(self), "");
}

Test(shared_folder, hosts_that_keep_files_in_different_places_do_not_fit) {
  const TempFolder place;
  Settings settings;
  settings.host_name = "here";
  settings.files_dir = place.path();
  hosts::Host other;
  other.id = crypto::new_id<HostId>();
  other.name = "there";
  const auto fault_with = [&](const std::string& files) {
    other.files = files;
    return hosts::fault_of_files(settings, "this", {other}).value_or("");
  };
  require(contains(fault_with("local"), "set FILES_SHARED=true on each"), fault_with("local"));
  require(contains(fault_with("s3"), "there keeps documents' files in S3"), fault_with("s3"));
  settings.files_shared = true;
  require(contains(fault_with("shared"), "is not the folder that there has"), fault_with("shared"));
  SharedFolder{place.path()}.mark("this", other.id, {other.id});
  require_equal(fault_with("shared"), "");
  require(contains(hosts::fault_of_files(settings, "that", {}).value_or(""), "files of another database"),
          "");
  settings.file_store = "s3";
  require(contains(fault_with("shared"), "there keeps documents' files in its FILES_DIR"), "");
  require_equal(fault_with("s3"), "");
  other.silent_seconds = 3600;
  require_equal(fault_with("local"), "", "it is gone");
}
