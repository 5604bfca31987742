// What nginx itself refuses of a file's bytes: a problem document like any other, and neither an upload's
// address nor its turn is lost by it.
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>

#include "support/check.hpp"
#include "support/files.hpp"
#include "support/processes.hpp"
#include "tenantd/base/descriptor.hpp"

using namespace tenantd;
using namespace tenantd::test;
namespace fs = std::filesystem;

namespace {

// A client that takes its time: its connection stays open for as long as this lives.
class SlowClient {
 public:
  explicit SlowClient(const std::string& bytes) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const std::string url = setting("TENANTD_URL");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
    require(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, url);
    const timeval patience{30, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    send(bytes);
  }
  void send(const std::string& bytes) const {
    require(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()),
            "sent");
  }
  // Reads until the answer so far begins with `status`'s line.
  void read_status(const std::string& status) {
    std::array<char, 4096> buffer{};
    const std::string line = "HTTP/1.1 " + status;
    while (read_.size() < line.size()) {
      const auto count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      require(count > 0, "an answer instead of " + read_);
      read_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    require(read_.starts_with(line), read_);
    read_.clear();
  }

 private:
  Descriptor fd_;
  std::string read_;
};

std::string put_of_five(const std::string& path, const std::string& headers = "") {
  return "PUT " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n" + headers + "\r\n";
}

Response get_file(const Account& account, const Announced& upload, const std::vector<Header>& headers) {
  auto client = account.client();
  client.of_another_program();
  for (const auto& [name, value] : headers) client.header(name, value);
  return client.get(upload.document() + "/download");
}

void require_plain_refusal(const Response& reply) {
  require_equal(reply.header("content-disposition"), "", reply.describe());
  require_equal(reply.count_headers("cache-control"), 1U, reply.describe());
}

}  // namespace

Test(file_conditions, a_part_of_a_file_is_refused_and_the_address_stays_good) {
  const Uploader up;
  const auto upload = announced(up.account, up.project);
  for (const char* range : {"bytes 0-4/5", "bytes 0-1/5", "x", "0"}) {
    const auto reply =
        Client{}.send({"PUT", upload.path, "hello", "application/octet-stream", {{"Content-Range", range}}});
    expect_problem(reply, 400, "bad_request");
    require(!fs::exists(stored_path(upload.id)), "no place was taken");
  }
  expect(put_file(upload.path), 204);
  expect(complete(up.account, upload), 200);
}

Test(file_conditions, who_does_not_know_the_signature_takes_nobodys_turn) {
  const Uploader up;
  const auto upload = announced(up.account, up.project);
  SlowClient stranger{put_of_five("/files/" + upload.id)};
  stranger.read_status("403");
  expect(Client{}.send({"PUT", upload.path, "hello", "application/octet-stream", {}}), 204);
}

Test(file_conditions, of_two_who_send_at_once_the_second_is_told_to_come_again) {
  const Uploader up;
  const auto upload = announced(up.account, up.project);
  SlowClient first{put_of_five(upload.path, "Expect: 100-continue\r\n")};
  first.read_status("100");
  const auto second = Client{}.send({"PUT", upload.path, "other", "application/octet-stream", {}});
  expect_problem(second, 429, "rate_limited");
  require_equal(second.header("retry-after"), "1");
  first.send("hello");
  first.read_status("204");
  expect_problem(put_file(upload.path, "other"), 403, "upload_refused");
  expect(complete(up.account, upload), 200);
  require_equal(download(up.account, upload).body, "hello");
}

Test(file_conditions, a_download_has_a_tag_of_its_own_that_conditions_go_by) {
  const Uploader up;
  const auto upload = uploaded(up.account, up.project, {.content = "0123456789"});
  const auto whole = get_file(up.account, upload, {});
  const auto tag = expect(whole, 200).header("etag");
  require(tag.starts_with('"'), whole.describe());
  expect(get_file(up.account, upload, {{"If-Match", tag}}), 200);
  expect(get_file(up.account, upload, {{"If-None-Match", tag}}), 304);
  expect(get_file(up.account, upload, {{"If-Range", tag}, {"Range", "bytes=2-4"}}), 206);
  require_equal(get_file(up.account, upload, {{"If-Range", "\"x\""}, {"Range", "bytes=2-4"}}).body,
                "0123456789");
  for (const auto& [name, value] :
       {Header{"If-Match", "\"2\""}, {"If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"}}) {
    const auto refused = get_file(up.account, upload, {{name, value}});
    require_plain_refusal(expect_problem(refused, 412, "precondition_failed"));
  }
  const auto range = get_file(up.account, upload, {{"Range", "bytes=10-"}});
  require_equal(expect(range, 416).text("/code"), "range_not_satisfiable");
  require_equal(range.header("content-range"), "bytes */10");
}

Test(file_conditions, a_page_that_has_changed_is_refused_by_a_problem_document) {
  for (const char* path : {"/app", "/favicon.ico", "/api/v1/docs", "/guide"})
    expect_problem(Client{}.of_another_program().header("If-Match", "\"2\"").get(path), 412,
                   "precondition_failed");
}
