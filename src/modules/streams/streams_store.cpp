#include "modules/streams/streams_store.hpp"

#include <algorithm>
#include <map>

#include "tenantd/base/text.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;
using namespace record;

// Path and query may be a secret of the receiver's.
std::string stream_url_without_secrets(const Stream& stream) {
  const auto& url = stream.url;
  const auto host = url.find("://");
  const auto path = url.find_first_of("/?#", host == std::string::npos ? 0 : host + 3);
  if (path == std::string::npos || path + 1 == url.size()) return url;
  return url.substr(0, path) + "/***";
}

std::int64_t lag_seconds(const Stream& stream) {
  if (!stream.since) return 0;
  return std::max<std::int64_t>(0, (tenantd::now() - *stream.since).count());
}

std::string_view fault_of_contents(std::string_view what, std::size_t) {
  return what == kCarriesAudit || what == kCarriesEvents || what == kCarriesSignals
             ? ""
             : "is neither audit nor events nor signals";
}

constexpr const char* kStreamExamples =
    R"([{"name":"SIEM","kind":"https","carries":["audit","events"],"format":"json",)"
    R"("url":"https://siem.example.com/tenantd","start":"now"},)"
    R"({"name":"Archive","kind":"s3","carries":["audit"],"url":"https://archive.s3.eu-central-1.amazonaws.com/audit",)"
    R"("region":"eu-central-1","access_key_id":"AKIAEXAMPLE","secret_access_key":"wJalrXUtnFEMI","start":"oldest"},)"
    R"({"name":"Syslog","kind":"syslog","carries":["audit"],"format":"ocsf","url":"tls://logs.example.com:6514"},)"
    R"({"name":"Signals","kind":"shared_signals","carries":["signals"],"url":"https://rp.example.com/events",)"
    R"("audience":"https://rp.example.com","authorization":"Bearer x7Jw2"}])";
constexpr const char* kStreamChangeExamples =
    R"([{"status":"paused"},)"
    R"({"name":"SIEM","carries":["audit"],"format":"json","url":"https://siem.example.com/tenantd",)"
    R"("status":"active"}])";

constexpr unsigned kStaysAsMade = kBody | kReply | kStored | kMade | kAudited;

constexpr auto kStream = record::record<Stream>(
    "stream", name<&Stream::name>("name").length(1, 100),
    choice<&Stream::kind>("kind", kStreamKindNames)
        .unless_given("https")
        .only(kStaysAsMade)
        .says("How it is sent: https (signed POSTs), s3 (an object of JSON Lines for each hour), syslog "
              "(RFC 5424 over TLS) or shared_signals (security event tokens, RFC 8935). It stays as it was "
              "made"),
    names<&Stream::carries>("carries")
        .range(1, 2)
        .each_length(1, 16)
        .judged_by(fault_of_contents)
        .unaudited()
        .says("audit (rows of the audit log), events, or both; of shared_signals signals (sessions that "
              "ended, credentials that changed) and nothing else"),
    text<&Stream::carries>("carries").audited_alone(),
    choice<&Stream::format>("format", kStreamFormatNames)
        .unless_given("json")
        .says(
            "json, as the API shows it, or ocsf (Open Cybersecurity Schema Framework), one record a change"),
    code<&Stream::url>("url").length(1, 2000).unaudited().says(
        "https and shared_signals: where to; s3: the store's address with the bucket and a prefix; syslog: "
        "tls://host:port. Its "
        "host must have public addresses alone"),
    computed<stream_url_without_secrets>("url", Kind::text).audited_alone(),
    code<&Stream::region>("region").length(1, 64).says("Of an s3 store: its region"),
    code<&Stream::access_key_id>("access_key_id").length(1, 128).says("Of an s3 store: the key's id"),
    code<&Stream::secret_key>("secret_access_key")
        .length(1, 256)
        .only(kBody)
        .says("Of an s3 store: the key itself, kept sealed and never shown. A change that leaves it out "
              "leaves it"),
    text<&Stream::audience>("audience")
        .length(1, 255)
        .says("Of shared_signals: whom the tokens are for (aud), as the receiver calls itself"),
    code<&Stream::authorization>("authorization")
        .length(1, 400)
        .only(kBody)
        .says("Of shared_signals: what its requests show as Authorization, such as Bearer and a token; kept "
              "sealed and never shown. A change that leaves it out leaves it"),
    choice<&Stream::start>("start", kStreamStartNames)
        .unless_given("now")
        .only(kStaysAsMade)
        .says("now: with what happens from its making on; oldest: with the oldest row that is kept. It stays "
              "as "
              "it was made"),
    choice<&Stream::status>("status", kStreamStatusNames)
        .unless_given("active")
        .says("What happens while it is paused is sent once it is active again"),
    reference<&Stream::created_by>("created_by").kept().says("Who made it"),
    reference<&Stream::kept_by>("kept_by")
        .only(kReply | kStored | kWritten | kAudited)
        .says(
            "Who answers for it: who made it, or saved it last. It is paused once that member is gone or may "
            "not make streams for good"),
    text<&Stream::secret_sealed>("secret_sealed").written_once(),
    time<&Stream::next_attempt_at>("next_attempt_at").hidden(),
    number<&Stream::failures>("failures")
        .kept_elsewhere()
        .live()
        .says("Attempts since the last that succeeded"),
    text<&Stream::last_error>("last_error")
        .kept_elsewhere()
        .live()
        .says("What the last attempt met, null if nothing"),
    time<&Stream::delivered_at>("delivered_at")
        .kept_elsewhere()
        .live()
        .says("When the receiver acknowledged something last"),
    number<&Stream::position>("position")
        .derived()
        .live()
        .says("The number (seq) of the newest audit row that the receiver has acknowledged; null for a "
              "stream of "
              "the whole system, which has one for each organization"),
    number<&Stream::behind>("behind").derived().live().says("Audit rows that are not acknowledged yet"),
    computed<lag_seconds>("lag_seconds", Kind::number).live().says("How old the oldest of them is"),
    Examples{kStreamExamples, kStreamChangeExamples},
    ShownOnce{"secret", "^(?:whsec_[A-Za-z0-9+/=]+)?$",
              "Of https: signs what is sent (Standard Webhooks). Shown this once: it is kept sealed"});

