#include "tenantd/net/dns.hpp"

#include <ares.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>

#include "tenantd/base/text.hpp"

namespace tenantd::net {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kDnsTries = 3;  // of each server
constexpr int kTxtType = 16, kInternetClass = 1;

struct FreeChannel {
  void operator()(ares_channel channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<std::remove_pointer_t<ares_channel>, FreeChannel>;

void begin_library() {
  static std::once_flag once;
  std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
}

// Who is asked, in this order: f is the file of hosts, which knows addresses alone, b the name servers.
constexpr const char *kNameServers = "b", *kHostsToo = "fb";

Channel open_channel(const Settings& settings, const char* asked, int flags) {
  begin_library();
  ares_options options{};
  options.flags = ARES_FLAG_NOALIASES | flags;
  options.timeout = static_cast<int>(settings.dns_seconds * 1000 / (kDnsTries + 1));
  options.tries = kDnsTries;
  std::string lookups{asked};
  options.lookups = lookups.data();
  ares_channel raw = nullptr;
  if (ares_init_options(&raw, &options,
                        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS) !=
      ARES_SUCCESS)
    return nullptr;
  Channel channel{raw};
  if (!settings.dns_servers.empty() &&
      ares_set_servers_ports_csv(raw, settings.dns_servers.c_str()) != ARES_SUCCESS)
    return nullptr;
  return channel;
}

struct FreeTxt {
  void operator()(ares_txt_ext* list) const { ares_free_data(list); }
};

std::vector<std::string> texts_of(const ares_txt_ext* list) {
  std::vector<std::string> texts;
  for (const auto* part = list; part != nullptr; part = part->next) {
    if (part->record_start != 0) {
      if (texts.size() == kMostTxt) break;
      texts.emplace_back();
    }
    if (texts.empty()) continue;
    // One that has become too long stays so.
    if (auto& text = texts.back(); text.size() <= kLongestTxt)
      text.append(reinterpret_cast<const char*>(part->txt), part->length);
  }
  std::erase_if(texts, [](const auto& text) { return text.size() > kLongestTxt; });
  return texts;
}

template <class Answer>
struct Question {
  bool is_over = false;
  Answer answer;
};

TxtAnswer read_answer(const unsigned char* reply, int length) {
  ares_txt_ext* raw = nullptr;
  const int status = ares_parse_txt_reply_ext(reply, length, &raw);
  const std::unique_ptr<ares_txt_ext, FreeTxt> list{raw};
  if (status == ARES_SUCCESS) return {TxtAnswer::State::found, texts_of(list.get())};
  if (status == ARES_ENODATA) return {TxtAnswer::State::none};
  return {TxtAnswer::State::unanswered, {}, ares_strerror(status)};
}

void take_answer(void* argument, int status, int, unsigned char* reply, int length) {
  auto& question = *static_cast<Question<TxtAnswer>*>(argument);
  question.is_over = true;
  if (status == ARES_SUCCESS)
    question.answer = read_answer(reply, length);
  else if (status == ARES_ENODATA || status == ARES_ENOTFOUND)
    question.answer = {TxtAnswer::State::none};
  else
    question.answer = {TxtAnswer::State::unanswered, {}, ares_strerror(status)};
}

using Addresses = std::vector<::sockaddr_storage>;

void take_addresses(void* argument, int status, int, ares_addrinfo* raw) {
  auto& question = *static_cast<Question<Addresses>*>(argument);
  question.is_over = true;
  const std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)> found{raw, ares_freeaddrinfo};
  if (status != ARES_SUCCESS) return;
  for (const auto* one = found->nodes; one != nullptr; one = one->ai_next) {
    if (static_cast<std::size_t>(one->ai_addrlen) > sizeof(::sockaddr_storage)) continue;
    std::memcpy(&question.answer.emplace_back(), one->ai_addr, static_cast<std::size_t>(one->ai_addrlen));
  }
}

// Waits for what the channel waits for, no longer than until `end`.
void turn(ares_channel channel, Clock::time_point end) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const int wanted = ares_getsock(channel, sockets.data(), static_cast<int>(sockets.size()));
  std::vector<pollfd> polled;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    short events = 0;
    if (ARES_GETSOCK_READABLE(wanted, i)) events |= POLLIN;
    if (ARES_GETSOCK_WRITABLE(wanted, i)) events |= POLLOUT;
    if (events != 0) polled.push_back({sockets.at(i), events, 0});
  }
  const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now()).count();
  timeval most{left / 1000, (left % 1000) * 1000}, scratch{};
  const auto* until = ares_timeout(channel, &most, &scratch);
  const auto wait = std::max<std::int64_t>(0, until->tv_sec * 1000 + until->tv_usec / 1000 + 1);
  ::poll(polled.data(), polled.size(), static_cast<int>(wait));
  bool is_moved = false;
  for (const auto& one : polled) {
    if (one.revents == 0) continue;
    is_moved = true;
    const bool broken = (one.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    ares_process_fd(channel, (one.revents & POLLIN) != 0 || broken ? one.fd : ARES_SOCKET_BAD,
                    (one.revents & POLLOUT) != 0 || broken ? one.fd : ARES_SOCKET_BAD);
  }
  if (!is_moved) ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

// Waits for the answer, DNS_SECONDS at most.
template <class Answer>
void await(const Settings& settings, ares_channel channel, const Question<Answer>& question) {
  const auto end = Clock::now() + std::chrono::seconds{settings.dns_seconds};
  while (!question.is_over && Clock::now() < end) turn(channel, end);
  // Tells the question that is under way that it was cancelled.
  if (!question.is_over) ares_cancel(channel);
}

}  // namespace

void check_dns_settings(const Settings& settings) {
  if (!settings.dns_servers.empty() && open_channel(settings, kNameServers, ARES_FLAG_NOSEARCH) == nullptr)
    throw ConfigError("DNS_SERVERS: names no addresses of name servers, as 127.0.0.1:53,[::1]:53 does");
}

TxtAnswer look_up_txt(const Settings& settings, const std::string& name) {
  const auto channel = open_channel(settings, kNameServers, ARES_FLAG_NOSEARCH);
  if (channel == nullptr) return {TxtAnswer::State::unanswered, {}, "no channel to name servers"};
  Question<TxtAnswer> question;
  ares_query(channel.get(), name.c_str(), kInternetClass, kTxtType, take_answer, &question);
  await(settings, channel.get(), question);
  return question.answer;
}

Addresses look_up_addresses(const Settings& settings, const std::string& host) {
  const auto channel = open_channel(settings, kHostsToo, 0);
  if (channel == nullptr) return {};
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  Question<Addresses> question;
  ares_getaddrinfo(channel.get(), host.c_str(), nullptr, &hints, take_addresses, &question);
  await(settings, channel.get(), question);
  return question.answer;
}

}  // namespace tenantd::net
