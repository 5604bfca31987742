// FILES_DIR among several hosts. Whether a folder is one and the same everywhere is seen by what lies in it:
//
//   FILES_DIR/deployment   the id of the deployment whose files these are
//   FILES_DIR/hosts/ID     made by each host that runs, gone with it: another host that does not see it has
//                          another folder
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/hosts/hosts.hpp"
#include "tenantd/shm/host_state.hpp"

namespace tenantd::hosts {

class SharedFolder {
 public:
  explicit SharedFolder(std::string dir) : dir_(std::move(dir)) {}

  // "" if nobody has said it yet.
  std::string deployment() const;
  // True if these are the files of the deployment. A folder that nobody has marked is nobody's.
  bool is_of(const std::string& deployment) const { return deployment == this->deployment(); }
  // Says whose folder it is, unless that is said, and that this host has it. Removes marks of hosts that are
  // none of `alive` and older than an hour. Throws std::runtime_error if the folder takes no file.
  void mark(const std::string& deployment, const HostId& self, const std::vector<HostId>& alive) const;
  void unmark(const HostId& self) const noexcept;
  bool is_marked_by(const HostId& host) const;

 private:
  std::string dir_;
};

// What the row of this host says of its files: "s3", "local" or "shared".
std::string files_of(const Settings& settings);
// The deployment that FILES_DIR is marked with; "" = none, or the files are in S3.
std::string deployment_of_files(const Settings& settings);

// What is wrong with where this host keeps files, beside those others: a sentence that says what to do;
// nullopt = nothing. Hosts of this one's name are this one's own rows of before.
std::optional<std::string> fault_of_files(const Settings& settings, const std::string& deployment,
                                          const std::vector<Host>& hosts);

}  // namespace tenantd::hosts
