#include "tenantd/ctl/reporter.hpp"

#include <algorithm>
#include <thread>

#include "tenantd/base/log.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/db/schema.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/wake_socket.hpp"
#include "tenantd/hosts/deployment.hpp"

namespace tenantd::ctl {
namespace {

using service::Job;

constexpr std::int64_t kSayEveryUs = 5'000'000;
// One statement may read a long week of one organization.
constexpr int kStatementSeconds = 120;

db::ConnectOptions reporter_account(const Settings& s) {
  auto options = db::connect_options(s, s.db_reporter_user, s.db_reporter_password, "tenantd_app");
  options.timeout_seconds = std::max(options.timeout_seconds, kStatementSeconds);
  return options;
}

// Says now and then for how many organizations something was done.
auto progress_on(std::ostream& err) {
  return [&err, said = monotonic_microseconds()](std::int64_t organizations) mutable {
    const auto time = monotonic_microseconds();
    if (time - said < kSayEveryUs) return;
    said = time;
    err << "tenantd-reporter: " << organizations << " organizations so far" << std::endl;
  };
}

class Runner {
 public:
  Runner(const Settings& settings, const std::atomic<bool>& stopping, std::ostream& out, std::ostream& err)
      : settings_(settings),
        pool_(reporter_account(settings), 1),
        stopping_(stopping),
        out_(out),
        err_(err) {}

  // `quiet`: a job that found nothing to do says nothing.
  int run(const std::vector<Job>& jobs, bool quiet) {
    const auto keys = keys_of_database();
    const service::Context context{
        settings_, keys, now(), "", "tenantd-reporter", "", nullptr, [this] { mailed_ = true; }, {}, {}, {}};
    int status = 0;
    for (const auto job : jobs) {
      if (stopping_) break;
      const auto result =
          service::run_job({pool_, context, [this] { return !stopping_; }, progress_on(err_)}, job);
      if (!quiet || result.organizations + result.failed > 0) out_ << service::describe(result) << std::endl;
      if (result.failed > 0) status = 1;
      wake();
    }
    return status;
  }

 private:
  crypto::KeyRing keys_of_database() {
    auto connection = pool_.acquire();
    db::require_schema(*connection);
    return hosts::checked_keys(settings_, *connection);
  }
  // Once a job, not once a mail.
  void wake() {
    if (mailed_) service::wake_courier(settings_.courier_socket);
    mailed_ = false;
  }

  const Settings& settings_;
  db::Pool pool_;
  const std::atomic<bool>& stopping_;
  std::ostream& out_;
  std::ostream& err_;
  bool mailed_ = false;
};

}  // namespace

std::optional<ReporterOrder> parse_reporter_order(const Arguments& arguments) {
  const std::vector<Job> all{Job::low_stock, Job::weekly, Job::drafts, Job::keys};
  if (arguments.size() == 2 && arguments[0] == "--watch") {
    const auto every = parse_int(arguments[1]).value_or(0);
    return every > 0 ? std::optional{ReporterOrder{all, every}} : std::nullopt;
  }
  if (arguments.size() != 1) return std::nullopt;
  if (arguments[0] == "due") return ReporterOrder{all};
  if (arguments[0] == "weekly") return ReporterOrder{{Job::weekly}};
  if (arguments[0] == "low-stock") return ReporterOrder{{Job::low_stock}};
  if (arguments[0] == "drafts") return ReporterOrder{{Job::drafts}};
  if (arguments[0] == "keys") return ReporterOrder{{Job::keys}};
  return std::nullopt;
}

void check_reporter(const Settings& settings) {
  log::parse_level(settings.log_level);
  db::check_server(settings);
  service::check_wake_socket(settings.courier_socket);
  service::check_wake_socket(settings.sweeper_socket);
}

int run_reporter(const ReporterOrder& order, const std::atomic<bool>& stopping, std::ostream& out,
                 std::ostream& err) {
  const Settings settings = load_settings();
  check_reporter(settings);
  log::set_level(log::parse_level(settings.log_level));
  if (!settings.clock_offset_file.empty()) use_offset_file(settings.clock_offset_file);
  Runner runner{settings, stopping, out, err};
  if (order.every == 0) return runner.run(order.jobs, false);
  while (!stopping) {
    try {
      runner.run(order.jobs, true);
    } catch (const ApiError& e) {
      err << "tenantd-reporter: the database cannot be used: " << e.log_detail() << std::endl;
    }
    for (std::int64_t second = 0; second < order.every && !stopping; ++second)
      std::this_thread::sleep_for(std::chrono::seconds{1});
  }
  return 0;
}

}  // namespace tenantd::ctl
