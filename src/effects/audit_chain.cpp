#include "tenantd/effects/audit_chain.hpp"

#include "tenantd/base/json_read.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::service {
namespace {

// "5:hello", and "-" for NULL: no two rows are spelled alike.
class Spelling {
 public:
  void add(std::string_view text) { text_ += std::to_string(text.size()) + ':' + std::string{text}; }
  void add(std::int64_t number) { add(std::to_string(number)); }
  template <class Tag>
  void add(const Id<Tag>& id) {
    add(id.raw());
  }
  template <class T>
  void add(const std::optional<T>& value) {
    if (value) {
      add(*value);
    } else {
      text_ += '-';
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void spell(Spelling& spelling, const store::AuditRow& row) {
  spelling.add(row.org);
  spelling.add(row.seq);
  spelling.add(row.id);
  spelling.add(row.actor_id);
  spelling.add(row.actor_email);
  spelling.add(row.effective_id);
  spelling.add(row.effective_email);
  spelling.add(row.api_key);
  spelling.add(std::string_view{row.action});
  spelling.add(std::string_view{row.resource});
  spelling.add(row.resource_id);
  spelling.add(row.old_values);
  spelling.add(row.new_values);
  spelling.add(std::string_view{row.address});
  spelling.add(std::string_view{row.agent});
  spelling.add(std::string_view{row.request_id});
  spelling.add(unix_seconds(row.created_at));
}

}  // namespace

std::string chain_hash(const Secret& key, const std::string& before, const store::AuditRow& row) {
  Spelling spelling;
  spelling.add(std::string_view{before});
  spell(spelling, row);
  return crypto::hmac_sha256(key.reveal(), spelling.text());
}

std::string redaction_signature(const Secret& key, EventId erasure, const store::AuditRow& row) {
  Spelling spelling;
  spelling.add(std::string_view{"redaction"});
  spelling.add(erasure);
  spelling.add(std::string_view{row.hash});
  spell(spelling, row);
  return crypto::hmac_sha256(key.reveal(), spelling.text());
}

std::string start_signature(const Secret& key, const store::ChainStart& start) {
  Spelling spelling;
  spelling.add(std::string_view{"beginning"});
  spelling.add(start.org);
  spelling.add(start.seq);
  spelling.add(std::string_view{start.hash});
  return crypto::hmac_sha256(key.reveal(), spelling.text());
}

ChainCheck::ChainCheck(const Secret& key, Anchors anchors)
    : key_(key), anchors_(std::move(anchors)), hash_(32, '\0') {}

void ChainCheck::begin(const store::ChainStart& start) {
  const auto anchor = anchors_.find(start.seq);
  if (start.signature != start_signature(key_, start)) {
    fault_ = {1, "is missing, and what says that the chain begins behind it was not signed by the sweeper"};
  } else if (anchor != anchors_.end() && anchor->second != start.hash) {
    fault_ = {start.seq, "is not the one that an anchor names"};
  } else {
    start_ = seq_ = start.seq;
    hash_ = start.hash;
  }
}

bool ChainCheck::is_as_it_was(const store::AuditRow& row, const store::Redaction* redaction) const {
  if (redaction == nullptr) return chain_hash(key_, hash_, row) == row.hash;
  return redaction_signature(key_, redaction->erasure, row) == redaction->signature;
}

void ChainCheck::take_told(const store::AuditRow& row) {
  const auto values = json::read_object(row.new_values.value_or(""));
  if (!values) return;
  const auto erasure = EventId::parse(json::text_of(*values, "erasure"));
  const auto* rows = json::member(*values, "rows");
  if (!erasure || rows == nullptr || !rows->IsArray()) return;
  for (const auto& each : rows->GetArray()) {
    const auto found = each.IsInt64() ? untold_.find(each.GetInt64()) : untold_.end();
    if (found != untold_.end() && found->second == *erasure) untold_.erase(found);
  }
}

void ChainCheck::add(const store::AuditRow& row, const store::Redaction* redaction) {
  if (fault_) return;
  const auto expected = seq_ + 1;
  const auto anchor = anchors_.find(expected);
  if (row.seq != expected) {
    fault_ = {expected, "is missing; the next one that is there is row " + std::to_string(row.seq)};
  } else if (!is_as_it_was(row, redaction)) {
    fault_ = {expected, "was changed, or another was put in its place or before it"};
  } else if (anchor != anchors_.end() && anchor->second != row.hash) {
    fault_ = {expected, "is not the one that an anchor names"};
  } else {
    seq_ = row.seq;
    hash_ = row.hash;
    if (redaction != nullptr) {
      ++redacted_;
      untold_.emplace(row.seq, redaction->erasure);
    } else if (row.action == kAuditRedacted) {
      take_told(row);
    }
  }
}

void ChainCheck::finish(const std::optional<store::AuditEnd>& end) {
  if (fault_) return;
  const auto next = seq_ + 1;
  if (!anchors_.empty() && anchors_.rbegin()->first > seq_) {
    fault_ = {next, "is missing; an anchor names row " + std::to_string(anchors_.rbegin()->first)};
  } else if (!end && seq_ > 0) {
    fault_ = {next, "may be missing: the head that says where the chain ends is gone"};
  } else if (end && end->seq > seq_) {
    fault_ = {next, "is missing; the chain's head names row " + std::to_string(end->seq)};
  } else if (end && (end->seq < seq_ || end->hash != hash_)) {
    fault_ = {seq_, "is not where the chain's head ends, which names row " + std::to_string(end->seq)};
  } else if (!untold_.empty()) {
    fault_ = {untold_.begin()->first, "was redacted, and no later row tells of it"};
  }
}

}  // namespace tenantd::service
