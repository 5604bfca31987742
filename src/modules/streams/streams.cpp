#include "modules/streams/streams.hpp"

#include <algorithm>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/budgets.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/changes_store.hpp"
#include "tenantd/effects/slow_turn.hpp"
#include "tenantd/identity/budgets_store.hpp"
#include "tenantd/identity/standing.hpp"
#include "tenantd/net/outbound.hpp"

namespace tenantd::service {
namespace {

constexpr std::size_t kStreamSecretBytes = 32;  // Standard Webhooks asks for 24 to 64
constexpr Seconds kPreviousStreamSecret{86400};
constexpr std::int64_t kStreamTestsPerHour = 60;
constexpr std::string_view kTls = "tls://";

[[noreturn]] void refuse_part(const std::string& pointer, const std::string& why) {
  throw ApiError(ErrorCode::validation_failed).field(pointer, why);
}

bool is_of_system(const Work& work) { return work.scope.org() == kWholeSystem; }

// What the service's outbound rules judge: syslog over TLS goes to a host and a port as https does.
std::string judged_url(const store::Stream& stream) {
  if (stream.kind != StreamKind::syslog) return stream.url;
  if (!stream.url.starts_with(kTls)) refuse_part("/url", "must begin with tls://");
  const auto place = stream.url.substr(kTls.size());
  if (place.find_first_of("/?#@") != std::string::npos || place.find(':') == std::string::npos)
    refuse_part("/url", "must be tls://host:port and nothing else");
  return "https://" + place;
}

void judge_signals(const store::Stream& stream) {
  const bool signals = stream.kind == StreamKind::shared_signals;
  if (stream.audience.has_value() != signals)
    refuse_part("/audience", signals ? "is required with shared_signals" : "goes with shared_signals alone");
  if (stream.authorization && !signals) refuse_part("/authorization", "goes with shared_signals alone");
  const bool printable =
      std::ranges::all_of(stream.authorization.value_or(""), [](char c) { return c >= ' ' && c <= '~'; });
  if (!printable) refuse_part("/authorization", "must be printable ASCII");
  if (stream.carries_any(kCarriesSignals) != signals)
    refuse_part("/carries", signals ? "must be signals" : "carries signals with shared_signals alone");
  if (!signals) return;
  if (stream.carries != kCarriesSignals) refuse_part("/carries", "must be signals and nothing else");
  if (stream.format != StreamFormat::json) refuse_part("/format", "must be json with shared_signals");
}

void judge_parts(const store::Stream& stream, bool has_key) {
  const bool stored = stream.kind == StreamKind::s3;
  const auto hold = [&](const char* pointer, bool is_there) {
    if (is_there != stored) refuse_part(pointer, stored ? "is required with s3" : "goes with s3 alone");
  };
  hold("/region", stream.region.has_value());
  hold("/access_key_id", stream.access_key_id.has_value());
  hold("/secret_access_key", has_key);
  if (stored && stream.url.find_first_of("?#") != std::string::npos)
    refuse_part("/url", "must name neither a query nor a fragment");
  judge_signals(stream);
  static_cast<void>(judged_url(stream));
}

// The secret that a body brought: of the store's, or of the receiver's. It is kept in the same place.
const std::optional<std::string>& given_secret(const store::Stream& stream) {
  return stream.kind == StreamKind::s3 ? stream.secret_key : stream.authorization;
}

void judge_stream_url(const Work& work, const std::string& url) {
  const SlowTurn turn{work.context, SlowTurn::Kind::lookup, work.scope.org()};
  const auto why = net::refuse_url_resolved(work.context.settings, url);
  if (why)
    throw ApiError(ErrorCode::url_refused, "The address must not be called: it " + *why).field("/url", *why);
}

std::string sealed_for(const Work& work, StreamId id, std::string_view secret) {
  return crypto::seal(work.context.keys.seal_key(), secret, store::stream_secret_context(id));
}

struct NewStreamSecret {
  Secret shown;
  std::string sealed;
};

NewStreamSecret new_stream_secret(const Work& work, StreamId id) {
  const Secret bytes{crypto::random_bytes(kStreamSecretBytes)};
  return {Secret{"whsec_" + base64_encode(bytes.reveal())}, sealed_for(work, id, bytes.reveal())};
}

void tell_stream(const Work& work, const Change& change) {
  is_of_system(work) ? record_for_system(work.txn, work.context, change)
                     : static_cast<void>(record(work, change));
}

// What has no organization has no role that could end.
void stand_for_stream(const Work& work) {
  if (!is_of_system(work)) return static_cast<void>(stand_for_good(work));
  require_live_session(work.txn, work.context);
}

// Lock order: members, the end of the organization's order of changes, its streams' rows, as for webhooks.
store::Stream stream_under_lock(const Work& work, StreamId id) {
  stand_for_stream(work);
  if (!is_of_system(work)) store::lock_changes(work.txn, std::nullopt);
  auto stream = store::stream_table.lock(work.txn, work.scope, id.bytes());
  if (!stream) throw ApiError(ErrorCode::not_found);
  return *std::move(stream);
}

}  // namespace

MadeStream make_stream(const Work& work, store::Stream stream) {
  judge_parts(stream, stream.secret_key.has_value());
  judge_stream_url(work, judged_url(stream));
  stand_for_stream(work);
  stream.id = crypto::new_id<StreamId>();
  stream.created_by = stream.kept_by = work.scope.user();
  stream.created_at = stream.updated_at = stream.next_attempt_at = work.context.now;
  MadeStream made;
  if (stream.kind == StreamKind::https) {
    auto secret = new_stream_secret(work, stream.id);
    stream.secret_sealed = std::move(secret.sealed);
    made.secret = std::move(secret.shown);
  } else if (const auto& given = given_secret(stream)) {
    stream.secret_sealed = sealed_for(work, stream.id, *given);
  }
  store::stream_table.insert(work.txn, work.scope, stream);
  if (!is_of_system(work)) {
    store::require_place(work.txn, work.scope, store::Budgeted::streams, kMostStreams);
  } else if (store::count_streams(work.txn, work.scope) > kMostStreams) {
    throw ApiError(ErrorCode::limit_reached);
  }
  auto after = store::stream_table.audit_values(stream);
  if (stream.secret_sealed) after.set("secret", kMasked);
  tell_stream(work, {"stream.created", "stream", stream.id.bytes(), {}, std::move(after)});
  made.stream = std::move(stream);
  return made;
}

store::Stream change_stream(const Work& work, StreamId id, const std::optional<std::string>& url,
                            const std::function<void(store::Stream&)>& edit) {
  auto seen = store::stream_table.find(work.txn, work.scope, id.bytes());
  if (!seen) throw ApiError(ErrorCode::not_found);
  // Before anything is locked: it may take its time.
  if (url && *url != seen->url) {
    seen->url = *url;
    judge_stream_url(work, judged_url(*seen));
  }
  auto stream = stream_under_lock(work, id);
  require_expected(work.context, stream.revision);
  const auto was = stream;
  auto before = store::stream_table.audit_values(was);
  edit(stream);
  if (stream.kind != was.kind) refuse_part("/kind", "stays as it was made: make another stream");
  if (stream.start != was.start) refuse_part("/start", "stays as it was made: make another stream");
  judge_parts(stream, stream.secret_key.has_value() || was.kind == StreamKind::s3);
  stream.kept_by = work.scope.user();
  stream.updated_at = stream.next_attempt_at = work.context.now;
  store::stream_table.update(work.txn, work.scope, stream);
  const auto& given = given_secret(stream);
  if (given) store::replace_stream_key(work.txn, work.scope, id, sealed_for(work, id, *given));
  ++stream.revision;
  auto after = store::stream_table.audit_values(stream);
  if (stream.url != was.url) after.set("url_changed", true);
  if (given) after.set("secret", kMasked);
  tell_stream(work, {"stream.updated", "stream", id.bytes(), std::move(before), std::move(after)});
  return stream;
}

void remove_stream(const Work& work, StreamId id) {
  const auto stream = stream_under_lock(work, id);
  require_expected(work.context, stream.revision);
  store::stream_table.erase(work.txn, work.scope, id.bytes());
  tell_stream(work, {"stream.deleted", "stream", id.bytes(), store::stream_table.audit_values(stream)});
}

MadeStream rotate_stream_secret(const Work& work, StreamId id) {
  auto stream = stream_under_lock(work, id);
  if (stream.kind != StreamKind::https)
    throw ApiError(ErrorCode::conflict, "This stream signs nothing: it has no secret of the service's own");
  auto secret = new_stream_secret(work, id);
  store::rotate_stream_secret(work.txn, work.scope, id, secret.sealed,
                              work.context.now + kPreviousStreamSecret, work.context.now);
  ++stream.revision;
  stream.updated_at = work.context.now;
  json::Object after;
  after.set("secret", kMasked);
  tell_stream(work, {"stream.secret_rotated", "stream", id.bytes(), {}, std::move(after)});
  return {std::move(stream), std::move(secret.shown)};
}

void test_stream(const Work& work, StreamId id) {
  const auto stream = stream_under_lock(work, id);
  if (stream.status == StreamStatus::paused)
    throw ApiError(ErrorCode::conflict, "The stream is paused: nothing is sent to it");
  require(store::spend(work.txn, work.context.keys.seal_key(),
                       {{std::string{"t"}.append(work.scope.org().raw()), kStreamTestsPerHour}},
                       work.context.now),
          "Too many tests of streams: try again later");
  tell_stream(work, {"stream.test", "stream", id.bytes()});
}

}  // namespace tenantd::service
