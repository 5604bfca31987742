// The key folder on disk: reads files that are ours alone, writes them whole or not at all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/descriptor.hpp"
#include "tenantd/base/secret.hpp"

namespace tenantd::crypto {

class KeyFolder {
 public:
  explicit KeyFolder(std::string path);

  // Makes the folder and signing/ (mode 0700) unless they exist. What root makes belongs to the owner of the
  // folder around it, so that the service can read what an administrator made.
  void make() const;

  // Throws std::runtime_error if the folder or signing/ is missing or open to a group or to every user of the
  // host.
  void check() const;

  bool has(const std::string& name) const;

  // Returns the content of the file `name`, relative to the folder. Throws std::runtime_error if it is
  // missing, unreadable, over 64 KiB, or open to a group or to every user of the host.
  Secret read(const std::string& name) const;

  // Replaces the file `name`: temporary name, mode 0600, fsync, rename, fsync of the folder. Its
  // owner is as with make().
  void write(const std::string& name, const Secret& content) const;

  void remove(const std::string& name) const;

  // Returns the kids of signing/<kid>.pem, or of files with another ending, sorted.
  std::vector<std::string> kids(std::string_view ending = ".pem") const;

 private:
  std::string at(const std::string& name) const { return path_ + "/" + name; }

  std::string path_;
};

// Holds the folder while keys are made or removed, so that two administrators do not undo each other.
class KeyFolderLock {
 public:
  explicit KeyFolderLock(const std::string& path);

 private:
  Descriptor folder_;
};

}  // namespace tenantd::crypto
