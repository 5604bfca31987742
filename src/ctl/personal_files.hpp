// What `tenantctl privacy export --to` writes: a folder with the document and the files of a person.
#pragma once

#include <ostream>
#include <string>

#include "tenantd/config/settings.hpp"
#include "tenantd/identity/personal_data.hpp"

namespace tenantd::ctl {

// Makes `dir`, which must not be there, for its owner's eyes alone. Files of an S3-compatible store are not
// fetched: a list for curl is written, with addresses that are good for an hour. Returns how many files are
// missing in the store, each named on `err`. Throws std::filesystem::filesystem_error, std::runtime_error.
int write_personal_data(const Settings& settings, const service::PersonalData& data, const std::string& dir,
                        TimePoint now, std::ostream& err);

}  // namespace tenantd::ctl
