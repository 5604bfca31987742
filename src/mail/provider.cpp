#include "provider.hpp"

#include <algorithm>

#include "tenantd/base/json_read.hpp"
#include "tenantd/mail/mime.hpp"
#include "url.hpp"

namespace tenantd::mail {
namespace {

constexpr std::size_t kWordsMax = 400;
constexpr std::size_t kIdMax = 255;  // outbox.provider_id

bool is_printable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// True of statuses that speak of this one request's content.
bool is_about_the_mail(int status) {
  return status == 400 || status == 413 || status == 415 || status == 422;
}

}  // namespace

Answer judge_reply(std::string_view name, int status, const Reading& reading) {
  Answer answer;
  auto& result = answer.result;
  result.provider = name;
  result.detail = shortened(one_line(std::string{name} + ": " + std::to_string(status) +
                                     (reading.words.empty() ? "" : ' ' + reading.words) +
                                     (reading.id.empty() ? "" : ' ' + reading.id)),
                            kWordsMax);
  if (status >= 200 && status < 300) {
    result.outcome = Outcome::sent;
    if (reading.id.size() <= kIdMax && is_printable(reading.id)) result.provider_id = reading.id;
  } else if (status == 409) {
    // The request before this one is still under way, or was another under the same key: what became of it is
    // known later. A way round it would make two mails.
    result.outcome = Outcome::retry;
  } else if (is_about_the_mail(status) && !reading.is_operators) {
    result.outcome = Outcome::refused;
  } else {
    result.outcome = Outcome::retry;
    result.connection_failed = true;
    answer.another_may_take_it = true;
    answer.down = status != 429;  // says so without delay, and may take the next one
  }
  return answer;
}

Answer judge_failure(std::string_view name, const net::OutboundError& problem) {
  Answer answer;
  answer.result = {Outcome::retry,
                   shortened(one_line(std::string{name} + ": " + problem.what() +
                                      (problem.reached ? " (it may have the mail)" : "")),
                             kWordsMax),
                   true};
  answer.another_may_take_it = true;
  answer.down = true;
  return answer;
}

std::string member_text(const std::string& json, const char* name) {
  const auto document = json::read_object(json);
  return document ? json::text_of(*document, name) : "";
}

net::OutboundPolicy provider_policy(const Settings& settings, const std::string& url, const char* key) {
  auto policy = net::outbound_policy(settings);
  policy.allow = {net::Network{std::string(16, '\0'), 0}};
  const auto parts = url_parts(url);
  policy.allow_http = parts && is_loopback(parts->host);
  if (const auto why = net::refuse_url(policy, url)) throw ConfigError(std::string{key} + ' ' + *why);
  return policy;
}

void require_key(const char* transport, const char* key, const std::string& value) {
  if (value.empty()) throw ConfigError(std::string{key} + " must be set when MAIL_TRANSPORT is " + transport);
  if (!is_printable(value)) throw ConfigError(std::string{key} + " holds a blank or a control character");
}

}  // namespace tenantd::mail
