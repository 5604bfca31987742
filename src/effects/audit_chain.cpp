#include "tenantd/effects/audit_chain.hpp"

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

}  // namespace

std::string chain_hash(const Secret& key, const std::string& before, const store::AuditRow& row) {
  Spelling spelling;
  spelling.add(std::string_view{before});
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

void ChainCheck::add(const store::AuditRow& row) {
  if (fault_) return;
  const auto expected = seq_ + 1;
  const auto anchor = anchors_.find(expected);
  if (row.seq != expected) {
    fault_ = {expected, "is missing; the next one that is there is row " + std::to_string(row.seq)};
  } else if (chain_hash(key_, hash_, row) != row.hash) {
    fault_ = {expected, "was changed, or another was put in its place or before it"};
  } else if (anchor != anchors_.end() && anchor->second != row.hash) {
    fault_ = {expected, "is not the one that an anchor names"};
  } else {
    seq_ = row.seq;
    hash_ = row.hash;
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
  }
}

}  // namespace tenantd::service
