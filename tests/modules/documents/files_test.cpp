// Names of downloads, signed addresses of uploads, and those of S3-compatible stores.
#include <criterion/criterion.h>

#include "modules/documents/upload_address.hpp"
#include "support/check.hpp"
#include "support/key_folder.hpp"
#include "tenantd/api/disposition.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/clients/s3.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/modules/documents/file_folder.hpp"

using namespace tenantd;
using namespace tenantd::service;
using test::require;
using test::require_equal;

Test(disposition, a_plain_name_stays) {
  require_equal(api::attachment("Plan 2026.pdf"),
                "attachment; filename=\"Plan 2026.pdf\"; filename*=UTF-8''Plan%202026.pdf");
}

Test(disposition, no_name_leads_out_of_the_folder_or_out_of_the_header) {
  require_equal(api::safe_file_name("../../etc/passwd"), "_._.._etc_passwd");
  require_equal(api::safe_file_name("C:\\autoexec.bat"), "C__autoexec.bat");
  require_equal(api::safe_file_name(std::string_view{"a\0b\r\nSet-Cookie: x", 16}), "a_b__Set-Cookie_");
  require_equal(api::safe_file_name("a\"; filename=\"b"), "a_; filename=_b");
  require_equal(api::safe_file_name(".."), "file");
  require_equal(api::safe_file_name(".htaccess"), "_htaccess");
  require_equal(api::safe_file_name("annual\u202efdp.exe"), "annual_fdp.exe");
  require_equal(api::safe_file_name(" "), "file");
}

Test(disposition, other_letters_are_encoded_and_have_a_plain_stand_in) {
  require_equal(api::attachment("Zürich 100%.txt"),
                "attachment; filename=\"Z_rich 100_.txt\"; filename*=UTF-8''Z%C3%BCrich%20100%25.txt");
}

Test(disposition, a_long_name_is_cut_between_letters_and_keeps_its_extension) {
  std::string name;
  for (int i = 0; i < 296; ++i) name += "ü";
  const auto safe = api::safe_file_name(name + ".pdf");
  require(safe.size() <= 200 && safe.ends_with("ü.pdf") && is_utf8(safe), safe);
}

Test(upload_address, is_good_for_what_it_says_alone) {
  const test::TempFolder folder;
  crypto::KeyRing::create_missing(folder.keys());
  const auto keys = crypto::KeyRing::load(folder.keys());
  const UploadAddress address{crypto::new_id<OrgId>(), crypto::new_id<DocumentId>(), 5, from_unix(1000)};
  const auto path = signed_path(keys, address);
  const auto signature = path.substr(path.find("signature=") + 10, 64);
  require(is_signed(keys, address, signature), path);
  auto other = address;
  other.size = 6;
  require(!is_signed(keys, other, signature), "another size");
  other = address;
  other.expires_at += Seconds{1};
  require(!is_signed(keys, other, signature), "another time");
  other = address;
  other.org = crypto::new_id<OrgId>();
  require(!is_signed(keys, other, signature), "another organization");
  other = address;
  other.document = crypto::new_id<DocumentId>();
  require(!is_signed(keys, other, signature), "another document");
  require(!is_signed(keys, address, ""), "no signature");
  require(!is_signed(keys, address, signature.substr(1)), "a short signature");
}

// The example of Amazon's own documentation.
Test(s3, signs_as_amazon_says) {
  S3Options store;
  store.scheme = "https";
  store.host = "examplebucket.s3.amazonaws.com";
  store.region = "us-east-1";
  store.access_key_id = "AKIAIOSFODNN7EXAMPLE";
  store.secret_access_key = Secret{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
  const auto url =
      presign(store, {.method = "GET", .key = "test.txt", .seconds = 86400}, from_unix(1369353600));
  require_equal(
      url,
      "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
      "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-"
      "Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

Test(file_folder, a_place_is_taken_once_and_holds_what_is_renamed_there) {
  const test::TempFolder dir;
  const FileFolder folder{dir.path()};
  const auto key = new_storage_key();
  require_equal(key.size(), 64U);
  require(!folder.size_of(key), "nothing is there");
  require(folder.take(key), "the first takes it");
  require(!folder.take(key), "the second does not");
  require_equal(folder.size_of(key).value(), 0);
  require_equal(to_hex(folder.hash_of(key).value()), to_hex(crypto::sha256("")));
  require(folder.remove(key) && folder.remove(key), "gone, and gone again");
  require(!folder.hash_of(key), "nothing is there");
}
