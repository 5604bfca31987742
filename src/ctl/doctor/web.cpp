// nginx, PUBLIC_URL, its certificate, and proxies in front.
#include "checks.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/schedule.hpp"
#include "web_probe.hpp"

namespace tenantd::ctl {
namespace {

constexpr Subject kPublicUrl{"public_url", "Every link in a mail leads there, and every token names it.",
                             "see PUBLIC_URL in tenantd.env; sudo nginx -t && sudo systemctl restart nginx"};
constexpr Subject kLanes{
    "lanes", "What goes by that lane gets 502 or 504.",
    "sudo systemctl status tenantd.service 'tenantd-*.socket'; is nginx's user in the group "
    "tenantd? sudo systemctl restart nginx"};
constexpr Subject kTls{
    "certificate", "Browsers turn people away, or passwords cross the network in the clear.",
    "sudo certbot renew && sudo systemctl reload nginx; /etc/nginx/tenantd/tls.conf.example"};
constexpr Subject kProxies{
    "proxies",
    "All clients share one address, and so one rate limit: one that floods locks "
    "all others out.",
    "add set_real_ip_from ADDRESS; to /etc/nginx/tenantd/real-ip.conf && sudo systemctl reload "
    "nginx"};

constexpr std::int64_t kSoonDays = 14;
// So many accounts do not sign in from one address by themselves.
constexpr std::int64_t kAccounts = 10;

struct Lane {
  const char* name;
  const char* path;  // that answers GET without doing anything
  int status;
};
constexpr Lane kLaneProbes[] = {{"general", "/health", 200},
                                {"password", "/api/v1/auth/login", 405},
                                {"outbound", "/api/v1/mail/events/ses", 405}};

std::string nonce() { return "doctor-" + to_hex(crypto::random_bytes(16)); }

WebReply ask(const Settings& settings, const std::string& path, const std::string& request_id) {
  return ask_web(settings.public_url + path, request_id, settings.outbound_ca_file);
}

// The name of the key that signs.
std::string signing_key(const Settings& settings) {
  try {
    return crypto::KeyRing::load(settings.keys_dir).active_kid(now());
  } catch (const std::exception& e) {
    throw Unchecked(
        std::string{"it answers, and whether it is this service cannot be said without its keys ("} +
        e.what() + ')');
  }
}

// By the keys it publishes it is this service, and by the nonce it is no copy that somebody keeps.
std::string judge_public_url(const Settings& settings) {
  const auto mark = nonce();
  const auto reply = ask(settings, "/.well-known/jwks.json", mark);
  if (reply.status == 0) throw Fault(settings.public_url + " does not answer: " + reply.error);
  if (reply.status != 200)
    throw Fault(settings.public_url + "/.well-known/jwks.json answers " + std::to_string(reply.status));
  const auto echo = reply.headers.find("x-request-id");
  if (echo == reply.headers.end() || echo->second != mark)
    throw Fault(settings.public_url +
                " answers without having seen the request: a cache or another service does");
  if (reply.body.find(signing_key(settings)) == std::string::npos)
    throw Fault("another service answers at " + settings.public_url +
                ": it publishes other keys than KEYS_DIR holds");
  return settings.public_url + " is this service";
}

std::string judge_lane(const Settings& settings, const Lane& lane) {
  const auto reply = ask(settings, lane.path, nonce());
  const std::string name = std::string{"the "} + lane.name + " lane ";
  if (reply.status == 0)
    throw Unchecked(settings.public_url + " does not answer: " + reply.error, kPublicUrl.mend);
  if (reply.status != lane.status)
    throw Fault(name + "answers " + std::to_string(reply.status) + " instead of " +
                std::to_string(lane.status));
  return name + "answers";
}

bool is_on_this_machine(std::string_view url) {
  return url.starts_with("http://127.") || url.starts_with("http://localhost") ||
         url.starts_with("http://[::1]");
}

std::string judge_certificate(const Settings& settings) {
  if (!settings.public_url.starts_with("https://")) {
    if (is_on_this_machine(settings.public_url)) return "none is needed: PUBLIC_URL is on this machine";
    throw Fault(settings.public_url + " is not encrypted",
                "put TLS in front: /etc/nginx/tenantd/tls.conf.example");
  }
  const auto reply = ask(settings, "/health", nonce());
  if (!reply.certificate_ends && reply.status == 0)
    throw Unchecked(settings.public_url + " does not answer: " + reply.error, kPublicUrl.mend);
  if (!reply.certificate_ends) throw Unchecked("the certificate does not say when it ends");
  const auto left = (*reply.certificate_ends - now()).count();
  if (left <= 0) throw Fault("the certificate ended " + std::to_string(-left / kDay.count()) + " days ago");
  if (reply.is_untrusted) throw Fault("the certificate is not trusted: " + reply.error);
  const auto said = "ends in " + std::to_string(left / kDay.count()) + " days";
  if (left < kSoonDays * kDay.count()) throw Fault("the certificate " + said);
  return "it " + said;
}

// A proxy that is not listed is seen by what it leads to.
std::string judge_proxies(const Examination& of) {
  static constexpr db::Sql kAddresses{"doctor.addresses",
                                      "SELECT COUNT(DISTINCT user_id), COUNT(DISTINCT address), MIN(address) "
                                      "FROM (SELECT user_id, address FROM "
                                      "tenantd.account_event WHERE type = 'signin.succeeded' AND created_at "
                                      "> ? ORDER BY created_at DESC LIMIT "
                                      "1000) last"};
  auto rows = of.accounts.any_of({"sweeper", "administrator"}).query(kAddresses, now() - kWeek);
  rows.next();
  const auto people = rows.integer(0), addresses = rows.integer(1);
  const auto is_own = [&](const std::string& address) {
    return is_on_this_machine(of.settings.public_url) && (address.starts_with("127.") || address == "::1");
  };
  if (addresses == 1 && people >= kAccounts && !is_own(rows.text(2)))
    throw Fault("all " + std::to_string(people) + " accounts that signed in of late came from " +
                    rows.text(2) + ": a proxy that nginx does not know",
                "echo 'set_real_ip_from " + rows.text(2) +
                    ";' >> /etc/nginx/tenantd/real-ip.conf && sudo systemctl reload nginx");
  return std::to_string(people) + " account(s) signed in of late, from " + std::to_string(addresses) +
         " address(es)";
}

}  // namespace

void examine_web(const Examination& of) {
  of.report.check(kPublicUrl, [&] { return judge_public_url(of.settings); });
  for (const auto& lane : kLaneProbes) of.report.check(kLanes, [&] { return judge_lane(of.settings, lane); });
  of.report.check(kTls, [&] { return judge_certificate(of.settings); });
  of.report.check(kProxies, [&] { return judge_proxies(of); });
}

}  // namespace tenantd::ctl
