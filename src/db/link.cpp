#include "link.hpp"

#include <mysql_connection.h>

#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "tenantd/base/time.hpp"
#include "tenantd/db/access_denied.hpp"
#include "tenantd/db/deadline.hpp"
#include "tenantd/db/mixing_proxy.hpp"

namespace tenantd::db {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kLongestUs = 5 * kSecondUs;  // that all servers together may take to answer

constexpr const char* kVariables =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'super_read_only', 'innodb_read_only', "
    "'tx_read_only', 'hostname', 'port', 'wsrep_on', 'wsrep_node_name', 'wsrep_reject_queries')";
constexpr const char* kStatus =
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_status', 'wsrep_ready', "
    "'wsrep_local_state_comment')";

std::map<std::string, std::string> words(sql::Statement& plain, const char* query) {
  std::map<std::string, std::string> found;
  const std::unique_ptr<sql::ResultSet> rows{plain.executeQuery(query)};
  while (rows->next()) found[rows->getString(1).asStdString()] = rows->getString(2).asStdString();
  return found;
}

ServerFacts look_at(sql::Statement& plain, const std::string& version) {
  const auto variables = words(plain, kVariables);
  const bool is_node = variables.contains("wsrep_on") && variables.at("wsrep_on") == "ON";
  return facts_of(version, variables, is_node ? words(plain, kStatus) : decltype(variables){});
}

bool is_same(sql::Statement& plain, std::int64_t id) {
  const std::unique_ptr<sql::ResultSet> row{
      plain.executeQuery("SELECT CONNECTION_ID(), @tenantd_connection")};
  return row->next() && row->getInt64(1) == id && row->getInt64(2) == id;
}

// What was set is read in a transaction, and after it: a proxy may take another connection for each.
bool is_mixed(sql::Statement& plain, std::int64_t id) {
  plain.execute("SET @tenantd_connection = CONNECTION_ID()");
  plain.execute("START TRANSACTION");
  const bool was_same = is_same(plain, id);
  plain.execute("COMMIT");
  return !was_same || !is_same(plain, id);
}

// Connects, and looks at what it has connected to.
Link open_one(const ConnectOptions& options, const Host* host, int seconds) {
  Link link;
  link.connection = connect(options, host, seconds);
  if (host != nullptr) link.host = *host;
  try {
    const std::unique_ptr<sql::Statement> plain{link.connection->createStatement()};
    std::string version;
    {
      const std::unique_ptr<sql::ResultSet> row{plain->executeQuery("SELECT CONNECTION_ID(), VERSION()")};
      row->next();
      link.id = row->getInt64(1);
      version = row->getString(2).asStdString();
    }
    link.facts = look_at(*plain, version);
    link.facts.address = where(options, host);
    if (link.facts.fault.empty() && is_mixed(*plain, link.id)) throw MixingProxy(where(options, host));
  } catch (const sql::SQLException& e) {
    refuse_connection(e, options, host);
  }
  return link;
}

// The servers are asked one after the other, each for its share of the time.
class Opening {
 public:
  explicit Opening(const ConnectOptions& options)
      : options_(options),
        board_(board_of(options)),
        hosts_(options.host.empty() ? std::vector<Host>{} : parse_hosts(options.host, options.port)),
        refusals_(count()) {
    const auto longest = std::min(kLongestUs, kSecondUs * options.timeout_seconds);
    until_us_ = monotonic_microseconds() + std::clamp<std::int64_t>(Deadline::left_us(), 0, longest);
  }

  Link open() {
    auto left = count();
    for (const auto place : board_.order(count(), monotonic_microseconds())) {
      // The first is asked however little time is left.
      if (left < count() && monotonic_microseconds() >= until_us_) {
        refusals_[place] = where(options_, host(place)) + ": there was no time left to ask it";
        continue;
      }
      if (auto link = ask(place, left--)) return std::move(*link);
    }
    std::string all;
    for (const auto& each : refusals_) all += "; " + each;
    throw ApiError(ErrorCode::unavailable).detail("no host of DB_HOST will do" + all);
  }

 private:
  std::size_t count() const { return std::max<std::size_t>(hosts_.size(), 1); }
  const Host* host(std::size_t place) const { return hosts_.empty() ? nullptr : &hosts_[place]; }

  // In whole seconds, as the driver counts them.
  int share(std::size_t left) const {
    const auto us = (until_us_ - monotonic_microseconds()) / static_cast<std::int64_t>(left);
    return static_cast<int>(std::max<std::int64_t>((us + kSecondUs - 1) / kSecondUs, 1));
  }

  // nullopt = it will not do; of the only one there is, throws why.
  std::optional<Link> ask(std::size_t place, std::size_t left) {
    const auto now = monotonic_microseconds();
    if (board_.is_mixing(place, now)) throw MixingProxy(where(options_, host(place)));
    const auto epoch = board_.epoch();
    board_.asking(place, now);
    try {
      auto link = open_one(options_, host(place), share(left));
      link.place = place;
      link.has_others = count() > 1;
      link.epoch = link.facts.fault.empty() ? board_.answered(place).value_or(epoch) : epoch;
      if (link.facts.fault.empty() || count() == 1) return link;
      refusals_[place] = where(options_, host(place)) + ": " + link.facts.fault;
    } catch (const AccessDenied&) {
      throw;
    } catch (const MixingProxy&) {
      board_.mixes(place, monotonic_microseconds());
      throw;
    } catch (const ServerFull&) {
      throw;
    } catch (const ApiError& e) {
      board_.failed(place, monotonic_microseconds());
      if (count() == 1) throw;
      refusals_[place] = e.log_detail();
      return std::nullopt;
    }
    board_.failed(place, monotonic_microseconds());
    return std::nullopt;
  }

  const ConnectOptions& options_;
  ServerBoard& board_;
  std::vector<Host> hosts_;
  std::vector<std::string> refusals_;  // by place
  std::int64_t until_us_;
};

}  // namespace

// A program talks to one list of servers; tests talk to several.
ServerBoard& board_of(const ConnectOptions& options) {
  if (options.board != nullptr) return *options.board;
  static std::mutex mutex;
  static std::map<std::string, ServerBoard> boards;
  const std::scoped_lock lock{mutex};
  return boards[options.host.empty() ? options.socket : options.host + ':' + std::to_string(options.port)];
}

Link open_link(const ConnectOptions& options) { return Opening{options}.open(); }

void end_in_server(const Link& link, const ConnectOptions& options) {
  constexpr int kSeconds = 1;
  auto brief = options;
  brief.timeout_seconds = kSeconds;
  const auto other = connect(brief, link.host ? &*link.host : nullptr, kSeconds);
  const std::unique_ptr<sql::Statement> plain{other->createStatement()};
  plain->execute("KILL " + std::to_string(link.id));
}

bool takes_writes(sql::Statement& plain) {
  const std::unique_ptr<sql::ResultSet> row{
      plain.executeQuery("SELECT @@GLOBAL.read_only, @@GLOBAL.innodb_read_only")};
  const auto is_off = [&](std::uint32_t column) {
    const auto value = row->getString(column);
    return value == "0" || value == "OFF";
  };
  return row->next() && is_off(1) && is_off(2);
}

bool is_unfit(int error) {
  switch (error) {
    case 1047:  // a node of a cluster that is cut off from the others
    case 1053:  // it shuts down
    case 1290:  // read-only: another server has become the one that writes
    case 1792:  // the same
    case 1836:
    case 3100: return true;  // group replication: it is no member just now
    default: return false;
  }
}

}  // namespace tenantd::db
