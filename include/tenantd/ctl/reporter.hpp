// What tenantd-reporter is told to do, and doing it.
#pragma once

#include <atomic>
#include <optional>
#include <ostream>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/ctl/commands.hpp"
#include "tenantd/workers/reporter.hpp"

namespace tenantd::ctl {

struct ReporterOrder {
  std::vector<service::Job> jobs;
  std::int64_t every = 0;  // seconds between two runs; 0 = once
};

// nullopt if it is none.
std::optional<ReporterOrder> parse_reporter_order(const Arguments& arguments);

// The settings as reporter and sweeper take them at their start. Throws ConfigError, or another with a
// sentence.
void check_reporter(const Settings& settings);

// Does it until `stopping`, with a line a job on `out`, and how far a long one has come on `err`. Returns an
// exit status. Throws ApiError(unavailable) if the database cannot be reached, unless it is to stay, and
// others with a sentence for wrong settings.
int run_reporter(const ReporterOrder& order, const std::atomic<bool>& stopping, std::ostream& out,
                 std::ostream& err);

}  // namespace tenantd::ctl
