// Records whose rows have handlers of their own: several names in a column, secrets, bodies that name what
// they change, and rows that never change.
#include <criterion/criterion.h>

#include "record/statements.hpp"
#include "support/check.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/record/json.hpp"
#include "tenantd/record/resource.hpp"
#include "tenantd/record/table.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

enum class State { on, off };
constexpr std::array<std::string_view, 2> kStates{"on", "off"};

struct Alarm {
  WarehouseId id;
  std::string name;
  std::string days;
  State state = State::on;
  std::string code;
  std::int64_t revision = 1;
  TimePoint created_at, updated_at;
};

std::string masked(const Alarm& alarm) { return alarm.name.substr(0, 1) + "***"; }

std::string_view fault_of_day(std::string_view day, std::size_t count) {
  if (day == "*") return count > 1 ? "stands alone" : "";
  return day == "mon" || day == "tue" ? "" : "is no day";
}

std::string_view fault_of_name(std::string_view name, std::size_t) {
  return name.starts_with(' ') ? "begins with a blank" : "";
}

constexpr auto kAlarm = record::record<Alarm>(
    "alarm", record::name<&Alarm::name>("name").length(1, 9).judged_by(fault_of_name).unaudited(),
    record::computed<masked>("name", record::Kind::text).audited_alone(),
    record::names<&Alarm::days>("days")
        .range(1, 7)
        .each_length(1, 3)
        .judged_by(fault_of_day)
        .each_says("A day"),
    record::choice<&Alarm::state>("state", kStates).stored_as("is_off").numbered().unless_given("on"),
    record::text<&Alarm::code>("code_sealed").written_once(),
    record::Examples{R"([{"name":"a","days":["*"]}])", R"([{"state":"off"}])"},
    record::ShownOnce{"code", "^c_", "Shown this once"},
    record::refuses("alarm_name", ErrorCode::conflict, "/name", "another has it",
                    "Another alarm has this name"));
constexpr record::Table<Alarm> kAlarms{kAlarm};

struct Badge {
  WarehouseId id;
  PermissionSet permissions;
  TimePoint created_at;
};

constexpr auto kBadge = record::record<Badge>("badge", record::time<&Badge::created_at>("created_at").kept(),
                                              record::permissions<&Badge::permissions>("permissions"));
constexpr record::Table<Badge> kBadges{kBadge};

constexpr const char* kNoId = R"({"id":"00000000-0000-0000-0000-000000000000",)";

Alarm filled(const std::string& body) {
  Alarm alarm;
  kAlarms.fill(alarm, api::parse_json(body));
  return alarm;
}

template <class Act>
ApiError refusal_of(Act&& act) {
  try {
    act();
  } catch (const ApiError& e) {
    return e;
  }
  require(false, "was taken");
  std::abort();
}

void refuses(const std::string& body, const std::string& pointer, const std::string& why) {
  const auto error = refusal_of([&] { filled(body); });
  require(error.code() == ErrorCode::validation_failed, body);
  require_equal(error.fields().at(0).pointer, pointer, body);
  require_equal(error.fields().at(0).detail, why, body);
}

std::string schema(std::string_view name) {
  for (const auto& one : record::describe_schemas(kAlarm).schemas)
    if (one.name == name) return one.text;
  return "none";
}

void contains(const std::string& text, const std::string& part) {
  require(text.find(part) != std::string::npos, text + " has not " + part);
}

}  // namespace

Test(hand_made, names_are_a_list_outside_and_one_text_inside) {
  const auto alarm = filled(R"({"name":"bell","days":["tue","mon"]})");
  require_equal(alarm.days, std::string{"tue,mon"});
  json::Writer out;
  kAlarms.put(out, alarm);
  require_equal(out.text(), kNoId + std::string{R"("name":"bell","days":["tue","mon"],"state":"on",)"
                                                R"("created_at":0,"updated_at":0})"});
}

Test(hand_made, no_names_are_an_empty_list) {
  json::Writer out;
  kAlarms.put(out, Alarm{});
  contains(out.text(), R"("days":[])");
}

Test(hand_made, a_text_or_a_name_of_several_is_refused_for_its_fault) {
  refuses(R"({"name":" x","days":["*"]})", "/name", "begins with a blank");
  refuses(R"({"name":"x","days":["mon","noon"]})", "/days/1", "is no day");
  refuses(R"({"name":"x","days":["mon","*"]})", "/days/1", "stands alone");
}

Test(hand_made, a_choice_comes_by_its_number_too_and_is_stored_under_another_name) {
  require(filled(R"({"name":"x","days":["*"],"state":"1"})").state == State::off, "a number");
  require(filled(R"({"name":"x","days":["*"],"state":"off"})").state == State::off, "a name");
  contains(std::string{kAlarm.statements(kAlarm).update().text},
           "SET name = ?, days = ?, is_off = ?, revision");
}

