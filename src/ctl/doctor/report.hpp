// What doctor found: a line a check, and of a fault also why it matters and the command that mends it.
#pragma once

#include <exception>
#include <functional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace tenantd::ctl {

// Something is wrong. what() says what; `mend`, unless empty, is better advice than the check's own.
struct Fault : std::runtime_error {
  explicit Fault(const std::string& what, std::string mend_with = {})
      : runtime_error(what), mend(std::move(mend_with)) {}
  std::string mend;
};

// It could not be looked at, which is neither right nor wrong. what() says why.
struct Unchecked : Fault {
  using Fault::Fault;
};

// What is checked: its name, what depends on it, and the command that mends it.
struct Subject {
  const char* name;
  const char* why;
  const char* mend;
};

struct Finding {
  enum class State { ok, fault, unchecked };
  State state;
  std::string check, what, why, mend;
};

class Report {
 public:
  // Carries a check out: it returns what is right, or throws Fault or Unchecked. A database that is away is
  // Unchecked: one line says so, and not twenty.
  void check(const Subject& subject, const std::function<std::string()>& look);
  // The same of a check that a database's being away fails.
  void check_reachable(const Subject& subject, const std::function<std::string()>& look);

  const std::vector<Finding>& findings() const { return findings_; }
  bool is_healthy() const { return count(Finding::State::fault) == 0; }
  void print(std::ostream& out) const;
  // {"healthy": …, "faults": 0, "unchecked": 1, "checks": [{"check", "state", "what", "why", "mend"}, …]}
  void print_json(std::ostream& out) const;

 private:
  std::size_t count(Finding::State state) const;
  void add(Finding::State state, const Subject& subject, const std::string& what, const std::string& mend);
  void look_at(const Subject& subject, const std::function<std::string()>& look, bool away_is_fault);

  std::vector<Finding> findings_;
};

}  // namespace tenantd::ctl
