// A file of anchors: where chains of audit rows have ended, one JSON object a line ({"org": …, "seq": …,
// "hash": …}). Kept out of reach of whoever reaches the database, it shows that a chain was cut off.
#pragma once

#include <map>
#include <stdexcept>
#include <string>

#include "tenantd/base/descriptor.hpp"
#include "tenantd/base/id.hpp"
#include "tenantd/effects/audit_chain.hpp"

namespace tenantd::ctl {

// The file is no such file, or cannot be read or written; what() is a sentence.
struct AnchorFileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class AnchorFile {
 public:
  // Opens the file, and makes it (0600) if there is none. Nobody else writes to it while this lives. Throws
  // AnchorFileError.
  explicit AnchorFile(const std::string& path);

  const std::map<OrgId, service::ChainCheck::Anchors>& anchors() const { return anchors_; }
  std::size_t size() const { return size_; }
  // Keeps where a chain ends now, unless that is known; in the file once save() has returned.
  void add(OrgId org, std::int64_t seq, const std::string& hash);
  // Throws AnchorFileError.
  void save();

 private:
  void read();
  void take(const std::string& line, std::size_t number);
  [[noreturn]] void fail(const std::string& why) const;

  std::string path_;
  Descriptor file_;
  std::size_t size_ = 0;
  std::map<OrgId, service::ChainCheck::Anchors> anchors_;
  std::string added_;
};

}  // namespace tenantd::ctl
