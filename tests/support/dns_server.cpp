#include "support/dns_server.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "support/loopback.hpp"

namespace tenantd::test {
namespace {

using Manner = DnsAnswer::Manner;

constexpr std::size_t kHeader = 12, kMostByUdp = 512;
constexpr std::size_t kA = 1, kTxt = 16;

void put16(std::string& out, std::size_t number) {
  out += static_cast<char>(number >> 8 & 0xff);
  out += static_cast<char>(number & 0xff);
}

// "_tenantd.example.com" of the question; the place behind it.
std::string name_in(const std::string& message, std::size_t& at) {
  std::string name;
  while (at < message.size() && message[at] != 0) {
    const auto length = static_cast<unsigned char>(message[at]);
    name += (name.empty() ? "" : ".") + message.substr(at + 1, length);
    at += 1U + length;
  }
  ++at;
  return name;
}

std::string spelled(const std::string& name) {
  std::string out;
  for (std::size_t at = 0; at <= name.size();) {
    const auto dot = std::min(name.find('.', at), name.size());
    out += static_cast<char>(dot - at);
    out += name.substr(at, dot - at);
    at = dot + 1;
  }
  return out + '\0';
}

std::string rdata(const std::vector<std::string>& strings) {
  std::string out;
  for (const auto& text : strings) {
    out += static_cast<char>(text.size());
    out += text;
  }
  return out;
}

std::string four_bytes(const std::string& address) {
  in_addr raw{};
  if (::inet_pton(AF_INET, address.c_str(), &raw) != 1) throw std::runtime_error("no address: " + address);
  return {reinterpret_cast<const char*>(&raw), sizeof raw};
}

void put_record(std::string& out, std::size_t type, const std::string& data) {
  for (const std::size_t part : {std::size_t{0xc00c}, type, std::size_t{1}, std::size_t{0}, std::size_t{60}})
    put16(out, part);
  put16(out, data.size());
  out += data;
}

// QR, RD, RA, and what comes of it.
void put_header(std::string& out, const std::string& id, bool truncated, int code, std::size_t answers) {
  out += id;
  out += static_cast<char>(truncated ? 0x83 : 0x81);
  out += static_cast<char>(0x80 | code);
  put16(out, 1);
  put16(out, answers);
  put16(out, 0);
  put16(out, 0);
}

}  // namespace

DnsServer::DnsServer() {
  if (::pipe(wake_) != 0) throw std::runtime_error("no pipe");
  for (int attempt = 0; attempt < 50; ++attempt) {
    udp_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    tcp_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    port_ = bind_to_loopback(udp_);
    const auto same = loopback(port_);
    if (::bind(tcp_, reinterpret_cast<const sockaddr*>(&same), sizeof same) == 0 && ::listen(tcp_, 16) == 0)
      break;
    ::close(udp_);
    ::close(tcp_);
    udp_ = tcp_ = -1;
  }
  if (udp_ < 0) throw std::runtime_error("no port for a name server");
  thread_ = std::thread{[this] { serve(); }};
}

DnsServer::~DnsServer() {
  static_cast<void>(::write(wake_[1], "", 1));
  thread_.join();
  for (const int one : {udp_, tcp_, wake_[0], wake_[1]}) ::close(one);
}

std::string DnsServer::address() const { return "127.0.0.1:" + std::to_string(port_); }

void DnsServer::say(const std::string& name, DnsAnswer answer) {
  const std::lock_guard lock{mutex_};
  answers_[name] = std::move(answer);
}

void DnsServer::forget(const std::string& name) {
  const std::lock_guard lock{mutex_};
  answers_.erase(name);
}

std::size_t DnsServer::questions(const std::string& name) const {
  const std::lock_guard lock{mutex_};
  const auto found = asked_.find(name);
  return found == asked_.end() ? 0 : found->second;
}

// "" is silence.
std::string DnsServer::reply_to(const std::string& question, bool tcp) {
  if (question.size() < kHeader + 5) return "";
  std::size_t at = kHeader;
  const auto name = name_in(question, at);
  const std::lock_guard lock{mutex_};
  ++asked_[name];
  if (tcp) ++by_tcp_;
  const auto found = answers_.find(name);
  auto id = question.substr(0, 2);
  const auto asked = question.substr(kHeader, at + 4 - kHeader);
  std::string reply;
  if (found == answers_.end()) {
    put_header(reply, id, false, 3, 0);
    return reply + asked;
  }
  const auto& answer = found->second;
  if (answer.manner == Manner::silent) return "";
  if (answer.manner == Manner::garbage) return id + std::string(30, '\xc0');
  if (answer.manner == Manner::failing) {
    put_header(reply, id, false, 2, 0);
    return reply + asked;
  }
  if (answer.manner == Manner::forged_id) id[0] = static_cast<char>(id[0] ^ 0x5a);
  std::string body;
  const auto type = static_cast<unsigned char>(question[at + 1]);
  const auto count = type == kTxt ? answer.records.size() : type == kA ? answer.addresses.size() : 0;
  if (type == kTxt)
    for (const auto& strings : answer.records) put_record(body, kTxt, rdata(strings));
  if (type == kA)
    for (const auto& address : answer.addresses) put_record(body, kA, four_bytes(address));
  const bool cut =
      !tcp && (answer.manner == Manner::truncated || kHeader + asked.size() + body.size() > kMostByUdp);
  put_header(reply, id, cut, 0, cut ? 0 : count);
  reply += answer.manner == Manner::forged_name
               ? spelled("other.example.net") + asked.substr(asked.size() - 4)
               : asked;
  return cut ? reply : reply + body;
}

void DnsServer::serve_udp() {
  char buffer[2048];
  sockaddr_in from{};
  socklen_t length = sizeof from;
  const auto got = ::recvfrom(udp_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &length);
  if (got <= 0) return;
  const auto reply = reply_to({buffer, static_cast<std::size_t>(got)}, false);
  if (!reply.empty())
    ::sendto(udp_, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&from), length);
}

// One question a connection, which is all that is asked.
void DnsServer::serve_tcp() {
  const int connection = ::accept(tcp_, nullptr, nullptr);
  if (connection < 0) return;
  const timeval patience{2, 0};
  ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string got;
  char buffer[2048];
  const auto whole = [&] {
    return got.size() >= 2 &&
           got.size() >= 2U + static_cast<unsigned char>(got[0]) * 256U + static_cast<unsigned char>(got[1]);
  };
  while (!whole()) {
    const auto more = ::recv(connection, buffer, sizeof buffer, 0);
    if (more <= 0) break;
    got.append(buffer, static_cast<std::size_t>(more));
  }
  if (whole()) {
    const auto reply = reply_to(got.substr(2), true);
    std::string framed;
    put16(framed, reply.size());
    framed += reply;
    if (!reply.empty()) static_cast<void>(::send(connection, framed.data(), framed.size(), MSG_NOSIGNAL));
  }
  ::close(connection);
}

void DnsServer::serve() {
  for (;;) {
    pollfd waited[] = {{udp_, POLLIN, 0}, {tcp_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    if (::poll(waited, 3, -1) < 0) continue;
    if (waited[2].revents != 0) return;
    if (waited[0].revents != 0) serve_udp();
    if (waited[1].revents != 0) serve_tcp();
  }
}

}  // namespace tenantd::test
