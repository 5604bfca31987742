#include "tenantd/watch/handover.hpp"

#include <array>
#include <cstdio>

namespace tenantd::watch {

Handover::Handover(const std::string& path) {
  if (path.empty()) return;
  address_ = unix_address(path);
  socket_ = Descriptor{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

void Handover::spans(const SpanList& list) noexcept {
  if (!address_ || list.count() == 0) return;
  spans_dropped_ += list.left_out();
  if (!send(Message::kSpans, list.count(), list.text())) spans_dropped_ += list.count();
}

void Handover::report(std::string_view event) noexcept {
  if (address_ && !send(Message::kReport, 1, event)) ++reports_dropped_;
}

bool Handover::send(char kind, unsigned count, std::string_view text) noexcept {
  const auto spans = spans_dropped_.exchange(0), reports = reports_dropped_.exchange(0);
  std::array<char, 64> head{};
  const auto size = std::snprintf(head.data(), head.size(), "%c %u %u %u\n", kind, count, spans, reports);
  std::array<struct iovec, 2> parts = {
      {{head.data(), static_cast<std::size_t>(size)}, {const_cast<char*>(text.data()), text.size()}}};
  struct msghdr message {};
  message.msg_name = &*address_;
  message.msg_namelen = sizeof *address_;
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  if (text.size() <= kMostBytes && ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
    return true;
  spans_dropped_ += spans;
  reports_dropped_ += reports;
  return false;
}

bool parse_message(std::string_view datagram, Message& message) {
  const auto end = datagram.find('\n');
  if (end == std::string_view::npos || end >= 64) return false;
  const std::string head{datagram.substr(0, end)};
  if (std::sscanf(head.c_str(), "%c %u %u %u", &message.kind, &message.count, &message.spans_dropped,
                  &message.reports_dropped) != 4)
    return false;
  message.text = datagram.substr(end + 1);
  return message.kind == Message::kSpans || message.kind == Message::kReport ||
         message.kind == Message::kCrash;
}

}  // namespace tenantd::watch
