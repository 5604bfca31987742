#include "shares.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "tenantd/shm/hash.hpp"

namespace tenantd::api {
namespace {

constexpr std::int64_t kIdsOfOne = 50;         // ids that count as much as one change
constexpr std::int64_t kBytesOfOne = 1 << 14;  // bytes of a body
constexpr std::int64_t kExport = 3;

std::int64_t half(std::int64_t of) { return std::max<std::int64_t>(of / 2, 1); }

std::int64_t third(std::int64_t of) { return std::max<std::int64_t>(of / 3, 1); }

std::int64_t longest_list(const JsonValue& body) {
  if (!body.IsObject()) return 0;
  std::int64_t most = 0;
  for (const auto& item : body.GetObject())
    if (item.value.IsArray()) most = std::max<std::int64_t>(most, item.value.Size());
  return most;
}

// A row of a file is a change each, as an id of a list is.
std::int64_t lines_of(const JsonValue& body, const std::string& text) {
  return body.IsNull() ? std::count(text.begin(), text.end(), '\n') : 0;
}

// One place of a share is left for what is light, whatever is heavy: who waits for an import may look around.
std::int64_t at_most(std::int64_t weight, std::int64_t most) {
  return std::min(weight, std::max<std::int64_t>(most - 1, 1));
}

}  // namespace

std::int64_t weight_of(const Route& route, const http::Request& request, const JsonValue& body) {
  const bool exports =
      route.reply.schema.empty() && route.reply.media != "text/plain" && route.also != AlsoTakes::scim;
  return 1 + std::max(longest_list(body), lines_of(body, request.body)) / kIdsOfOne +
         static_cast<std::int64_t>(request.body.size()) / kBytesOfOne + (exports ? kExport : 0);
}

Shares::Shares(const Settings& settings, shm::InFlight& in_flight, const shm::Metrics& metrics,
               const Lane& lane)
    : in_flight_(in_flight),
      metrics_(metrics),
      block_(in_flight.join(::getpid(), static_cast<std::uint32_t>(shm::hash_bytes(lane.name)),
                            static_cast<std::size_t>(lane.threads))),
      threads_(std::min<std::int64_t>(lane.threads, shm::InFlight::kThreads)) {
  const auto set = settings.in_flight_organization;
  of_organization_ = {set > 0 ? set : half(lane.workers * threads_), set > 0};
  of_account_ = {settings.in_flight_account, true};
  if (of_account_.most == 0) of_account_ = {half(of_organization_.most), of_organization_.is_of_all_hosts};
  // A thread for each worker stays for what needs no such turn; where workers have one, half of the workers.
  most_slow_ = std::max<std::int64_t>(lane.workers * (threads_ - 1), half(lane.workers * threads_));
  most_in_worker_ = std::max(half(threads_), set / std::max<std::int64_t>(lane.workers, 1));
}

// What is set is for all hosts together: each has its part, rounded up.
std::int64_t Shares::most_here(const Bound& bound) const {
  const auto hosts = metrics_.other_hosts.load(std::memory_order_relaxed) + 1;
  return bound.is_of_all_hosts ? (bound.most + hosts - 1) / hosts : bound.most;
}

// Threads of a worker live as long as it does.
std::size_t Shares::cell() const {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1);
  return mine % static_cast<std::size_t>(threads_);
}

Shares::Held Shares::take(Kind kind, const std::string& who, const shm::InFlight::Share& share) const {
  auto& in_flight = in_flight_;
  const auto block = block_;
  const auto mine = cell();
  if (!in_flight.take(block, mine, kind, who, share))
    throw NotNow{
        who, [&in_flight, block, kind, who, share] { return in_flight.is_free(block, kind, who, share); }};
  return {&in_flight, [block, mine, kind](const shm::InFlight* held) {
            const_cast<shm::InFlight*>(held)->release(block, mine, kind);
          }};
}

Shares::Held Shares::admit(const std::string& account, const std::optional<OrgId>& org,
                           std::int64_t weight) const {
  using Both = std::pair<Held, Held>;
  auto both = std::make_shared<Both>();
  if (const auto most = most_here(of_organization_); org)
    both->first = take(Kind::organization, 'o' + std::string{org->raw()},
                       {at_most(weight, most), most, most_in_worker_});
  const auto most = most_here(of_account_);
  both->second = take(Kind::account, account, {at_most(weight, most), most, most_in_worker_});
  return both;
}

// Calls and answers have the organization's share, since they are how its members come in. Reading files and
// looking up names is one at a time for each, and for all of them together a half and a third of the places:
// a place is always left for the call to a provider that answers. The provider that has not answered yet is
// everybody's (OrgId{}): its calls count as one organization's.
Shares::Held Shares::slow_turn(service::SlowTurn::Kind kind, OrgId org) const {
  using Of = service::SlowTurn::Kind;
  const bool calls = kind == Of::call || kind == Of::answer;
  const auto of_all = [](std::int64_t most) {
    shm::InFlight::Share share{1, most, most};
    share.most_of_all = most;
    return share;
  };
  // Not even with all that an administrator gives to one has it all.
  const auto own = std::min(most_here(of_organization_), std::max<std::int64_t>(most_slow_ - 1, 1));
  shm::InFlight::Share share{1, calls ? own : 1, calls ? most_in_worker_ : 1};
  share.most_of_all = most_slow_;
  std::string whose{calls ? "c" : kind == Of::lookup ? "l" : "h"};
  whose += org.raw();
  auto all = std::make_shared<std::vector<Held>>();
  if (kind == Of::lookup) all->push_back(take(Kind::lookup, whose, of_all(third(most_slow_))));
  if (kind == Of::hashing) all->push_back(take(Kind::hashing, whose, of_all(half(most_slow_))));
  if (!calls || org == OrgId{})
    all->push_back(take(Kind::unproven, whose, of_all(std::max<std::int64_t>(most_slow_ - 1, 1))));
  all->push_back(take(Kind::slow, whose, share));
  return all;
}

}  // namespace tenantd::api
