// What an event tells of a change: the audit row's values, within bounds, to who may read them.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

Response newest_event(Client client, const std::string& type) {
  const auto list = client.get("/api/v1/events?limit=200&type=" + type);
  expect(list, 200);
  return client.get("/api/v1/events/" +
                    list.text("/items/" + std::to_string(list.size("/items") - 1) + "/id"));
}

}  // namespace

Test(event_values, are_those_of_the_audit_row_and_for_its_readers_alone) {
  const auto owner = sign_up();
  const auto role = make_role(owner, "auditor", "[]");
  expect(owner.client().put(path_of(role), role_body("checker", "[]")), 200);
  const auto event = newest_event(owner.client(), "role.updated");
  const auto audit = owner.client().get("/api/v1/audit-logs?action=role.updated");
  for (const char* values : {"/old_values", "/new_values"})
    require(event.at(std::string{"/data"} + values) == audit.at(std::string{"/items/0"} + values),
            event.describe() + audit.describe());
  const auto reader = newest_event(make_api_key(owner, R"(["events:read"])").client(), "role.updated");
  expect(reader, 200);
  require_equal(reader.at("/data").MemberCount(), 0U, reader.body);
  const auto auditor =
      newest_event(make_api_key(owner, R"(["events:read","audit:read"])").client(), "role.updated");
  require(auditor.at("/data") == event.at("/data"), auditor.body);
}

Test(event_values, who_may_not_read_them_learns_what_the_type_tells_besides) {
  const auto owner = sign_up();
  expect(owner.client().put("/api/v1/purchase-requests/thresholds", R"({"thresholds":[]})"), 200);
  const auto type = "purchase_request.thresholds_changed";
  const auto reader = newest_event(make_api_key(owner, R"(["events:read"])").client(), type);
  const auto all = newest_event(owner.client(), type);
  require(reader.at("/data").MemberCount() > 0, reader.body);
  for (const auto& member : reader.at("/data").GetObject())
    require(all.at("/data")[member.name] == member.value, all.body);
  require(!reader.at("/data").HasMember("new_values"), reader.body);
}

Test(event_values, long_ones_stand_in_the_audit_log_alone) {
  const auto owner = sign_up();
  const auto made = owner.client().post("/api/v1/projects",
                                        object({{"name", "Long"}, {"description", std::string(9000, 'x')}}));
  expect(made, 201);
  const auto event = newest_event(owner.client(), "project.created");
  require(event.at("/data/values_omitted").GetBool(), event.body);
  require(!event.at("/data").HasMember("new_values"), event.body);
  const auto audit = owner.client().get("/api/v1/audit-logs?action=project.created");
  require(audit.at("/items/0/new_values").IsObject(), audit.describe());
}
