// What is refused of files, and when: an address before the body is read, a file before the document has it.
#include <criterion/criterion.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/files.hpp"
#include "support/parallel.hpp"
#include "support/tenants.hpp"

using namespace tenantd::test;
namespace fs = std::filesystem;

namespace {

std::string status_of(const Announced& upload) {
  return text_of("SELECT status FROM document WHERE id = " + binary(upload.id));
}

// The path with another value of a parameter.
std::string with_parameter(const std::string& path, const std::string& name, const std::string& value) {
  const auto at = path.find(name + '=') + name.size() + 1;
  return path.substr(0, at) + value + path.substr(std::min(path.find('&', at), path.size()));
}

// A PUT of which only the head is sent: whatever answers has not read a body.
Response put_head(const std::string& path, const std::string& headers) {
  return read_raw(
      send_raw("PUT " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n"));
}

}  // namespace

Test(file_refusals, what_cannot_be_meant_is_not_announced) {
  const Uploader up;
  const auto other = sign_up();
  const auto foreign = make_project(other);
  const auto expect_refused = [&](const std::string& body, const std::string& pointer) {
    const auto reply = up.account.client().post("/api/v1/projects/documents/upload", body);
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, pointer);
  };
  const auto body = [&](const std::string& size, const std::string& type, const std::string& project) {
    return R"({"project_id":")" + project + R"(","name":"x","content_type":")" + type + R"(","size":)" +
           size + '}';
  };
  for (const char* size : {"-1", "1.5", "\"1\"", "9223372036854775808", "1099511627777", "null"})
    expect_refused(body(size, "text/plain", up.project), "/size");
  for (const char* type :
       {"text", "text/", "/plain", "text/plain\\r\\nX: y", "te xt/plain", "text/plain;", "a/b/c"})
    expect_refused(body("1", type, up.project), "/content_type");
  expect_refused(body("1", "text/plain", foreign), "/project_id");
  expect_refused(body("1", "text/plain", fresh_id()), "/project_id");
  const auto large = up.account.client().post("/api/v1/projects/documents/upload",
                                              body("1099511627776", "text/plain", up.project));
  expect_problem(large, 413, "body_too_large");
  require_equal(storage_of(up.account), 0);
  require_equal(number_of("SELECT COUNT(*) FROM document WHERE org_id = " + binary(up.account.org_id)), 0);
}

Test(file_refusals, an_address_that_was_not_signed_so_is_refused_before_a_body_is_read) {
  const Uploader up;
  const auto other = sign_up();
  const auto upload = announced(up.account, up.project);
  const auto elsewhere = announced(other, make_project(other));
  const std::string gigabyte = "Content-Length: 1073741824\r\n";
  std::vector<std::string> paths{
      with_parameter(upload.path, "size", "1073741824"),
      with_parameter(upload.path, "expires", "99999999999"),
      with_parameter(upload.path, "org_id", other.org_id),
      with_parameter(upload.path, "signature", std::string(64, '0')),
      with_parameter(upload.path, "signature", ""),
      "/files/" + elsewhere.id + upload.path.substr(upload.path.find('?')),
      "/files/" + fresh_id() + upload.path.substr(upload.path.find('?')),
      "/files/" + upload.id,
      "/files/nothing",
      "/files/../etc/passwd",
  };
  for (const auto& path : paths) {
    const auto reply = put_head(path, gigabyte);
    if (path.find("..") == std::string::npos) expect_problem(reply, 403, "upload_refused");
    require(reply.status >= 400, reply.describe());
  }
  require_equal(status_of(upload), "1");
  expect(put_file(upload.path), 204);
}

Test(file_refusals, a_length_that_was_not_announced_is_refused_before_a_body_is_read) {
  const Uploader up;
  const auto upload = announced(up.account, up.project);
  expect_problem(put_head(upload.path, "Content-Length: 6\r\n"), 413, "body_too_large");
  expect_problem(put_head(upload.path, "Content-Length: 1073741824\r\n"), 413, "body_too_large");
  expect_problem(put_head(upload.path, "Content-Length: 4\r\n"), 409, "upload_incomplete");
  expect_problem(put_head(upload.path, "Transfer-Encoding: chunked\r\n"), 411, "length_required");
  expect_problem(put_head(upload.path, ""), 411, "length_required");
  const auto get = Client{}.get(upload.path);
  expect_problem(get, 405, "method_not_allowed");
  require_equal(get.header("allow"), "PUT");
  expect(put_file(upload.path), 204);
}

Test(file_refusals, nobody_else_can_tell_nginx_how_far_an_upload_is) {
  const Uploader up;
  const auto upload = announced(up.account, up.project);
  expect_problem(put_file(upload.path + "&stage=arrived"), 403, "upload_refused");
  expect_problem(put_file(upload.path + "&length=5"), 403, "upload_refused");
  expect_problem(Client{}.get("/_tenantd_files/"), 404, "not_found");
  expect_problem(Client{}.get("/_tenantd_upload"), 403, "upload_refused");
  require(!fs::exists(stored_path(upload.id)), "no place was taken");
}

Test(file_refusals, another_file_than_was_announced_is_not_complete) {
  const Uploader up;
  const auto other = announced(up.account, up.project, {.sha256 = std::string(64, '0')});
  expect(put_file(other.path), 204);
  expect_problem(complete(up.account, other), 422, "upload_mismatch");
  const auto upload = announced(up.account, up.project);
  expect_problem(complete(up.account, upload), 409, "upload_incomplete");
  expect(put_file(upload.path), 204);
  // nginx takes no other size: whatever else has been at the file.
  std::ofstream{stored_path(upload.id), std::ios::app} << 'x';
  expect_problem(complete(up.account, upload), 413, "body_too_large");
  std::ofstream{stored_path(upload.id), std::ios::trunc} << "hell";
  expect_problem(complete(up.account, upload), 422, "upload_mismatch");
  // A worker or nginx that dies between taking the place and filling it.
  std::ofstream{stored_path(upload.id), std::ios::trunc};
  expect_problem(complete(up.account, upload), 409, "upload_incomplete");
  for (const auto& one : {other, upload}) {
    require_equal(status_of(one), "1");
    expect_problem(download(up.account, one), 409, "upload_incomplete");
  }
}

Test(file_refusals, a_file_of_somebody_else_is_none) {
  const Uploader up;
  const auto other = sign_up();
  const auto upload = announced(up.account, up.project);
  expect(put_file(upload.path), 204);
  expect_problem(complete(other, upload), 404, "not_found");
  require_equal(status_of(upload), "1");
  expect(complete(up.account, upload), 200);
  expect_problem(download(other, upload), 404, "not_found");
  const auto viewer = invite_and_accept(up.account, "viewer");
  const auto shown = download(viewer, upload);
  require(shown.status == 200 || shown.status == 403, shown.describe());
  const auto text =
      up.account.client().post("/api/v1/projects/" + up.project + "/documents", R"({"name":"x"})");
  expect_problem(download(up.account, {expect(text, 201).text("/id"), ""}), 404, "not_found");
}

Test(file_refusals, an_address_is_good_until_its_time_and_no_longer) {
  const MovedClock clock;
  const Uploader up;
  const auto upload = announced(up.account, up.project);
  const auto late = announced(up.account, up.project);
  expect(put_file(late.path), 204);
  clock.set(3601);
  const auto again = account_of(sign_in(up.account.email, kPassword), up.account.email);
  expect_problem(put_head(upload.path, "Content-Length: 5\r\n"), 403, "upload_refused");
  expect_problem(complete(again, late), 409, "upload_incomplete");
}

Test(file_refusals, usage_stands_beside_each_limit_that_counts) {
  const Uploader up;
  static_cast<void>(announced(up.account, up.project));
  const auto root = super_admin();
  const auto own = up.account.client().get("/api/v1/organizations/" + up.account.org_id);
  const auto seen = root.client().get(tenant_path(up.account.org_id));
  for (const auto* reply : {&own, &seen}) {
    require_equal(reply->number("/usage/members"), 1);
    require_equal(reply->number("/usage/projects"), 1);
    require_equal(reply->number("/usage/storage_bytes"), 5);
  }
  const auto fresh = sign_up();
  require_equal(fresh.client().get("/api/v1/organizations/" + fresh.org_id).number("/usage/projects"), 0);
}

Test(file_refusals, storage_is_counted_to_the_byte_whoever_comes_together) {
  const Uploader up;
  set_limits(super_admin(), up.account.org_id, R"({"max_storage_bytes":12})");
  const auto statuses = at_once(6, [&](std::size_t) {
    const auto reply = announce(up.account, up.project);
    if (reply.status != 201) {
      expect_problem(reply, 409, "limit_reached");
      require_equal(reply.text("/limit"), "storage");
    }
    return reply.status;
  });
  require_equal(std::count(statuses.begin(), statuses.end(), 201), 2);
  require_equal(storage_of(up.account), 10);
  expect(announce(up.account, up.project, {.content = "ab"}), 201);
  expect_problem(announce(up.account, up.project, {.content = "a"}), 409, "limit_reached");
  require_equal(storage_of(up.account), 12);
  require_equal(number_of("SELECT COUNT(*) FROM document WHERE org_id = " + binary(up.account.org_id)), 3);
}

Test(file_refusals, a_deactivated_organization_uploads_nothing) {
  const Uploader up;
  const auto upload = announced(up.account, up.project);
  expect(super_admin().client().post(tenant_path(up.account.org_id) + "/deactivate"), 200);
  expect_problem(put_head(upload.path, "Content-Length: 5\r\n"), 403, "upload_refused");
}
