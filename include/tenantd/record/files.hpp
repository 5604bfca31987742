// A resource as files of rows (CSV): one row of a file is the body that would make it, and the field that is
// unique says which row of the list it is.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tenantd/api/csv_files.hpp"
#include "tenantd/record/resource.hpp"

namespace tenantd::record {

// What a file's columns are, where they are not the fields alone.
struct FileForm {
  std::vector<api::handlers::Column> columns;
  // Reads what a row says in words of its own into the body, behind the members. Throws ApiError.
  std::function<void(api::Json& body, const api::handlers::FileRow& row)> read = {};
  // A cell of a column that is no field.
  std::function<std::string(std::string_view column, const Object& row)> cell = {};
};
// A column for each field that replies show.
FileForm file_form(const Record& record);

Response import_rows(const Resource&, const FileForm&, const Request&, const TenantScope&, db::Txn&);
// `rows`: as many as the file wants, in the order of their making.
Response export_rows(const Resource&, const FileForm&, const std::vector<Object>& rows,
                     api::handlers::ExportFile file);

}  // namespace tenantd::record