Test(hand_made, what_is_written_once_is_neither_read_nor_changed_nor_shown) {
  const auto& sql = kAlarm.statements(kAlarm);
  require_equal(std::string{sql.insert().text},
                std::string{"INSERT INTO alarm (org_id, id, created_at, updated_at, name, days, is_off, "
                            "code_sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"});
  require_equal(
      std::string{sql.find().text},
      std::string{"SELECT id, revision, created_at, updated_at, name, days, is_off FROM alarm WHERE "
                  "org_id = ? AND id = ?"});
  require(schema("reply/alarm").find("code") == std::string::npos, "shown");
}

Test(hand_made, a_secret_is_shown_behind_the_rest_and_has_a_schema_of_its_own) {
  json::Writer out;
  kAlarms.put(out, Alarm{}, Secret{"c_1"});
  contains(out.text(), R"("updated_at":0,"code":"c_1"})");
  const auto shown = schema("reply/new_alarm");
  contains(shown, R"({"title":"Alarm with its secret",)");
  contains(shown, R"("updated_at","code"],"properties")");
  contains(shown, R"("code":{"type":"string","pattern":"^c_","description":"Shown this once"}}})");
}

Test(hand_made, the_audit_has_what_is_told_in_the_place_of_a_value) {
  Alarm alarm;
  alarm.name = "bell";
  alarm.days = "mon,tue";
  require_equal(kAlarms.audit_values(alarm).text(), R"({"name":"b***","days":["mon","tue"],"state":"on"})");
}

Test(hand_made, a_change_keeps_what_its_body_leaves_out) {
  auto alarm = filled(R"({"name":"bell","days":["mon"],"state":"off"})");
  kAlarms.fill_given(alarm, api::parse_json(R"({"name":"horn"})"));
  require_equal(alarm.name, std::string{"horn"});
  require(alarm.days == "mon" && alarm.state == State::off, "kept");
  const auto change = schema("change_alarm");
  contains(change, R"({"title":"Changed alarm","type":"object","additionalProperties":false,)");
  contains(change, R"("examples":[{"state":"off"}]})");
  require(change.find("required") == std::string::npos, change);
}

Test(hand_made, the_schema_bounds_the_list_and_each_of_its_names) {
  const auto request = schema("alarm");
  contains(request, R"("days":{"type":"array","uniqueItems":true,"minItems":1,"maxItems":7,)"
                    R"("items":{"type":"string","minLength":1,"maxLength":3}})");
  contains(request, R"("state":{"type":"string","enum":["on","off","0","1"]})");
  contains(request, R"("required":["name","days"],"examples":[{"name":"a","days":["*"]}]})");
  contains(schema("reply/alarm"),
           R"("days":{"type":"array","items":{"type":"string","description":"A day"}})");
}

Test(hand_made, a_constraint_refuses_in_words_of_its_own) {
  const auto error = refusal_of([] { record::refuse(kAlarm, "alarm_name"); });
  require(error.code() == ErrorCode::conflict, "the code");
  require_equal(error.public_text(), std::string{"Another alarm has this name"});
  require_equal(error.fields().at(0).pointer, std::string{"/name"});
  try {
    record::refuse(kAlarm, "alarm_nobody_knows");
  } catch (const std::logic_error& e) {
    require_equal(std::string{e.what()},
                  std::string{"alarm does not say what alarm_nobody_knows refuses with"});
  }
}

Test(hand_made, a_row_without_a_revision_has_the_times_that_its_fields_say) {
  const auto& sql = kBadge.statements(kBadge);
  require_equal(std::string{sql.insert().text},
                std::string{"INSERT INTO badge (org_id, id, created_at, permissions) VALUES (?, ?, ?, ?)"});
  require_equal(std::string{sql.find().text},
                std::string{"SELECT id, created_at, permissions FROM badge WHERE org_id = ? AND id = ?"});
}

Test(hand_made, permissions_are_names_of_permissions) {
  Badge badge;
  kBadges.fill(badge, api::parse_json(R"({"permissions":["roles:read","users:read"]})"));
  require(badge.permissions == PermissionSet{}.with(Permission::roles_read).with(Permission::users_read),
          "set");
  json::Writer out;
  kBadges.put(out, badge);
  require_equal(out.text(),
                kNoId + std::string{R"("created_at":0,"permissions":["users:read","roles:read"]})"});
  const auto error = refusal_of([&] { kBadges.fill(badge, api::parse_json(R"({"permissions":["a:b"]})")); });
  require_equal(error.fields().at(0).pointer, std::string{"/permissions/0"});
}
