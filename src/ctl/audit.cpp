#include "audit.hpp"

#include <sysexits.h>

#include <algorithm>
#include <memory>

#include "audit_anchors.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "tenantd/api/audit_json.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/auditing_store.hpp"
#include "tenantd/hosts/deployment.hpp"
#include "usage.hpp"

namespace tenantd::ctl {

const char* const kAuditPage =
    "Usage: tenantctl audit verify [--organization ID|SLUG|system] [--anchors FILE]\n"
    "       tenantctl audit export --organization ID|SLUG|system\n\n"
    "verify walks the chain of audit rows of every organization, of those that were deleted and of the "
    "system\n"
    "itself, and names the first row of each that was changed, removed, put in or moved. With --anchors it "
    "also\n"
    "checks that every anchor in FILE is still in its chain, and then adds where the chains end now: a "
    "chain\n"
    "that was cut off is found if FILE is out of reach of whoever cut it. export writes one chain as JSON "
    "Lines.\n"
    "Both sign in as DB_ADMIN_USER.\n"
    "Exit status: 0 whole, 1 broken, 64 wrong usage, 65 FILE is no file of anchors, 70 it could not be "
    "told,\n"
    "74 the output could not be written, 75 database away, 78 wrong settings or no keys.\n";

namespace {

using service::ChainCheck;
using store::AuditScope;

constexpr std::int64_t kRowsAtOnce = 500;
constexpr int kMostWalks = 3;  // of a chain that grows and seems broken

struct VerifyOptions {
  std::string action;
  std::string organization;
  std::string anchors;
};

VerifyOptions parse_verify(const Arguments& arguments) {
  VerifyOptions options;
  const auto words =
      read_options(arguments, {{"--organization", options.organization}, {"--anchors", options.anchors}}, 1);
  if (!words.empty()) options.action = words[0];
  if (options.action != "verify" && options.action != "export")
    throw UsageError("audit takes verify or export");
  if (options.action == "export" && options.organization.empty())
    throw UsageError("audit export takes --organization");
  if (options.action == "export" && !options.anchors.empty())
    throw UsageError("--anchors goes with audit verify");
  return options;
}

db::ConnectOptions administrator(const Settings& s) {
  auto account = application_account(s);
  account.user = s.db_admin_user;
  account.password = s.db_admin_password;
  account.schema = "tenantd";
  return account;
}

OrgId named(db::Txn& txn, const AuditScope& scope, const std::string& name) {
  if (name == "system") return OrgId{};
  if (const auto id = OrgId::parse(name)) return *id;
  const auto found = store::find_organization_by_slug(txn, scope, ascii_lower(name));
  if (!found) throw UsageError("there is no organization \"" + name + "\"; a deleted one is named by its id");
  return *found;
}

std::string spelled(db::Txn& txn, const AuditScope& scope, OrgId org) {
  if (org.is_nil()) return "the system's own chain";
  const auto slug = store::find_slug(txn, scope, org);
  return "organization " + (slug ? *slug + " (" + org.str() + ')' : org.str() + ", which is deleted");
}

class Verification {
 public:
  Verification(const Secret& key, db::Txn& txn, AnchorFile* file, std::ostream& out, std::ostream& err)
      : key_(key), txn_(txn), file_(file), out_(out), progress_(err) {}

  int run(const std::vector<OrgId>& chains) {
    for (const auto org : chains)
      if (const auto end = store::find_audit_end(txn_, scope_, org)) ahead_ += end->seq;
    progress_.start();
    for (const auto org : chains) check(org);
    progress_.end();
    if (broken_ > 0) {
      out_ << broken_ << " of " << chains.size() << (chains.size() == 1 ? " chain" : " chains")
           << " broken\n";
      return 1;
    }
    out_ << chains.size() << (chains.size() == 1 ? " chain, " : " chains, ") << rows_
         << (rows_ == 1 ? " row: whole" : " rows: whole");
    if (redacted_ > 0) out_ << ", of " << redacted_ << " of which erased people were taken out";
    out_ << '\n';
    if (file_ != nullptr) file_->save();
    return 0;
  }

 private:
  // The newest row is read before the head, which moves on with every row: whatever row was there then lies
  // no further than the head says now. Rows that are added meanwhile wait for the next time.
  void check(OrgId org) {
    auto start = store::find_audit_start(txn_, scope_, org);
    for (int again = 0;;) {
      const auto chain = walk(org, start);
      const auto since = chain.fault() ? store::find_audit_start(txn_, scope_, org) : start;
      // The sweeper may have removed rows in the course of it, or redacted some and told of it behind where
      // the walk ended.
      const auto end = chain.fault() ? store::find_audit_end(txn_, scope_, org) : std::nullopt;
      const bool moved = end && end->seq > end_ && ++again <= kMostWalks;
      if (!moved && (since ? since->seq : 0) == (start ? start->seq : 0)) return judge(org, chain);
      start = since;
    }
  }

