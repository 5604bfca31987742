#include "support/files.hpp"

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/processes.hpp"

namespace tenantd::test {

std::string make_project(const Account& account) {
  const auto made = account.client().post("/api/v1/projects", object({{"name", fresh_name("project")}}));
  return expect(made, 201).text("/id");
}

Response announce(const Account& account, const std::string& project, const FileToSend& file) {
  const auto size = file.size.value_or(static_cast<std::int64_t>(file.content.size()));
  auto body = object(
      {{"project_id", project}, {"name", file.name}, {"content_type", file.content_type}, {"size", size}});
  if (!file.sha256.empty()) body.insert(body.size() - 1, ",\"sha256\":\"" + file.sha256 + '"');
  return account.client().post("/api/v1/projects/documents/upload", body);
}

Announced announced(const Account& account, const std::string& project, const FileToSend& file) {
  const auto reply = announce(account, project, file);
  const auto url = expect(reply, 201).text("/upload_url");
  return {reply.text("/document_id"), url.substr(url.find("/files/"))};
}

Response put_file(const std::string& path, const std::string& content) {
  Response reply;
  wait_until("nginx lets go of the upload before", [&] {
    reply = Client{}.send({"PUT", path, content, "application/octet-stream", {}});
    return reply.status != 429;
  });
  return reply;
}

Response complete(const Account& account, const Announced& upload) {
  return account.client().post(upload.document() + "/upload-complete");
}

Response download(const Account& account, const Announced& upload, const std::string& range) {
  auto client = account.client();
  if (!range.empty()) client.of_another_program().header("Range", range);
  return client.get(upload.document() + "/download");
}

Announced uploaded(const Account& account, const std::string& project, const FileToSend& file) {
  const auto upload = announced(account, project, file);
  expect(put_file(upload.path, file.content), 204);
  expect(complete(account, upload), 200);
  return upload;
}

std::string stored_path(const std::string& document_id) {
  const auto key = text_of("SELECT storage_key FROM document WHERE id = " + binary(document_id));
  return run_dir() + "/files/" + key.substr(0, 2) + '/' + key.substr(2, 2) + '/' + key;
}

std::int64_t storage_of(const Account& account) {
  return number_of("SELECT COALESCE(SUM(storage_bytes), 0) FROM organization_usage WHERE org_id = " +
                   binary(account.org_id));
}

}  // namespace tenantd::test
