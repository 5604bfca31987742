// Questions to name servers whose answers strangers write: TXT records and addresses of a name. Bounded in
// time and size; over TCP where UDP cuts the answer; what does not answer the question that was asked
// (another id, another name) is passed over. It waits: for the outbound lane and the courier.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "tenantd/config/settings.hpp"

namespace tenantd::net {

struct TxtAnswer {
  // Whether the name servers answered. `found` and `none` are answers; a server that is away, hangs, fails
  // or sends what cannot be read gives none.
  enum class State { found, none, unanswered };
  State state = State::unanswered;
  // Each record's strings put together (RFC 7208 section 3.3), those longer than kLongestTxt left out.
  std::vector<std::string> texts = {};
  std::string why = {};  // for the log
};

inline constexpr std::size_t kLongestTxt = 512;
inline constexpr std::size_t kMostTxt = 100;  // records of a name that are looked at

// Throws ConfigError if DNS_SERVERS cannot be read.
void check_dns_settings(const Settings& settings);

// `name`: lower-case A-labels. Takes DNS_SECONDS at most.
TxtAnswer look_up_txt(const Settings& settings, const std::string& name);

// The addresses of a host, as the system's file of hosts and the name servers tell them. Empty if there are
// none, and if nobody said so within DNS_SECONDS, which is all that it takes.
std::vector<::sockaddr_storage> look_up_addresses(const Settings& settings, const std::string& host);

}  // namespace tenantd::net
