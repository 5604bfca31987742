#include "modules/mail_events/sns.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/certificate.hpp"
#include "tenantd/domain/age.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/slow_turn.hpp"
#include "tenantd/net/outbound.hpp"

namespace tenantd::service {
namespace {

using crypto::Certificate;

constexpr Seconds kAgeMax{3600};
constexpr Seconds kAheadMax{300};
constexpr std::size_t kKeptMax = 8;  // certificates; SNS signs with one for months
constexpr Seconds kKeptFor{21600};
constexpr std::size_t kFailedMax = 64;  // URLs that brought none
constexpr Seconds kFailedFor{30};
constexpr std::string_view kScheme = "https://";
// That of every region.
constexpr const char* kCommonName = "sns.amazonaws.com";

[[noreturn]] void refuse(const std::string& why) {
  throw ApiError(ErrorCode::signature_invalid).detail("SNS: " + why);
}

std::string certificate_host(const Settings& settings) {
  return ascii_lower(settings.sns_cert_host.empty() ? "sns." + settings.ses_region + ".amazonaws.com"
                                                    : settings.sns_cert_host);
}

// What follows the host in a URL that leads to it: the path and more, without what readers of URLs might take
// for another host's. nullopt for any other URL.
std::optional<std::string> path_at(const std::string& host, const std::string& url) {
  if (!ascii_lower(url).starts_with(std::string{kScheme} + host + '/')) return std::nullopt;
  const auto path = url.substr(kScheme.size() + host.size());
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"/-._~?&=:%"}.find(c) != std::string_view::npos;
  };
  return std::all_of(path.begin(), path.end(), plain) ? std::optional{path} : std::nullopt;
}

// Seconds of "2026-11-21T03:31:40.123Z".
std::optional<TimePoint> time_of(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, end = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second,
                  &end) != 6)
    return std::nullopt;
  if (text.back() != 'Z' ||
      text.find_first_not_of(".0123456789Z", static_cast<std::size_t>(end)) != std::string::npos)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return TimePoint{std::chrono::sys_days{date}} + Seconds{hour * 3600 + minute * 60 + second};
}

// The text that is signed: the members in the order of their names, each name and value a line.
std::string signed_text(const SnsMessage& m) {
  std::string text;
  const auto add = [&](const char* name, const std::string& value) {
    text.append(name).append(1, '\n').append(value).append(1, '\n');
  };
  const bool notification = m.type == "Notification";
  add("Message", m.message);
  add("MessageId", m.message_id);
  if (notification && m.subject) add("Subject", *m.subject);
  if (!notification) add("SubscribeURL", m.subscribe_url);
  add("Timestamp", m.timestamp);
  if (!notification) add("Token", m.token);
  add("TopicArn", m.topic_arn);
  add("Type", m.type);
  return text;
}

// The certificates that were fetched, and the URLs that brought none, for all threads of the process. Whoever
// knows the topic's name says what is fetched, before anything is proven: one fetch at a time, and what
// failed is not asked for again at once.
class Certificates {
 public:
  Certificate get(const Context& context, const std::string& url) {
    if (const auto kept = find(url, context.now)) return *kept;
    const SlowTurn turn{context, SlowTurn::Kind::lookup, OrgId{}};
    // Those who waited for the turn find what its holder brought.
    if (const auto kept = find(url, context.now)) return *kept;
    try {
      const auto fetched = fetch(context, url);
      const std::lock_guard lock{mutex_};
      if (kept_.size() >= kKeptMax) kept_.clear();
      kept_.insert_or_assign(url, Kept{fetched, context.now});
      return fetched;
    } catch (const ApiError& failure) {
      const std::lock_guard lock{mutex_};
      if (failed_.size() >= kFailedMax) failed_.clear();
      failed_.insert_or_assign(url, Failed{failure.code(), context.now});
      throw;
    }
  }

 private:
  struct Kept {
    Certificate certificate;
    TimePoint since;
  };

  struct Failed {
    ErrorCode code;
    TimePoint at;
  };