  ChainCheck walk(OrgId org, const std::optional<store::ChainStart>& start) {
    const auto newest = store::find_newest_row(txn_, scope_, org);
    const auto end = store::find_audit_end(txn_, scope_, org);
    const auto last = end ? std::max(end->seq, newest) : newest;
    end_ = last;
    ChainCheck chain{key_, anchors_of(org)};
    if (start) chain.begin(*start);
    for (std::int64_t at = chain.last(); at < last && !chain.fault();) {
      const auto rows = store::read_audit_chain(txn_, scope_, org, at, std::min(kRowsAtOnce, last - at));
      const auto redactions =
          store::read_redactions(txn_, scope_, org, at, rows.empty() ? at : rows.back().seq);
      for (const auto& row : rows) {
        const auto found = redactions.find(row.seq);
        if (row.seq <= last) chain.add(row, found == redactions.end() ? nullptr : &found->second);
      }
      if (rows.empty() || rows.back().seq >= last) break;
      at = rows.back().seq;
      progress_.say(rows_ + chain.rows(), static_cast<double>(rows_ + chain.rows()) /
                                              static_cast<double>(std::max<std::int64_t>(1, ahead_)));
    }
    chain.finish(end);
    return chain;
  }

  void judge(OrgId org, const ChainCheck& chain) {
    rows_ += chain.rows();
    redacted_ += chain.redacted();
    if (chain.fault()) return tell(org, *chain.fault());
    if (file_ != nullptr && chain.last() > 0) file_->add(org, chain.last(), chain.hash());
  }

  void tell(OrgId org, const ChainCheck::Fault& fault) {
    ++broken_;
    progress_.end();
    out_ << "BROKEN  " << spelled(txn_, scope_, org) << ": row " << fault.seq << ' ' << fault.why
         << std::endl;
  }

  ChainCheck::Anchors anchors_of(OrgId org) const {
    if (file_ == nullptr) return {};
    const auto found = file_->anchors().find(org);
    return found == file_->anchors().end() ? ChainCheck::Anchors{} : found->second;
  }

  const AuditScope scope_ = AuditScope::unsafe_for_tenantctl();
  const Secret& key_;
  db::Txn& txn_;
  AnchorFile* file_;
  std::ostream& out_;
  Progress progress_;
  std::int64_t ahead_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t redacted_ = 0;
  std::int64_t end_ = 0;  // of the walk
  std::size_t broken_ = 0;
};

// Those that there are, and those that only an anchor remembers.
std::vector<OrgId> chains_to_check(db::Txn& txn, const VerifyOptions& options, const AnchorFile* file) {
  const auto scope = AuditScope::unsafe_for_tenantctl();
  if (!options.organization.empty()) return {named(txn, scope, options.organization)};
  auto chains = store::list_audit_chains(txn, scope);
  if (file != nullptr)
    for (const auto& [org, anchors] : file->anchors()) chains.push_back(org);
  std::sort(chains.begin(), chains.end());
  chains.erase(std::unique(chains.begin(), chains.end()), chains.end());
  return chains;
}

// With other keys each chain would look broken.
crypto::KeyRing load_keys(const Settings& settings, db::Pool& pool) {
  try {
    return hosts::checked_keys(settings, *pool.acquire());
  } catch (const ApiError&) {
    throw;
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
}

int verify(const VerifyOptions& options, db::Pool& pool, const Settings& settings, std::ostream& out,
           std::ostream& err) {
  const auto keys = load_keys(settings, pool);
  db::Txn txn{pool};
  std::unique_ptr<AnchorFile> file;
  if (!options.anchors.empty()) file = std::make_unique<AnchorFile>(options.anchors);
  if (file && file->size() == 0)
    err << "tenantctl: " << options.anchors
        << " holds no anchor yet: a chain that was cut off is not found\n";
  const auto chains = chains_to_check(txn, options, file.get());
  return Verification{keys.audit_key(), txn, file.get(), out, err}.run(chains);
}

int write_out(const VerifyOptions& options, db::Txn& txn, std::ostream& out) {
  const auto scope = AuditScope::unsafe_for_tenantctl();
  const auto org = named(txn, scope, options.organization);
  for (std::int64_t at = 0;;) {
    const auto rows = store::read_audit_chain(txn, scope, org, at, kRowsAtOnce);
    for (const auto& row : rows) out << api::audit_line(row, true);
    flush(out);
    if (static_cast<std::int64_t>(rows.size()) < kRowsAtOnce) return 0;
    at = rows.back().seq;
  }
}

}  // namespace

int audit(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  const auto options = parse_verify(arguments);
  const Settings settings = load_settings();
  db::Pool pool{administrator(settings), 1};
  try {
    if (options.action == "verify") return verify(options, pool, settings, out, err);
    db::Txn txn{pool};
    return write_out(options, txn, out);
  } catch (const AnchorFileError& e) {
    err << "tenantctl: " << e.what() << '\n';
    return EX_DATAERR;
  } catch (const UsageError&) {
    throw;
  } catch (const ConfigError&) {
    throw;
  } catch (const OutputError&) {
    throw;
  } catch (const ApiError& e) {
    if (e.code() == ErrorCode::unavailable) throw;
    err << "tenantctl: " << e.log_detail() << '\n';
    return EX_SOFTWARE;
  } catch (const std::exception& e) {
    // 1 says that a chain is broken, and nothing else.
    err << "tenantctl: " << e.what() << '\n';
    return EX_SOFTWARE;
  }
}

}  // namespace tenantd::ctl
