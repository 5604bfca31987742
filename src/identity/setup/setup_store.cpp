#include "identity/setup/setup_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kIsSetUp{"setup.is_done", "SELECT is_set_up()"};
constexpr Sql kPut{"setup.put", "REPLACE INTO tenantd.setup_link (id, token, expires_at) VALUES (1, ?, ?)"};
constexpr Sql kIsLink{"setup.is_link", "SELECT is_setup_link(?, ?)"};
constexpr Sql kTake{"setup.take", "CALL make_first_super(?, ?, ?)"};
constexpr Sql kIsTaken{"setup.is_taken", "SELECT is_super FROM user WHERE id = ?"};

bool asks(db::Rows rows) { return rows.next() && rows.integer(0) != 0; }

}  // namespace

bool is_set_up(db::Txn& txn) { return asks(txn.query(kIsSetUp)); }

void put_setup_link(db::Txn& txn, const SuperAdminScope&, const std::string& token_hash,
                    TimePoint expires_at) {
  txn.execute(kPut, token_hash, expires_at);
}

bool is_setup_link(db::Txn& txn, const std::string& token_hash, TimePoint now) {
  return asks(txn.query(kIsLink, token_hash, now));
}

bool take_setup_link(db::Txn& txn, UserId user, const std::string& token_hash, TimePoint now) {
  txn.execute(kTake, user, token_hash, now);
  return asks(txn.lock(kIsTaken, user));
}

}  // namespace tenantd::store
