// What the providers share: a request, and what its status says. For this room only.
#pragma once

#include <string>
#include <string_view>

#include "tenantd/mail/providers.hpp"

namespace tenantd::mail {

// What a provider said, read by the one who knows its words.
struct Reading {
  std::string id;             // its name for the mail, if it took it
  std::string words;          // what it says of a refusal
  bool is_operators = false;  // a refusal that the operator must mend, whatever its status
};

// Sends the request and judges the reply; `read` makes a Reading of it.
template <class Read>
Answer ask_provider(std::string_view name, net::Client& client, const net::OutboundRequest& request,
                    Read&& read);

Answer judge_reply(std::string_view name, int status, const Reading& reading);
Answer judge_failure(std::string_view name, const net::OutboundError& problem);

// The member of a JSON object that is a text; "" if there is none.
std::string member_text(const std::string& json, const char* name);

// How a provider's URL may be called. Throws ConfigError naming `key`.
net::OutboundPolicy provider_policy(const Settings& settings, const std::string& url, const char* key);
// Throws ConfigError unless the value, which becomes a part of a header, is there and printable.
void require_key(const char* transport, const char* key, const std::string& value);

template <class Read>
Answer ask_provider(std::string_view name, net::Client& client, const net::OutboundRequest& request,
                    Read&& read) {
  try {
    const auto reply = client.call(request);
    return judge_reply(name, reply.status, read(reply));
  } catch (const net::OutboundError& problem) {
    return judge_failure(name, problem);
  }
}

}  // namespace tenantd::mail