  // Throws what fetching it threw, if that is not long ago.
  std::optional<Certificate> find(const std::string& url, TimePoint now) {
    const std::lock_guard lock{mutex_};
    if (const auto failed = failed_.find(url);
        failed != failed_.end() && is_younger(failed->second.at, now, kFailedFor))
      throw ApiError(failed->second.code).detail("SNS: no certificate a moment ago");
    const auto found = kept_.find(url);
    if (found == kept_.end() || !is_younger(found->second.since, now, kKeptFor)) return std::nullopt;
    return found->second.certificate;
  }

  static Certificate fetch(const Context& context, const std::string& url) {
    net::OutboundReply reply;
    try {
      reply = net::call(net::outbound_policy(context.settings), {"GET", url, {}, "", {}});
    } catch (const net::OutboundError& problem) {
      throw ApiError(ErrorCode::unavailable).detail(std::string{"SNS's certificate: "} + problem.what());
    }
    if (reply.status >= 500) throw ApiError(ErrorCode::unavailable).detail("SNS's certificate: 5xx");
    if (reply.status != 200) refuse("no certificate: " + std::to_string(reply.status));
    const auto certificate = Certificate::parse(reply.body);
    if (!certificate) refuse("what was fetched is no certificate with an RSA key");
    return *certificate;
  }

  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
  std::map<std::string, Failed> failed_;
};

// Everything that costs nothing comes before the certificate is fetched.
void verify(const Context& context, const SnsMessage& m) {
  const auto& settings = context.settings;
  if (m.topic_arn != settings.ses_topic_arn) refuse("another topic");
  const auto time = time_of(m.timestamp);
  if (!time || *time < context.now - kAgeMax || *time > context.now + kAheadMax) refuse("stale");
  if (m.signature_version != "1" && m.signature_version != "2") refuse("unknown SignatureVersion");
  const auto signature = base64_decode(m.signature).value_or("");
  if (signature.size() < 256) refuse("no signature");
  const auto host = certificate_host(settings);
  const auto path = path_at(host, m.signing_cert_url);
  if (!path || !path->ends_with(".pem") || path->find_first_of("?&%") != std::string::npos)
    refuse("a certificate from elsewhere");
  if (m.type != "Notification" && !path_at(host, m.subscribe_url)) refuse("a confirmation elsewhere");

  static Certificates certificates;
  const auto certificate = certificates.get(context, m.signing_cert_url);
  if (!certificate.is_valid_at(context.now)) refuse("the certificate has expired");
  if (!certificate.is_for(kCommonName) && !certificate.is_for(host.substr(0, host.find(':'))))
    refuse("the certificate is not for SNS");
  const auto digest = m.signature_version == "1" ? Certificate::Digest::sha1 : Certificate::Digest::sha256;
  if (!certificate.has_signed(signed_text(m), signature, digest)) refuse("wrong signature");
}

void confirm(db::Txn& txn, const Context& context, const SnsMessage& m) {
  const SlowTurn turn{context, SlowTurn::Kind::call, OrgId{}};
  try {
    const auto reply =
        net::call(net::outbound_policy(context.settings), {"GET", m.subscribe_url, {}, "", {}});
    if (reply.status / 100 != 2)
      throw ApiError(ErrorCode::unavailable).detail("SNS's confirmation: " + std::to_string(reply.status));
  } catch (const net::OutboundError& problem) {
    throw ApiError(ErrorCode::unavailable).detail(std::string{"SNS's confirmation: "} + problem.what());
  }
  json::Object after;
  after.set("topic", m.topic_arn);
  record_for_system(txn, context, {"mail.topic_subscribed", "mail_topic", {}, {}, std::move(after)});
}

}  // namespace

Taken take_sns_message(db::Txn& txn, const Context& context, const SnsMessage& message) {
  if (context.settings.ses_topic_arn.empty()) throw ApiError(ErrorCode::not_found);
  verify(context, message);
  Taken taken;
  if (message.type == "SubscriptionConfirmation") confirm(txn, context, message);
  if (message.type != "Notification") return taken;
  for (const auto& event : events_of_ses(message.message)) take_mail_event(txn, context, "ses", event, taken);
  return taken;
}

}  // namespace tenantd::service
