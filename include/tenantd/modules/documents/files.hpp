// Files of documents: announced, uploaded to an address that is good once, complete, downloaded. The bytes
// never come here: nginx or an S3-compatible store takes and gives them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "modules/documents/documents_store.hpp"
#include "modules/documents/upload_address.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

struct UploadForm {
  ProjectId project;
  std::string name;
  std::string content_type;
  std::int64_t size = 0;              // bytes
  std::optional<std::string> sha256;  // 32 raw bytes
};

struct Upload {
  DocumentId document;
  std::string url;                                           // takes one PUT
  std::vector<std::pair<std::string, std::string>> headers;  // to be sent with it
  TimePoint expires_at;
};

// Makes a document that waits for its file, and counts the file as stored already.
// Throws ApiError: body_too_large, validation_failed (no such project), limit_reached.
Upload announce_upload(const Work& work, const UploadForm& form);

// nginx has not read the body yet, or has it on its disk.
enum class UploadStage { announced, arrived };
// May this upload go on? `length`: Content-Length as sent. Once it has arrived, returns the place that nginx
// shall rename the file to, which nobody gets twice; before that, "". Throws ApiError: upload_refused,
// length_required, body_too_large, upload_mismatch; unavailable if there is no room.
std::string allow_upload(db::Txn& txn, const Context& context, const UploadAddress& address,
                         std::string_view signature, std::string_view length, UploadStage stage);

// The file is there and is the one that was announced; the document has it from now on. Reads the whole file,
// or asks the store: for the outbound lane. Again is no change. Returns the document. Throws ApiError:
// not_found, upload_incomplete, upload_mismatch, body_too_large, storage_unavailable.
store::Document complete_upload(const Work& work, DocumentId id);

struct Download {
  std::string place;  // below nginx's location of the files; "" if `url` says where
  std::string url;    // of an S3-compatible store
  std::string disposition;
};
// `attachment(name)`: what the download says of itself. Throws ApiError: not_found, upload_incomplete.
Download find_download(const Work& work, DocumentId id,
                       const std::function<std::string(const std::string& name)>& attachment);

// Throws ConfigError if FILE_STORE or what it needs cannot be meant.
void check_file_settings(const Settings& settings);

}  // namespace tenantd::service
