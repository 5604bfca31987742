#include "identity/scim/people_list.hpp"

#include <algorithm>
#include <map>

#include "identity/scim/people.hpp"
#include "identity/scim/replies.hpp"

namespace tenantd::api::handlers {
namespace {

using People = std::vector<store::Person>;
using Groups = std::multimap<DirectoryId, store::Group>;

// Every byte is compared up to scim::kMostComparisons times, in one request of few seconds.
constexpr std::size_t kMostBytesRead = std::size_t{4} * 1024 * 1024;
constexpr std::int64_t kPeopleAtOnce = 50;
constexpr std::size_t kGroupBytes = 250;  // of one that a person is in, besides its name

Groups groups_of_all(const TenantScope& scope, Txn& txn, const People& people) {
  std::vector<DirectoryId> ids;
  for (const auto& each : people) ids.push_back(each.id);
  return store::groups_of(txn, scope, ids);
}

Json shown_one(const Request& request, const store::Person& person, const Groups& groups) {
  std::vector<store::Group> own;
  const auto [begin, end] = groups.equal_range(person.id);
  for (auto it = begin; it != end; ++it) own.push_back(it->second);
  return service::person_resource(request.context, person, own);
}

std::size_t bytes_of(const People& people, const Groups& groups) {
  std::size_t bytes = 0;
  for (const auto& each : people) bytes += each.attributes.size() + each.profile.size();
  for (const auto& [id, group] : groups) bytes += group.name.size() + kGroupBytes;
  return bytes;
}

// Calls `take` for one after the other of what `next` reads, until that is empty or `most` bytes were read.
// False if more are left.
template <class Next, class Take>
bool read_people(const Request& request, const TenantScope& scope, Txn& txn, bool with_groups, Next&& next,
                 Take&& take) {
  std::size_t bytes = 0;
  for (auto people = next(); !people.empty(); people = next()) {
    if (bytes > kMostBytesRead) return false;
    const auto groups = with_groups ? groups_of_all(scope, txn, people) : Groups{};
    bytes += bytes_of(people, groups);
    for (auto& each : people) {
      auto shown = shown_one(request, each, groups);
      take(std::move(each), std::move(shown));
    }
  }
  return true;
}

// Those whom an index finds by what the filter wants to be equal; nullopt if it wants nothing that has one.
std::optional<std::vector<store::Person>> people_by_index(const scim::Filter& filter,
                                                          const TenantScope& scope, Txn& txn) {
  for (const auto* part : joined_by_and(filter)) {
    if (const auto id = wanted_text(*part, "id")) {
      const auto parsed = DirectoryId::parse(*id);
      const auto person = parsed ? store::find_person(txn, scope, *parsed) : std::nullopt;
      return person ? std::vector{*person} : std::vector<store::Person>{};
    }
    if (const auto name = wanted_text(*part, "userName"))
      return store::people_named(txn, scope, store::name_key(*name));
    if (const auto id = wanted_text(*part, "externalId"))
      return store::people_with_external_id(txn, scope, *id);
    if (const auto address = wanted_text(*part, "emails", "value")) {
      const auto email = Email::parse(*address);
      return email ? store::people_with_address(txn, scope, *email) : std::vector<store::Person>{};
    }
  }
  return std::nullopt;
}

// "active eq true", and nothing else.
std::optional<bool> wanted_active(const scim::Filter& filter) {
  if (filter.shape != scim::Shape::compare || filter.op != scim::Operator::eq || filter.path.extended ||
      filter.path.attribute->name != "active")
    return std::nullopt;
  if (const auto* flag = std::get_if<bool>(&filter.literal)) return *flag;
  return std::nullopt;
}

bool names(const scim::Filter& filter, std::string_view attribute) {
  if (filter.path.attribute != nullptr && filter.path.attribute->name == attribute) return true;
  return (filter.shape != scim::Shape::elements && filter.left && names(*filter.left, attribute)) ||
         (filter.right && names(*filter.right, attribute));
}

// As many at once as one statement reads, from the position `from` on, `most` of them.
class Members {
 public:
  Members(Txn& txn, const TenantScope& scope, const std::optional<bool>& active, std::int64_t from,
          std::int64_t most)
      : txn_(txn), scope_(scope), active_(active), at_(from), left_(most) {}

