// The writes of a program that is no host, such as tenantctl: every host hears of them.
#pragma once

#include "tenantd/hosts/announcer.hpp"

namespace tenantd::hosts {

class Outsider : public db::ChangeListener {
 public:
  // Whether a commit returns at once, or only when it counts on every host.
  enum class Wait { never, at_once };
  explicit Outsider(Wait wait) : wait_(wait) {}

  // It remembers nothing itself.
  void before_commit(const std::vector<UuidBytes>&) override {}
  void after_commit(const std::vector<UuidBytes>&) override {}
  Announcement announce(db::Connection& connection, const db::Touched& touched) override;
  void confirm(db::Connection& connection, const db::Touched& touched,
               const Announcement& announced) override;

 private:
  db::Touched weighed(db::Touched touched) const;

  Wait wait_;
  shm::HostState nobody_{};  // no host has its id, and it is never alone
  shm::Metrics metrics_;
  Announcer announcer_{nobody_, metrics_};
};

}  // namespace tenantd::hosts
