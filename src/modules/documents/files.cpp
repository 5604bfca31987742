#include "tenantd/modules/documents/files.hpp"

#include "modules/documents/documents.hpp"
#include "modules/documents/files_store.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/clients/s3.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/slow_turn.hpp"
#include "tenantd/http/cpu_watch.hpp"
#include "tenantd/modules/documents/file_folder.hpp"

namespace tenantd::service {
namespace {

using store::Document;

constexpr const char* kLarger = "The file is larger than was announced";
constexpr const char* kSmaller = "The file is smaller than was announced";

bool on_s3(const Settings& settings) { return settings.file_store == "s3"; }

Document announced(const Context& context, const TenantScope& scope, const UploadForm& form) {
  Document d;
  d.id = crypto::new_id<DocumentId>();
  d.project = form.project;
  d.name = form.name;
  d.status = DocumentStatus::announced;
  d.content_type = form.content_type;
  d.size = form.size;
  d.sha256 = form.sha256;
  d.storage_key = new_storage_key();
  d.upload_expires_at = context.now + Seconds{context.settings.upload_seconds};
  d.created_by = scope.user();
  d.created_at = d.updated_at = context.now;
  return d;
}

// The first file that arrives stays: no PUT replaces one that has been verified. A store that does not know
// conditional writes (RFC 9110 section 13.1.2) would let one of the same length and SHA-256 through.
std::vector<std::pair<std::string, std::string>> upload_headers(const Settings& settings) {
  if (!on_s3(settings)) return {};
  return {{"If-None-Match", "*"}};
}

std::string upload_url(const Context& context, const TenantScope& scope, const Document& d) {
  const auto& settings = context.settings;
  if (!on_s3(settings))
    return settings.public_url +
           signed_path(context.keys, {scope.org(), d.id, *d.size, *d.upload_expires_at});
  S3Call call{.method = "PUT", .key = *d.storage_key, .seconds = settings.upload_seconds};
  call.headers = {{"content-length", std::to_string(*d.size)}};
  for (const auto& [name, value] : upload_headers(settings))
    call.headers.emplace_back(ascii_lower(name), value);
  if (d.sha256) call.query = {{"X-Amz-Content-Sha256", to_hex(*d.sha256)}};
  return presign(s3_options(settings), call, context.now);
}

// The size of what has arrived, if anything has.
std::optional<std::int64_t> arrived_size(const Context& context, const Document& d) {
  if (on_s3(context.settings)) return s3_size(s3_options(context.settings), *d.storage_key, context.now);
  const auto size = FileFolder{context.settings.files_dir}.size_of(*d.storage_key);
  // The place was taken, and nginx had no time to rename the file into it.
  if (size == 0 && d.size != 0) return std::nullopt;
  return size;
}

// Its SHA-256. An S3-compatible store has compared that by itself, and does not tell it.
std::optional<std::string> arrived_hash(const Context& context, const TenantScope& scope, const Document& d) {
  if (on_s3(context.settings)) return d.sha256;
  const SlowTurn turn{context, SlowTurn::Kind::hashing, scope.org()};
  const http::CpuWatch::Pause pause;
  auto hash = FileFolder{context.settings.files_dir}.hash_of(*d.storage_key);
  if (!hash) throw ApiError(ErrorCode::upload_incomplete);
  return hash;
}

// Throws unless the announced file is there. Returns its SHA-256, if it is known.
std::optional<std::string> judge_arrived(const Context& context, const TenantScope& scope,
                                         const Document& d) {
  const auto size = arrived_size(context, d);
  if (!size) throw ApiError(ErrorCode::upload_incomplete);
  if (*size > d.size) throw ApiError(ErrorCode::body_too_large, kLarger);
  if (*size < d.size) throw ApiError(ErrorCode::upload_mismatch, kSmaller);
  auto hash = arrived_hash(context, scope, d);
  if (d.sha256 && d.sha256 != hash)
    throw ApiError(ErrorCode::upload_mismatch, "The file's SHA-256 is another than was announced");
  return hash;
}

void judge_length(std::string_view text, std::int64_t announced) {
  const auto length = parse_int(text);
  // A body in chunks says how long it is only when it is too late.
  if (!length) throw ApiError(ErrorCode::length_required);
  if (*length > announced) throw ApiError(ErrorCode::body_too_large, kLarger);
  if (*length < announced) throw ApiError(ErrorCode::upload_incomplete, kSmaller);
}

Document found(db::Txn& txn, const TenantScope& scope, DocumentId id) {
  auto d = store::find_document(txn, scope, id);
  if (!d) throw ApiError(ErrorCode::not_found);
  return *std::move(d);
}

}  // namespace

Upload announce_upload(const Work& work, const UploadForm& form) {
  const auto most = work.context.settings.file_bytes;
  if (form.size > most)
    throw ApiError(ErrorCode::body_too_large, "A file has at most " + std::to_string(most) + " bytes");
  const auto d = announced(work.context, work.scope, form);
  try {
    store::insert_document(work.txn, work.scope, d);
  } catch (const db::ForeignKeyError&) {
    throw ApiError(ErrorCode::validation_failed).field("/project_id", "no such project");
  }
  // After the document, as its removal has it. From here on the usage's row is locked until the commit: of
  // those that would come to the limit together, each sees what the ones before have added.
  const auto used = store::add_storage(work.txn, work.scope, form.size);
  const auto limit = store::storage_limit(work.txn, work.scope);
  if (limit && used > *limit) throw db::LimitReached{"the organization's storage", "storage"};
  record(work, {"document.created", "document", d.id.bytes(), {}, document_values(d), document_data(d)});
  return {d.id, upload_url(work.context, work.scope, d), upload_headers(work.context.settings),
          *d.upload_expires_at};
}

std::string allow_upload(db::Txn& txn, const Context& context, const UploadAddress& address,
                         std::string_view signature, std::string_view length, UploadStage stage) {
  if (!is_signed(context.keys, address, signature) || address.expires_at <= context.now)
    throw ApiError(ErrorCode::upload_refused);
  judge_length(length, address.size);
  const auto key = store::find_awaited_key(txn, address.org, address.document, context.now);
  if (!key || on_s3(context.settings)) throw ApiError(ErrorCode::upload_refused);
  const FileFolder folder{context.settings.files_dir};
  if (stage == UploadStage::announced) {
    if (folder.size_of(*key)) throw ApiError(ErrorCode::upload_refused);
    return {};
  }
  if (!folder.take(*key)) throw ApiError(ErrorCode::upload_refused);
  return FileFolder::relative_path_of(*key);
}

Document complete_upload(const Work& work, DocumentId id) {
  const auto before = found(work.txn, work.scope, id);
  if (before.status == DocumentStatus::stored) return before;
  if (before.status == DocumentStatus::none)
    throw ApiError(ErrorCode::upload_incomplete, "No upload was announced");
  if (*before.upload_expires_at <= work.context.now)
    throw ApiError(ErrorCode::upload_incomplete, "The time for the upload is over");
  const auto hash = judge_arrived(work.context, work.scope, before);
  // Nothing was locked while the file was read.
  const bool first =
      store::mark_stored(work.txn, work.scope, id, *before.storage_key, hash, work.context.now);
  auto after = found(work.txn, work.scope, id);
  if (!first && after.status != DocumentStatus::stored) throw ApiError(ErrorCode::upload_incomplete);
  if (first)
    record(work, {"document.uploaded", "document", id.bytes(), document_values(before),
                  document_values(after), document_data(after)});
  return after;
}

Download find_download(const Work& work, DocumentId id,
                       const std::function<std::string(const std::string& name)>& attachment) {
  const auto d = found(work.txn, work.scope, id);
  if (d.status == DocumentStatus::none) throw ApiError(ErrorCode::not_found);
  if (d.status == DocumentStatus::announced) throw ApiError(ErrorCode::upload_incomplete);
  if (!on_s3(work.context.settings))
    return {FileFolder::relative_path_of(*d.storage_key), "", attachment(d.name)};
  S3Call call{.method = "GET", .key = *d.storage_key, .seconds = work.context.settings.download_seconds};
  call.query = {{"response-cache-control", "private, no-store"},
                {"response-content-disposition", attachment(d.name)},
                {"response-content-type", "application/octet-stream"}};
  return {"", presign(s3_options(work.context.settings), call, work.context.now), ""};
}

void check_file_settings(const Settings& settings) {
  if (settings.file_store != "local" && settings.file_store != "s3")
    throw ConfigError("FILE_STORE must be local or s3, not \"" + settings.file_store + "\"");
  if (on_s3(settings)) s3_options(settings);
}

}  // namespace tenantd::service
