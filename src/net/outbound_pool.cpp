#include "tenantd/net/outbound_pool.hpp"

#include <unordered_map>

#include "exchange.hpp"

namespace tenantd::net {
namespace {

void require(CURLMcode code) {
  if (code != CURLM_OK) throw std::runtime_error(std::string{"libcurl: "} + curl_multi_strerror(code));
}

OutboundPool::Outcome outcome_of(std::uint64_t tag, Exchange& exchange, CURLcode result) {
  OutboundPool::Outcome outcome;
  outcome.tag = tag;
  CURL* handle = exchange.handle();
  curl_off_t microseconds = 0;
  curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME_T, &microseconds);
  outcome.milliseconds = microseconds / 1000;
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  outcome.status = static_cast<int>(status);
  try {
    outcome.reply = exchange.finish(result);
  } catch (const OutboundError& e) {
    outcome.error = e;
  }
  return outcome;
}

}  // namespace

struct OutboundPool::State {
  struct Flight {
    std::uint64_t tag;
    std::unique_ptr<Exchange> exchange;
  };

  explicit State(OutboundPolicy given) : policy(std::move(given)), multi(curl_multi_init()) {
    if (multi == nullptr) throw std::runtime_error("libcurl has no memory");
  }
  ~State() {
    for (const auto& [handle, flight] : flights) curl_multi_remove_handle(multi, handle);
    flights.clear();
    curl_multi_cleanup(multi);
  }

  // Does what can be done without waiting; returns what is finished by now.
  std::vector<Outcome> proceed() {
    int running = 0;
    require(curl_multi_perform(multi, &running));
    std::vector<Outcome> finished;
    int queued = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &queued)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* handle = message->easy_handle;
      const CURLcode result = message->data.result;
      require(curl_multi_remove_handle(multi, handle));
      const auto found = flights.find(handle);
      finished.push_back(outcome_of(found->second.tag, *found->second.exchange, result));
      flights.erase(found);
    }
    return finished;
  }

  const OutboundPolicy policy;
  CURLM* multi;
  std::unordered_map<CURL*, Flight> flights;
};

OutboundPool::OutboundPool(OutboundPolicy policy) : state_(std::make_unique<State>(std::move(policy))) {}
OutboundPool::~OutboundPool() = default;

void OutboundPool::start(std::uint64_t tag, OutboundRequest request) {
  auto exchange = std::make_unique<Exchange>(state_->policy, std::move(request));
  CURL* handle = exchange->handle();
  // A name server that hangs would otherwise hold up everybody at the end of its request's time: libcurl
  // joins the thread that asks it.
  if (curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L) != CURLE_OK)
    throw std::runtime_error("libcurl is too old");
  state_->flights.emplace(handle, State::Flight{tag, std::move(exchange)});
  if (const auto added = curl_multi_add_handle(state_->multi, handle); added != CURLM_OK) {
    state_->flights.erase(handle);
    require(added);
  }
}

std::size_t OutboundPool::in_flight() const { return state_->flights.size(); }

std::vector<OutboundPool::Outcome> OutboundPool::wait(std::chrono::milliseconds longest) {
  auto finished = state_->proceed();
  if (!finished.empty()) return finished;
  require(curl_multi_poll(state_->multi, nullptr, 0, static_cast<int>(longest.count()), nullptr));
  return state_->proceed();
}

void OutboundPool::wake() noexcept { curl_multi_wakeup(state_->multi); }

}  // namespace tenantd::net
