// Which server of several is asked when, and what a server says of itself: pure rules.
#include <criterion/criterion.h>

#include <memory>

#include "support/check.hpp"
#include "tenantd/db/server_board.hpp"
#include "tenantd/db/server_facts.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kNow = 100 * kSecond;

struct Board {
  std::unique_ptr<db::ServerBoard> board = std::make_unique<db::ServerBoard>();
  db::ServerBoard* operator->() const { return board.get(); }
  std::string order(std::size_t count, std::int64_t now) const {
    std::string text;
    for (const auto place : board->order(count, now)) text += std::to_string(place);
    return text;
  }
};

using Words = std::map<std::string, std::string>;
const Words kAlone{{"hostname", "db1"}, {"port", "3306"}, {"read_only", "OFF"}, {"wsrep_on", "OFF"}};

std::string fault(Words changes, const Words& status = {}) {
  changes.insert(kAlone.begin(), kAlone.end());
  return db::facts_of("10.11.14-MariaDB", changes, status).fault;
}

const Words kNode{{"wsrep_on", "ON"}, {"wsrep_node_name", "node1"}, {"wsrep_reject_queries", "NONE"}};
const Words kPrimary{{"wsrep_cluster_status", "Primary"}, {"wsrep_ready", "ON"}};

}  // namespace

Test(server_board, what_is_fit_is_asked_in_the_order_of_the_list) {
  const Board board;
  require_equal(board.order(3, kNow), "012");
  require_equal(board.order(1, kNow), "0");
  require(!board->is_return_due(2, kNow), "nobody is to come back");
}

Test(server_board, what_failed_is_asked_last_until_its_back_off_is_over) {
  const Board board;
  board->failed(0, kNow);
  require_equal(board.order(3, kNow), "120");
  require_equal(board.order(3, kNow + kSecond - 1), "120");
  require(!board->is_return_due(1, kNow + kSecond - 1), "not yet");
  require_equal(board.order(3, kNow + kSecond), "012");
  require(board->is_return_due(1, kNow + kSecond), "to be asked again");
  require(!board->is_return_due(0, kNow + kSecond), "nothing stands before it");
  board->failed(1, kNow);
  board->failed(2, kNow);
  require_equal(board.order(3, kNow), "012", "when nothing is fit, all in their order");
}

Test(server_board, the_back_off_doubles_up_to_its_bound_and_one_asks_at_a_time) {
  const Board board;
  board->failed(0, kNow);
  auto now = kNow + kSecond;
  for (const std::int64_t wait : {2, 4, 5, 5, 5}) {
    board->asking(0, now);
    require_equal(board.order(2, now), "10", "others do not ask meanwhile");
    board->asking(0, now + 1);
    board->failed(0, now + 1);
    require_equal(board.order(2, now + wait * kSecond - 1), "10");
    now += wait * kSecond;
    require_equal(board.order(2, now), "01", std::to_string(wait));
  }
  board->answered(0);
  require_equal(board.order(2, now), "01");
  board->failed(0, now);
  require_equal(board.order(2, now + kSecond), "01", "it begins anew");
}

Test(server_board, an_epoch_ends_when_the_server_to_use_becomes_another_one) {
  const Board board;
  const auto first = board->epoch();
  for (int i = 0; i < 3; ++i) board->failed(0, kNow + i);
  require_equal(board->epoch(), first + 1, "of many that are told at the same time one counts");
  require(!board->answered(1), "it was fit");
  require_equal(board->epoch(), first + 1);
  board->failed(2, kNow);
  const auto before = board->epoch();
  require(!board->answered(2), "nobody uses it while the second is fit");
  require_equal(board->epoch(), before);
  require_equal(board->answered(0).value_or(0), before + 1);
  require_equal(board->epoch(), before + 1);
}

Test(server_board, a_host_beyond_those_that_are_remembered_counts_as_fit) {
  const Board board;
  board->failed(db::ServerBoard::kMost, kNow);
  require_equal(board->order(db::ServerBoard::kMost + 1, kNow).back(), db::ServerBoard::kMost);
  require(!board->answered(db::ServerBoard::kMost), "nothing changes");
}

Test(server_board, a_proxy_that_mixes_is_left_alone_for_a_minute) {
  const Board board;
  const auto before = board->epoch();
  board->mixes(1, kNow);
  require(board->is_mixing(1, kNow) && !board->is_mixing(0, kNow), "that one");
  require(board->is_mixing(1, kNow + 60 * kSecond - 1) && !board->is_mixing(1, kNow + 60 * kSecond),
          "so long");
  require_equal(board->epoch(), before + 1, "and what is open is closed");
}

Test(server_facts, a_server_says_whether_it_takes_writes) {
  require_equal(fault({}), "");
  for (const char* name : {"read_only", "super_read_only", "innodb_read_only", "tx_read_only"})
    for (const char* value : {"ON", "1", "NO_LOCK_NO_ADMIN"})
      require_equal(fault({{name, value}}), "it is read-only", std::string{name} + ' ' + value);
  require_equal(fault({{"super_read_only", "0"}}), "");
}

Test(server_facts, a_node_that_is_cut_off_or_not_ready_takes_none) {
  require_equal(fault(kNode, kPrimary), "");
  require_equal(fault(kNode, {{"wsrep_cluster_status", "non-Primary"}, {"wsrep_ready", "OFF"}}),
                "it is cut off from its cluster (wsrep_cluster_status is non-Primary)");
  require_equal(fault(kNode, {{"wsrep_cluster_status", "Primary"},
                              {"wsrep_ready", "OFF"},
                              {"wsrep_local_state_comment", "Joined"}}),
                "it is no ready node of its cluster (Joined)");
  auto refusing = kNode;
  refusing["wsrep_reject_queries"] = "ALL";
  require_equal(fault(refusing, kPrimary), "it takes no statements (wsrep_reject_queries is ALL)");
  auto reading = kNode;
  reading["read_only"] = "ON";
  require_equal(fault(reading, kPrimary), "it is read-only");
  require_equal(fault({}, {{"wsrep_ready", "OFF"}}), "", "MariaDB without a cluster has the words too");
}

Test(server_facts, a_node_is_named_as_its_cluster_names_it) {
  auto node = kAlone;
  for (const auto& [name, value] : kNode) node[name] = value;
  require_equal(db::facts_of("10.11.14-MariaDB", node, kPrimary).describe(),
                "10.11.14-MariaDB, node node1:3306 of a Galera cluster");
  auto waiting = kAlone;
  waiting["read_only"] = "ON";
  require_equal(db::facts_of("8.4.6", waiting, {}).describe(), "8.4.6, db1:3306, read-only");
}
