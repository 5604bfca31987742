// Couriers, sweepers and reporters of two hosts on one database at the same time, one of them killed amid its
// work: everything is done, and once.
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <functional>
#include <map>

#include "support/background.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/reporting.hpp"
#include "support/script_server.hpp"

using namespace tenantd::test;

namespace {

std::string new_clock() {
  const auto path = run_dir() + "/clock-" + fresh_name("two");
  std::ofstream{path, std::ios::binary} << std::string(8, '\0');
  return path;
}

// An instance of its own with a clock of its own, whose mails go to a server that counts them.
class Place {
 public:
  Place()
      : stack_({"CLOCK_OFFSET_FILE=" + clock_, "MAIL_TRANSPORT=smtp",
                "SMTP_URL=smtp://127.0.0.1:" + sink_.port(), "MAIL_LEASE_SECONDS=120"}) {
    stack_.take_the_suites_place();
  }
  void move_clock(std::int64_t seconds) const {
    std::fstream file{clock_, std::ios::in | std::ios::out | std::ios::binary};
    file.write(reinterpret_cast<const char*>(&seconds), sizeof seconds);
    require(static_cast<bool>(file.flush()), "the clock cannot be moved");
  }
  void end_own_courier() const {
    const auto courier = part_pid(stack_.dir(), "courier");
    ::kill(courier, SIGTERM);
    wait_until("the instance's own courier is gone", [&] { return !lives(courier); });
  }
  // The command of one of its programs, as on another host.
  std::vector<std::string> program(const std::string& name, const std::string& host) const {
    return {"bash", "-c",
            ". " + stack_.dir() + "/environment && export COURIER_SOCKET=" + stack_.dir() + "/" + host +
                ".sock && exec " + setting("TENANTD_BUILD") + "/" + name};
  }
  const SmtpSink& sink() const { return sink_; }
  const PrivateStack& stack() const { return stack_; }

  // How often the mail server got each Message-ID.
  std::map<std::string, int> delivered() const {
    std::map<std::string, int> times;
    for (int i = 0, most = sink_.mails(); i < most; ++i) {
      const auto mail = sink_.mail(i);
      const auto at = mail.find("Message-ID: <") + 13;
      ++times[mail.substr(at, mail.find('>', at) - at)];
    }
    return times;
  }

 private:
  SmtpSink sink_;
  std::string clock_ = new_clock();
  PrivateStack stack_;
};

std::int64_t mails(const std::string& where) {
  return number_of("SELECT COUNT(*) FROM outbox WHERE " + where);
}

// Runs two of the program, kills one as soon as something is done and not all, and then lets it run to its
// end. Throws if the two were done before they could be seen at work.
void run_two_killing_one(const PrivateStack& stack, const std::string& program,
                         const std::function<bool()>& is_amid) {
  const std::vector<std::string> command{
      "bash", "-c", ". " + stack.dir() + "/environment && exec " + setting("TENANTD_BUILD") + "/" + program};
  Background one{"one-of-two", command};
  Background two{"two-of-two", command};
  wait_until("one is killed amid its work", [&] {
    if (is_amid()) return ::kill(one.pid(), SIGKILL) == 0;
    require(lives(one.pid()) || lives(two.pid()), program + " was done too early");
    return false;
  });
  wait_until("the other one has ended", [&] { return !lives(two.pid()); });
  const auto last = stack.run(program);
  require_equal(last.status, 0, last.output);
}

}  // namespace

Test(two_of_each, couriers_send_each_mail_under_one_message_id_although_one_is_killed, .timeout = 180) {
  const Place place;
  place.end_own_courier();
  for (int i = 0; i < 40; ++i) sign_up();
  const auto ordered = mails("TRUE");
  require(ordered >= 40, "each has ordered some");
  {
    Background one{"courier-one", place.program("tenantd-courier", "one")};
    Background two{"courier-two", place.program("tenantd-courier", "two")};
    wait_until("both are at work", [&] { return place.sink().mails() >= 5; });
    ::kill(one.pid(), SIGKILL);
    wait_until("the other one has sent what the killed one does not hold",
               [] { return mails("status = 0 AND lease_until <= UNIX_TIMESTAMP()") == 0; });
    // What it held is free again when its leases have run out.
    place.move_clock(10'000);
    wait_until("everything is sent", [] { return mails("status = 0") == 0; });
  }
  require_equal(mails("status = 1"), ordered);
  const auto delivered = place.delivered();
  require_equal(static_cast<std::int64_t>(delivered.size()), ordered, "one Message-ID a mail");
  int again = 0;
  for (const auto& [id, times] : delivered) {
    require(times <= 2, id);
    again += times - 1;
  }
  // Those were out in the killed courier's last tenth of a second, and not written down yet.
  require(again < 40, std::to_string(again) + " mails came twice");
}

Test(two_of_each, sweepers_end_each_invitation_once_although_one_is_killed) {
  // The one that lives works to the end, however slow the machine is.
  const PrivateStack stack({"SWEEP_TASK_SECONDS=300"});
  stack.take_the_suites_place();
  const auto owner = sign_up();
  constexpr int kMany = 20'000;
  database().run(
      "INSERT INTO invite (org_id, id, token, email, role_id, invited_by, created_at, updated_at, "
      "expires_at) SELECT r.org_id, " +
      id_of("CONCAT(s.seq, HEX(r.id))") +
      ", UNHEX(SHA2(CONCAT(s.seq, HEX(r.id)), 256)), CONCAT('x', s.seq, '@example.com'), r.id, " +
      binary(owner.user_id) + ", 1, 1, 1 FROM role r, " + series(kMany) +
      " WHERE r.name = 'viewer' AND r.org_id = " + binary(owner.org_id));
  const auto left = [] { return number_of("SELECT COUNT(*) FROM invite"); };
  const auto pending = [] { return number_of("SELECT COUNT(*) FROM invite WHERE status = 0"); };
  run_two_killing_one(stack, "tenantd-sweeper", [&] { return pending() > 0 && pending() < kMany; });
  require_equal(left(), 0);
  const auto events = [](const std::string& what) {
    return number_of("SELECT " + what + " FROM event WHERE type = 'invite.expired'");
  };
  require_equal(events("COUNT(*)"), kMany);
  require_equal(events("COUNT(DISTINCT subject_id)"), kMany);
  const auto verified = stack.run("tenantctl audit verify");
  require_equal(verified.status, 0, verified.output);
}

Test(two_of_each, reporters_report_to_each_organization_once_although_one_is_killed, .timeout = 180) {
  const ReportingStack stack;
  const auto manager = sign_up("Own");
  verify(manager);
  constexpr int kMany = 300;
  insert_organizations(manager, kMany);
  stack.go_to_sunday(tenantd::Seconds{60});
  const auto reports = [](const std::string& what) {
    return number_of("SELECT " + what + " FROM outbox WHERE template = 'weekly_report'");
  };
  run_two_killing_one(stack.stack(), "tenantd-reporter due",
                      [&] { return reports("COUNT(*)") > 0 && reports("COUNT(*)") < kMany; });
  require_equal(reports("COUNT(*)"), kMany + 1);
  require_equal(reports("COUNT(DISTINCT org_id)"), kMany + 1);
}
