#include "tenantd/hosts/outsider.hpp"

namespace tenantd::hosts {

db::Touched Outsider::weighed(db::Touched touched) const {
  touched.at_once = touched.at_once && wait_ == Wait::at_once;
  return touched;
}

Outsider::Announcement Outsider::announce(db::Connection& connection, const db::Touched& touched) {
  return announcer_.announce(connection, weighed(touched));
}

void Outsider::confirm(db::Connection& connection, const db::Touched& touched,
                       const Announcement& announced) {
  announcer_.confirm(connection, weighed(touched), announced);
}

}  // namespace tenantd::hosts
