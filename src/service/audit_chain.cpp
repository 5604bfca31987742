#include "tenantd/service/audit_chain.hpp"

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

std::string chain_hash(const Secret& key, const std::string& before, OrgId org, const store::AuditRow& row) {
  Spelling spelling;
  spelling.add(std::string_view{before});
  spelling.add(org);
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

}  // namespace tenantd::service
