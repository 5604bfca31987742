// Files of documents as a client uploads them.
#pragma once

#include <optional>
#include <string>

#include "support/fixtures.hpp"

namespace tenantd::test {

// The id of a new project.
std::string make_project(const Account& account);
struct Uploader {
  Account account = sign_up();
  std::string project = make_project(account);
};

struct Announced {
  std::string id;    // of the document
  std::string path;  // of the upload's address, with its query

  // What it says of the file: POST …/{id}/upload-complete, GET …/{id}/download.
  std::string document() const { return "/api/v1/projects/documents/" + id; }
};

// What a client announces of a file. Empty: left out.
struct FileToSend {
  std::string content = "hello";
  std::string name = "Plan.txt";
  std::string content_type = "text/plain";
  std::string sha256 = {};                // in digits
  std::optional<std::int64_t> size = {};  // instead of the content's
};

Response announce(const Account& account, const std::string& project, const FileToSend& file = {});
// The same, expected to be 201.
Announced announced(const Account& account, const std::string& project, const FileToSend& file = {});
// Sends the file to a path, with nobody's credentials. nginx takes one upload of a file at a time, and lets
// go of one a moment after its reply: until then it is asked again.
Response put_file(const std::string& path, const std::string& content = "hello");
Response complete(const Account& account, const Announced& upload);
// `range`: the value of that header.
Response download(const Account& account, const Announced& upload, const std::string& range = "");
// Announced, put and complete.
Announced uploaded(const Account& account, const std::string& project, const FileToSend& file = {});

// Where the instance keeps the document's file; of one that has a key.
std::string stored_path(const std::string& document_id);
// What the organization is counted to store.
std::int64_t storage_of(const Account& account);

}  // namespace tenantd::test
