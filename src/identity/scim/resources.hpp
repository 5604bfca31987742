// Changes of one resource, as rows and the operations of a bulk request make them.
#pragma once

#include <string>

#include "identity/scim/groups.hpp"
#include "identity/scim/people.hpp"
#include "tenantd/api/request.hpp"
#include "tenantd/http/message.hpp"

namespace tenantd::api::handlers {

// What was made or changed.
struct ScimOutcome {
  int status = 200;
  std::string id;
  std::string tag;
  std::optional<store::Person> person;
  std::optional<store::Group> group;
};

class ScimChanges {
 public:
  explicit ScimChanges(const service::Work& work) : work_(work) {}
  // Takes the organization's lock and reads what newcomers get. For several changes in one transaction:
  // outside of what undoes one of them. Throws ApiError(not_found) if the organization is gone.
  void prepare() { provisioner(); }
  // `id` is empty for POST. Throws ApiError, scim::Refusal.
  ScimOutcome act(http::Method method, const scim::ResourceType& type, const std::string& id,
                  const std::string& if_match, const JsonValue& body);

 private:
  service::Provisioner& provisioner();
  ScimOutcome act_on_person(http::Method method, const std::string& id, const std::string& if_match,
                            const JsonValue& body);
  ScimOutcome act_on_group(http::Method method, const std::string& id, const std::string& if_match,
                           const JsonValue& body);

  service::Work work_;
  std::optional<service::Provisioner> provisioner_;
  service::MemberBudget budget_;
};

}  // namespace tenantd::api::handlers
