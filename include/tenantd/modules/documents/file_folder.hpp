// The folder of documents' files, FILES_DIR, which nginx and tenantd share: nginx writes and reads the bytes,
// tenantd says under which name. A name is a key, made here out of nothing but chance, and lies two folders
// deep by its first digits.
//
// A file's place is taken once, by making it; nginx renames what has arrived over it. So a place that is
// there and empty stands for an upload whose file never came, unless the file is empty.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tenantd/base/time.hpp"

namespace tenantd::service {

// 64 hexadecimal digits.
std::string new_storage_key();

class FileFolder {
 public:
  explicit FileFolder(std::string dir) : dir_(std::move(dir)) {}

  // "/ab/cd/abcd…": below the folder, and below nginx's location of it.
  static std::string relative_path_of(std::string_view key);

  // Takes the key's place. False if it was taken before. Throws ApiError(unavailable) if there is no room, or
  // no folder.
  bool take(std::string_view key) const;
  // Bytes; nullopt if there is no such file.
  std::optional<std::int64_t> size_of(std::string_view key) const;
  // SHA-256 of the whole file, 32 raw bytes, read in small pieces; nullopt if there is no such file.
  std::optional<std::string> hash_of(std::string_view key) const;
  // Copies the file to `path`, which must not be there. False if there is no such file. Throws
  // std::filesystem::filesystem_error.
  bool copy_to(std::string_view key, const std::string& path) const;
  // True if it is gone: removed now, or not there.
  bool remove(std::string_view key) const;

  // What lies in the `slice`-th of kSlices parts of the folder, unchanged since `before`.
  static constexpr int kSlices = 256;
  void each_old(int slice, TimePoint before, const std::function<void(const std::string& key)>& found) const;
  // Removes what nginx left of uploads that it did not finish, unchanged since `before`. Returns how many.
  std::int64_t remove_unfinished(TimePoint before) const;

 private:
  std::string path_of(std::string_view key) const { return dir_ + relative_path_of(key); }
  std::string dir_;
};

}  // namespace tenantd::service