  People operator()() {
    const auto count = std::min(left_, kPeopleAtOnce);
    auto people = store::list_people(txn_, scope_, active_, at_, count);
    at_ += count;
    left_ -= count;
    return people;
  }

 private:
  Txn& txn_;
  const TenantScope& scope_;
  std::optional<bool> active_;
  std::int64_t at_, left_;
};

class Chunks {
 public:
  explicit Chunks(People people) : people_(std::move(people)) {}

  People operator()() {
    const auto count = std::min<std::size_t>(people_.size() - at_, kPeopleAtOnce);
    const auto begin = people_.begin() + static_cast<std::ptrdiff_t>(at_);
    at_ += count;
    return {std::make_move_iterator(begin),
            std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(count))};
  }

 private:
  People people_;
  std::size_t at_ = 0;
};

[[noreturn]] void refuse_scan(const char* words) {
  throw scim::Refusal(
      "tooMany", std::string{words} + ": filter by userName, externalId, emails.value, id or active with eq");
}

void require_few(const TenantScope& scope, Txn& txn) {
  if (store::count_people(txn, scope, std::nullopt) > kMostCompared)
    refuse_scan("The organization has more than 2000 people");
}

// Whom the filter finds, in the page's order.
People found_people(const Request& request, const TenantScope& scope, Txn& txn, const scim::Filter* filter,
                    const ScimPage& page) {
  const bool by_groups = (filter != nullptr && names(*filter, "groups")) ||
                         (page.sort_by && page.sort_by->attribute->name == "groups");
  std::map<std::string, store::Person> found;
  std::vector<Json> order;
  const auto take = [&](store::Person person, Json shown) {
    if (filter != nullptr && !scim::fits(*filter, shown, scim::kUser)) return;
    // One who is met twice, because somebody came in between two reads, counts once.
    if (!found.try_emplace(person.id.str(), std::move(person)).second) return;
    order.push_back(std::move(shown));
  };
  auto indexed = filter != nullptr ? people_by_index(*filter, scope, txn) : std::nullopt;
  bool complete = false;
  if (indexed) {
    complete = read_people(request, scope, txn, by_groups, Chunks{std::move(*indexed)}, take);
  } else {
    require_few(scope, txn);
    complete = read_people(request, scope, txn, by_groups,
                           Members{txn, scope, std::nullopt, 0, kMostCompared}, take);
  }
  if (!complete) refuse_scan("More is known of the organization's people than one request compares");
  sort_resources(order, page, scim::kUser);
  People people;
  for (const auto& each : order) people.push_back(std::move(found.at(json::text_of(each, "id"))));
  return people;
}

}  // namespace

Response list_scim_people(const Request& request, const TenantScope& scope, Txn& txn) {
  return scim_answer([&] {
    const auto page = scim_page(request, scim::kUser);
    const auto told = projection_of(request, scim::kUser);
    const auto typed = query_text(request, "filter");
    const auto filter = typed ? scim::read_filter(*typed, scim::kUser) : nullptr;
    store::meet_newcomers(txn, scope, request.context.now);
    const auto active = filter ? wanted_active(*filter) : std::nullopt;
    std::vector<Json> shown;
    const auto show = [&](const store::Person&, Json resource) { shown.push_back(std::move(resource)); };
    if ((!filter || active) && !page.sort_by) {
      read_people(request, scope, txn, told.tells("groups"),
                  Members{txn, scope, active, page.start - 1, page.count}, show);
      return scim_list_reply(shown, store::count_people(txn, scope, active), page.start, told);
    }
    auto found = found_people(request, scope, txn, filter.get(), page);
    const auto total = static_cast<std::int64_t>(found.size());
    const auto from = std::min(page.start - 1, total), to = std::min(from + page.count, total);
    found = {std::make_move_iterator(found.begin() + from), std::make_move_iterator(found.begin() + to)};
    read_people(request, scope, txn, told.tells("groups"), Chunks{std::move(found)}, show);
    return scim_list_reply(shown, total, page.start, told);
  });
}

}  // namespace tenantd::api::handlers