constexpr Sql kStreamLag{"stream.lag",
                         "SELECT stream_id, position, behind, since FROM stream_lag WHERE org_id = ?"};
constexpr Sql kRotateStream{
    "stream.rotate_secret",
    "UPDATE stream SET previous_secret_sealed = secret_sealed, previous_until = ?, secret_sealed = ?, "
    "revision = revision + 1, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kReplaceStreamKey{"stream.replace_key",
                                "UPDATE stream SET secret_sealed = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kPauseStream{"stream.pause",
                           "UPDATE stream SET status = 1, revision = revision + 1, updated_at = ? "
                           "WHERE org_id = ? AND id = ? AND status = 0"};

}  // namespace

constexpr Resource stream_list = resource(kStream, {.path = "/api/v1/streams", .query = "page_query"});
const Table<Stream> stream_table{kStream};

bool Stream::carries_any(std::string_view what) const {
  const auto all = split(carries, ',');
  return std::ranges::find(all, what) != all.end();
}

void fill_lag(db::Txn& txn, const TenantScope& scope, std::vector<Stream>& streams) {
  if (streams.empty()) return;
  auto rows = txn.query(kStreamLag, scope.org());
  while (rows.next()) {
    const auto found = std::ranges::find(streams, rows.id<StreamId>(0), &Stream::id);
    if (found == streams.end()) continue;
    found->position = rows.maybe_integer(1);
    found->behind = rows.integer(2);
    found->since = maybe_time(rows, 3);
  }
}

std::vector<Stream> list_streams(db::Txn& txn, const TenantScope& scope, const std::optional<Keyset>& from,
                                 std::int64_t limit) {
  std::vector<Stream> found;
  for (auto& object : record::list(kStream, txn, scope, {}, from, limit))
    found.push_back(std::move(object.as<Stream>()));
  fill_lag(txn, scope, found);
  return found;
}

std::int64_t count_streams(db::Txn& txn, const TenantScope& scope) {
  return record::count(kStream, txn, scope, {});
}

std::optional<Stream> find_stream(db::Txn& txn, const TenantScope& scope, StreamId id) {
  auto found = stream_table.find(txn, scope, id.bytes());
  if (!found) return std::nullopt;
  std::vector<Stream> one{*std::move(found)};
  fill_lag(txn, scope, one);
  return std::move(one.front());
}

void rotate_stream_secret(db::Txn& txn, const TenantScope& scope, StreamId id, const std::string& secret,
                          TimePoint previous_until, TimePoint now) {
  txn.execute(kRotateStream, previous_until, secret, now, scope.org(), id);
}

void replace_stream_key(db::Txn& txn, const TenantScope& scope, StreamId id, const std::string& secret) {
  txn.execute(kReplaceStreamKey, secret, scope.org(), id);
}

bool pause_stream(db::Txn& txn, const TenantScope& scope, StreamId id, TimePoint now) {
  return txn.execute(kPauseStream, now, scope.org(), id) == 1;
}

}  // namespace tenantd::store

namespace tenantd::modules {

const api::Described& stream_resource() {
  static const api::Described made = record::describe_schemas(store::kStream);
  return made;
}

}  // namespace tenantd::modules
