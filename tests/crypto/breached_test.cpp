// The list of leaked passwords: made of a sorted list of hashes, mapped, asked.
#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/breached.hpp"
#include "tenantd/crypto/random.hpp"

using namespace tenantd;

namespace {

std::string sha1_of(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  cr_assert(EVP_Digest(text.data(), text.size(), hash.data(), &length, EVP_sha1(), nullptr) == 1);
  return {reinterpret_cast<const char*>(hash.data()), length};
}

class Folder {
 public:
  Folder() { cr_assert(::mkdtemp(path_.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ + "/list"; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{path_}, {}));
  }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "breached-XXXXXX";
};

crypto::BreachedImport import(const std::string& list, const std::string& path, std::int64_t least = 1,
                              std::optional<std::int64_t> bytes = {}) {
  std::istringstream in{list};
  return crypto::import_breached(in, path, least, bytes, [](auto, auto) {});
}

// What is wrong with a list; "" if nothing is.
std::string fault_of(const std::string& list, const std::string& path) {
  try {
    import(list, path, 1, 100);
    return "";
  } catch (const crypto::BreachedListError& e) {
    return e.what();
  }
}

const std::string kZero(40, '0');

}  // namespace

Test(breached, a_list_holds_its_hashes_and_hardly_any_other) {
  std::vector<std::string> hashes;
  for (int i = 0; i < 20000; ++i) hashes.push_back(sha1_of("leaked " + std::to_string(i)));
  std::ranges::sort(hashes);
  std::string list;
  for (const auto& hash : hashes) list += to_hex(hash) + ":" + std::to_string(1 + list.size() % 9) + "\r\n";
  const Folder folder;
  const auto size = static_cast<std::int64_t>(list.size());
  cr_assert_eq(import(list, folder.file(), 1, size).taken, 20000);
  const crypto::BreachedPasswords passwords{folder.file()};
  cr_assert_eq(passwords.count(), 20000);
  for (const auto& hash : hashes) cr_assert(passwords.contains_sha1(hash));
  cr_assert(passwords.contains(Secret{"leaked 7"}));
  int mistaken = 0;
  for (int i = 0; i < 100000; ++i)
    mistaken += passwords.contains_sha1(sha1_of("kept " + std::to_string(i))) ? 1 : 0;
  cr_assert_leq(mistaken, 20, "%d of 100,000", mistaken);
  cr_assert(!passwords.contains_sha1(std::string(20, '\0')));
  cr_assert(!passwords.contains_sha1(std::string(20, '\xFF')));
}

Test(breached, the_first_and_the_last_hash_and_equal_beginnings_are_found) {
  const Folder folder;
  const std::string last(40, 'F');
  const auto alike = kZero.substr(0, 39) + "1";
  cr_assert_eq(import(kZero + "\n" + kZero + ":3\n" + alike + "\n\n" + last, folder.file(), 1, 100).taken, 2);
  const crypto::BreachedPasswords passwords{folder.file()};
  cr_assert(passwords.contains_sha1(std::string(20, '\0')));
  cr_assert(passwords.contains_sha1(std::string(20, '\xFF')));
  cr_assert(!passwords.contains_sha1(sha1_of("neither")));
}

Test(breached, hashes_that_were_seen_too_seldom_are_passed_over) {
  const Folder folder;
  const auto done = import(kZero + ":9\n" + std::string(40, 'f') + ":10\n", folder.file(), 10, 100);
  cr_assert_eq(done.taken, 1);
  cr_assert_eq(done.passed_over, 1);
  const crypto::BreachedPasswords passwords{folder.file()};
  cr_assert(!passwords.contains_sha1(std::string(20, '\0')));
  cr_assert(passwords.contains_sha1(std::string(20, '\xFF')));
}

Test(breached, what_is_no_list_is_refused_by_its_line_and_the_file_before_stays) {
  const Folder folder;
  import(kZero, folder.file(), 1, 100);
  const std::string ones(40, '1');
  cr_assert(fault_of(ones + "\n" + kZero + "\n", folder.file()) ==
            "line 2 is out of order: the list must be sorted by hash");
  for (const auto& wrong :
       std::vector<std::string>{"password", "00", kZero + "0", kZero + ";3", kZero + ":", kZero + ":x",
                                kZero + ":-1", kZero + ":99999999999999999999", "g" + kZero.substr(1)})
    cr_assert(fault_of(ones + "\n" + wrong, folder.file()).starts_with("line 2 is no SHA-1 hash"), "%s",
              wrong.c_str());
  cr_assert(fault_of("", folder.file()) == "the list has no hash that is taken");
  cr_assert(crypto::BreachedPasswords{folder.file()}.contains_sha1(std::string(20, '\0')));
  cr_assert_eq(folder.files(), 1, "something is left behind");
}

Test(breached, a_file_that_is_cut_off_or_another_is_refused_and_one_that_lies_is_not_read_beyond_its_end) {
  const Folder folder;
  import(kZero + "\n" + std::string(40, '8') + "\n" + std::string(40, 'F'), folder.file(), 1, 100);
  std::ifstream in{folder.file(), std::ios::binary};
  const std::string whole{std::istreambuf_iterator<char>{in}, {}};
  const auto is_refused = [&](const std::string& bytes) {
    std::ofstream{folder.file(), std::ios::binary | std::ios::trunc} << bytes;
    try {
      const crypto::BreachedPasswords passwords{folder.file()};
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  };
  cr_assert(is_refused(""));
  cr_assert(is_refused("SQLite format 3"));
  for (const auto size : {39UL, 41UL, whole.size() / 2, whole.size() - 1})
    cr_assert(is_refused(whole.substr(0, size)));
  cr_assert(is_refused(whole + "x"));
  cr_assert(is_refused("X" + whole.substr(1)));
  cr_assert(!is_refused(whole));
  // Wherever it says that its buckets are: an answer or a refusal, and nothing worse.
  for (std::size_t at = 32; at < 32 + 8 + 8 * 257; ++at) {
    auto lying = whole;
    lying[at] = '\xFF';
    if (is_refused(lying)) continue;
    const crypto::BreachedPasswords passwords{folder.file()};
    for (const char byte : {'\0', '\x7F', '\x80', '\xFF'}) passwords.contains_sha1(std::string(20, byte));
  }
}

Test(breached, a_link_in_the_way_is_not_written_through) {
  const Folder folder;
  const auto other = folder.file() + ".other";
  std::ofstream{other} << "somebody's";
  std::filesystem::create_symlink(other, folder.file() + ".new");
  import(kZero + ":1\n", folder.file());
  std::ifstream in{other};
  const std::string kept{std::istreambuf_iterator<char>{in}, {}};
  cr_assert_eq(kept, "somebody's");
  cr_assert(std::filesystem::is_regular_file(std::filesystem::symlink_status(folder.file())));
  cr_assert_eq(folder.files(), 2U);
}
