#include "identity/scim/resources.hpp"

#include "tenantd/api/etag.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

template <class AnyId>
AnyId id_in(const std::string& text) {
  const auto id = AnyId::parse(text);
  if (!id) throw ApiError(ErrorCode::not_found);
  return *id;
}

}  // namespace

service::Provisioner& ScimChanges::provisioner() {
  if (!provisioner_) provisioner_.emplace(work_);
  return *provisioner_;
}

ScimOutcome ScimChanges::act(http::Method method, const scim::ResourceType& type, const std::string& id,
                             const std::string& if_match, const JsonValue& body) {
  const bool newcomer = &type == &scim::kUser && method == http::Method::POST;
  auto outcome = &type == &scim::kUser ? act_on_person(method, id, if_match, body)
                                       : act_on_group(method, id, if_match, body);
  // Newcomers leave as it is what is read for them; other changes may be of the key's maker.
  if (!newcomer) provisioner_.reset();
  return outcome;
}

ScimOutcome ScimChanges::act_on_person(http::Method method, const std::string& id,
                                       const std::string& if_match, const JsonValue& body) {
  const auto outcome = [](int status, store::Person person) {
    return ScimOutcome{status, person.id.str(), service::person_tag(person), std::move(person), std::nullopt};
  };
  if (method == http::Method::POST)
    return outcome(201, provisioner().make(scim::read_resource(body, scim::kUser)));
  const auto person = id_in<DirectoryId>(id);
  // Who is not there is told so, whatever the body is.
  if (method != http::Method::DELETE_)
    return outcome(200, provisioner().change(person, if_match, [&](Json& resource) {
      if (method == http::Method::PUT)
        resource = scim::read_resource(body, scim::kUser);
      else
        scim::apply_patch(resource, scim::read_patch(body, scim::kUser), scim::kUser);
    }));
  provisioner().remove(person, if_match);
  return {204, id, "", std::nullopt, std::nullopt};
}

ScimOutcome ScimChanges::act_on_group(http::Method method, const std::string& id, const std::string& if_match,
                                      const JsonValue& body) {
  const auto outcome = [](int status, store::Group group) {
    return ScimOutcome{status, group.id.str(), etag(group.revision), std::nullopt, std::move(group)};
  };
  if (method == http::Method::POST)
    return outcome(201, service::make_group(work_, scim::read_resource(body, scim::kGroup), budget_));
  const auto group = id_in<GroupId>(id);
  if (method == http::Method::PUT)
    return outcome(200, service::replace_group(work_, group, if_match, body, budget_));
  if (method == http::Method::PATCH)
    return outcome(204, service::change_group(work_, group, if_match, body, budget_));
  service::delete_group(work_, group, if_match, budget_);
  return {204, id, "", std::nullopt, std::nullopt};
}

}  // namespace tenantd::api::handlers
