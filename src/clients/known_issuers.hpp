// What this process keeps of identity providers: where their endpoints are, and their keys. Bounded, so that
// organizations that choose one provider after the other take no room from others for long.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "tenantd/base/time.hpp"
#include "tenantd/clients/oidc.hpp"
#include "tenantd/crypto/jose.hpp"

namespace tenantd::service {

// So many in all, so many bytes of documents, and so many for each organization that chooses its own.
inline constexpr std::size_t kMostKept = 2000;
inline constexpr std::size_t kMostKeptBytes = std::size_t{8} << 20U;
inline constexpr std::size_t kMostOfOrganization = 10;

// What this process knows of an issuer.
struct Known {
  std::optional<Discovery> discovery;
  std::optional<crypto::ForeignKeys> keys;
  TimePoint discovered_at;
  TimePoint keys_at;
  TimePoint refreshed_at;  // for the sake of a kid that was not among them
  TimePoint answered_at;   // when it answered last, unless it has failed since
  std::size_t bytes = 0;   // of the documents
  std::uint64_t used = 0;  // the larger, the later
};

// By the issuer; of one that an organization has chosen, by organization and issuer.
class Issuers {
 public:
  template <class Work>
  auto with(const std::string& name, Work&& work) {
    const std::lock_guard lock{mutex_};
    if (!known_.contains(name)) make_room(name);
    auto& known = known_[name];
    known.used = ++uses_;
    const auto before = known.bytes;
    auto result = work(known);
    bytes_ += known.bytes - before;
    while (bytes_ > kMostKeptBytes && known_.size() > 1) drop_oldest(known_.begin(), known_.end());
    return result;
  }

 private:
  using Map = std::map<std::string, Known>;

  void make_room(const std::string& name);
  void drop_oldest(Map::iterator from, Map::iterator to);

  std::mutex mutex_;
  Map known_;
  std::size_t bytes_ = 0;
  std::uint64_t uses_ = 0;
};

Issuers& issuers();

}  // namespace tenantd::service
