#include "personal_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "tenantd/api/disposition.hpp"
#include "tenantd/base/descriptor.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/clients/s3.hpp"
#include "tenantd/modules/documents/file_folder.hpp"

namespace tenantd::ctl {
namespace {

constexpr std::int64_t kLinkSeconds = 3600;

// Two documents may have one name, and a name may be a path.
std::string file_name_of(const service::PersonalFile& file) {
  return file.document.str() + '-' + api::safe_file_name(file.name);
}

void write_new(const std::string& path, const std::string& text) {
  const auto file = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!file || !write_all(file, text))
    throw std::filesystem::filesystem_error(path, std::error_code{errno, std::generic_category()});
}

void make_new(const std::string& dir) {
  if (::mkdir(dir.c_str(), 0700) != 0)
    throw std::filesystem::filesystem_error(dir, std::error_code{errno, std::generic_category()});
}

// Neither a name of ours nor an address holds a quote or a backslash: names are cleaned, addresses encoded.
std::string curl_list(const Settings& settings, const service::PersonalData& data, TimePoint now) {
  const auto store = service::s3_options(settings);
  std::string list = "# curl --config files.curl\nfail\n";
  for (const auto& file : data.files)
    list += "url = \"" + service::presign(store, {.key = file.storage_key, .seconds = kLinkSeconds}, now) +
            "\"\noutput = \"" + file_name_of(file) + "\"\n";
  return list;
}

}  // namespace

int write_personal_data(const Settings& settings, const service::PersonalData& data, const std::string& dir,
                        TimePoint now, std::ostream& err) {
  make_new(dir);
  write_new(dir + "/personal-data.json", json::indented(data.document) + '\n');
  if (data.files.empty()) return 0;
  if (settings.file_store == "s3") return write_new(dir + "/files.curl", curl_list(settings, data, now)), 0;
  const service::FileFolder folder{settings.files_dir};
  int missing = 0;
  for (const auto& file : data.files) {
    if (folder.copy_to(file.storage_key, dir + '/' + file_name_of(file))) continue;
    err << "tenantctl: the file of document " << file.document.str() << " is not in " << settings.files_dir
        << '\n';
    ++missing;
  }
  return missing;
}

}  // namespace tenantd::ctl
