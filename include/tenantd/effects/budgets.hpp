// Budgets of mails and invitations: few and worth much, so that they are counted in the database, where all
// hosts see them and no restart forgets them. Each is a bucket (the generic cell rate algorithm): the whole
// hour's number may go at once, and what was spent comes back evenly.
//
// The database does not learn whose a budget is: a row's name is one way.
#pragma once

#include <string>
#include <vector>

#include "tenantd/base/secret.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::store {

struct Budget {
  std::string who;        // a letter for the budget, and whose it is
  std::int64_t most = 0;  // in an hour; 0 = no limit
  Seconds each{0};        // after which one comes back; 0 = the hour's number comes back in an hour
};

// Takes one of each, or none. Returns what there was too little of. It is spent when the transaction commits:
// what a request took that is refused comes back with the rest of it. Until then others who spend the same
// budget wait.
service::Allowance spend(db::Txn& txn, const Secret& key, const std::vector<Budget>& budgets, TimePoint now);
// Nothing of the budget is spent any more.
void restore(db::Txn& txn, const Secret& key, const Budget& budget);
// Takes one, in a transaction of its own, by one statement: whatever becomes of the request, it is spent.
// `txn` must not have begun.
service::Allowance spend_now(db::Txn& txn, const Secret& key, const Budget& budget, TimePoint now);

}  // namespace tenantd::store
