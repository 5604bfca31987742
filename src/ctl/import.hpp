// tenantctl import: a file of people into organizations, resumable.
#pragma once

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

// [--organization SLUG|ID] [--format FORMAT] [--hash-config FILE] [--dry-run] [--report FILE] [--batch N]
// FILE. Rows go in by batches, each one transaction that also writes down how far the file is done: ended
// anywhere and run again, it goes on there. Returns 0 if no row was refused, EX_DATAERR if some were or the
// file is none, EX_NOINPUT if it cannot be opened, EX_TEMPFAIL if the database went away. Throws UsageError.
extern const char* const kImportPage;
int import_people(const Arguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace tenantd::ctl
