// Files of documents: announced, put once, complete, downloaded under a safe name.
#include <criterion/criterion.h>

#include <algorithm>
#include <filesystem>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/files.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kHello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

}  // namespace

Test(files, a_file_goes_up_once_and_comes_down_as_it_was) {
  const Uploader up;
  const auto upload = announced(up.account, up.project, {.sha256 = kHello});
  require_equal(storage_of(up.account), 5, "counted when it is announced");
  const auto put = put_file(upload.path);
  expect(put, 204);
  require_equal(put.header("location"), "", "where it lies is nobody's business");
  expect_problem(put_file(upload.path), 403, "upload_refused");
  const auto done = complete(up.account, upload);
  require_equal(expect(done, 200).text("/status"), "stored");
  require_equal(done.text("/sha256"), kHello);
  require_equal(done.number("/size"), 5);
  const auto again = complete(up.account, upload);
  require_equal(expect(again, 200).header("etag"), done.header("etag"), "again is no change");
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'document.uploaded' AND subject_id = " +
                          binary(upload.id)),
                1);
  expect_problem(put_file(upload.path), 403, "upload_refused");
  const auto down = download(up.account, upload);
  require_equal(expect(down, 200).body, "hello");
  require_equal(storage_of(up.account), 5);
}

Test(files, a_download_is_saved_and_never_shown) {
  const Uploader up;
  for (const auto& [name, type] :
       {Header{"page.html", "text/html"}, {"drawing.svg", "image/svg+xml"}, {"app.js", "text/javascript"}}) {
    const auto upload = uploaded(
        up.account, up.project, {.content = "<script>alert(1)</script>", .name = name, .content_type = type});
    const auto down = download(up.account, upload);
    require_equal(expect(down, 200).header("content-type"), "application/octet-stream");
    require_equal(down.header("content-disposition"),
                  "attachment; filename=\"" + name + "\"; filename*=UTF-8''" + name);
    require_equal(down.header("x-content-type-options"), "nosniff");
    require_equal(down.header("content-security-policy"),
                  "default-src 'none'; frame-ancestors 'none'; sandbox");
    require_equal(down.header("cache-control"), "private, no-cache");
  }
}

Test(files, ranges_of_a_file_can_be_had) {
  const Uploader up;
  const auto upload = uploaded(up.account, up.project, {.content = "0123456789"});
  const auto part = download(up.account, upload, "bytes=2-4");
  require_equal(expect(part, 206).body, "234");
  require_equal(part.header("content-range"), "bytes 2-4/10");
  require_equal(part.header("x-content-type-options"), "nosniff");
  expect(download(up.account, upload, "bytes=10-"), 416);
}

Test(files, an_empty_file_is_one_too) {
  const Uploader up;
  const auto upload = announced(up.account, up.project, {.content = ""});
  expect_problem(complete(up.account, upload), 409, "upload_incomplete");
  expect(put_file(upload.path, ""), 204);
  expect(complete(up.account, upload), 200);
  auto client = up.account.client();
  const auto down = client.of_another_program().get(upload.document() + "/download");
  require_equal(expect(down, 200).header("content-length"), "0");
}

Test(files, a_name_is_kept_as_it_is_and_served_as_a_safe_one) {
  const Uploader up;
  struct Case {
    std::string name, served;
  };
  const std::string letters(300, 'x');
  for (const auto& [name, served] :
       {Case{"../../etc/passwd", "_._.._etc_passwd"}, Case{"/etc/passwd", "_etc_passwd"},
        Case{"..\\..\\boot.ini", "_._.._boot.ini"}, Case{"a%0d%0ab", "a_0d_0ab"}, Case{"..", "file"},
        Case{letters, letters.substr(0, 200)}, Case{"\"; x=\"", "_; x=_"}}) {
    const auto upload = uploaded(up.account, up.project, {.name = name});
    const auto shown = up.account.client().get(upload.document());
    require_equal(expect(shown, 200).text("/name"), name);
    const auto down = download(up.account, upload);
    expect(down, 200);
    require_equal(down.count_headers("content-disposition"), 1U);
    const auto told = down.header("content-disposition");
    require(told.starts_with("attachment; filename=\"" + served + "\"; filename*=UTF-8''"), told);
  }
  // Control characters are refused in every name of the service.
  for (const auto& name : {letters + 'x', std::string{"a\r\nSet-Cookie: b"}, std::string{"a\0b", 3}}) {
    const auto reply = announce(up.account, up.project, {.name = name});
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/name");
  }
}

Test(files, of_many_puts_at_once_one_is_taken) {
  const Uploader up;
  for (int round = 0; round < 3; ++round) {
    const auto upload = announced(up.account, up.project);
    const auto contents = std::vector<std::string>{"aaaaa", "bbbbb", "ccccc", "ddddd", "eeeee", "fffff"};
    const auto statuses = at_once(contents.size(), [&](std::size_t i) {
      const auto reply = put_file(upload.path, contents[i]);
      if (reply.status != 204) expect_problem(reply, 403, "upload_refused");
      return reply.status;
    });
    require_equal(std::count(statuses.begin(), statuses.end(), 204), 1, "PUTs that were taken");
    const auto winner = std::find(statuses.begin(), statuses.end(), 204) - statuses.begin();
    expect(complete(up.account, upload), 200);
    const auto down = download(up.account, upload);
    require_equal(expect(down, 200).body, contents.at(static_cast<std::size_t>(winner)));
  }
}

Test(files, an_upload_that_breaks_off_leaves_the_address_good) {
  const Uploader up;
  const auto upload = announced(up.account, up.project);
  send_raw("PUT " + upload.path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel", true);
  require(!fs::exists(stored_path(upload.id)), "half a file is none");
  expect_problem(complete(up.account, upload), 409, "upload_incomplete");
  expect(put_file(upload.path), 204);
  expect(complete(up.account, upload), 200);
  wait_until("nginx leaves nothing of it", [] { return fs::is_empty(run_dir() + "/files/incoming"); });
}
