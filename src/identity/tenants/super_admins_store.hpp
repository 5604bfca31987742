// Which accounts are super-admins. The application's account of the database can read that, and not write it.
#pragma once

#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/status.hpp"

namespace tenantd::store {

// For tenantctl, which signs in with the administrator's account.
class SuperAdminScope {
 public:
  static SuperAdminScope unsafe_for_tenantctl() { return SuperAdminScope{}; }

 private:
  SuperAdminScope() = default;
};

struct ListedSuperAdmin {
  std::string email;
  Status status = Status::active;
  TimePoint created_at{};  // of the account
};

// By address.
std::vector<ListedSuperAdmin> list_super_admins(db::Txn& txn, const SuperAdminScope&);
// Returns false if the account was that already.
bool set_super_admin(db::Txn& txn, const SuperAdminScope&, UserId user, bool is_one, TimePoint now);

}  // namespace tenantd::store
