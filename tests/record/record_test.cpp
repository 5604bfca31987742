// What follows from a record's field list: SQL, schemas, and JSON both ways.
#include "tenantd/record/record.hpp"

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

struct Gadget {
  WarehouseId id;
  std::string label;
  std::string unit;
  std::optional<std::string> code;
  std::optional<std::int64_t> level;
  bool is_loud = false;
  std::optional<SupplierId> supplier;
  std::int64_t quantity = 0;
  std::optional<TimePoint> low_since;
  std::int64_t revision = 1;
  TimePoint created_at, updated_at;
};

constexpr auto kGadget = record::record<Gadget>(
    "odd_gadget", record::name<&Gadget::label>("label").length(1, 20).searched().example("Horn"),
    record::name<&Gadget::unit>("unit").length(1, 9).unless_given("piece"),
    record::code<&Gadget::code>("code").matches("^[A-Z]+$", "must be capitals").searched(),
    record::number<&Gadget::level>("level").range(0, 100).says("Low at it").example(7),
    record::flag<&Gadget::is_loud>("is_loud"), record::reference<&Gadget::supplier>("supplier_id"),
    record::number<&Gadget::quantity>("quantity").kept_elsewhere().says("Over all"),
    record::time<&Gadget::low_since>("low_since").hidden());
constexpr auto kGadgets =
    record::resource(kGadget, {.path = "/gadgets", .rights = rights::warehouses, .section = "Gadgets"});

enum class Mood { calm, loud };
constexpr std::array<std::string_view, 2> kMoods{"calm", "loud"};

struct Parcel {
  WarehouseId id;
  Mood mood = Mood::calm;
  std::string tags;
  std::optional<std::string> hash;
  std::optional<TimePoint> sent_at;
  std::int64_t revision = 1;
  TimePoint created_at, updated_at;
};

bool is_sent(const Parcel& parcel) { return parcel.sent_at.has_value(); }

constexpr auto kParcel = record::record<Parcel>(
    "parcel", record::choice<&Parcel::mood>("mood", kMoods).unless_given("loud"),
    record::tags<&Parcel::tags>("tags").example("b,a"),
    record::digest<&Parcel::hash>("hash").only(record::kReply | record::kStored | record::kMade),
    record::computed<is_sent>("sent", record::Kind::flag),
    record::time<&Parcel::sent_at>("sent_at").hidden().ranks("sent"));
constexpr record::Table<Parcel> kParcels{kParcel};

std::string shown(const Parcel& parcel) {
  json::Writer out;
  kParcels.put(out, parcel);
  return out.text();
}

constexpr const char* kSupplier = "01890000-0000-7000-8000-000000000001";

record::Object filled(const std::string& body) {
  record::Object row{kGadget};
  record::fill(row, api::parse_json(body));
  return row;
}

std::string schema(std::string_view name) {
  for (const auto& one : record::schemas_of(kGadgets))
    if (one.name == name) return one.text;
  return "none";
}

void refuses(const std::string& body, const std::string& pointer) {
  try {
    filled(body);
  } catch (const ApiError& e) {
    require(e.code() == ErrorCode::validation_failed, body);
    return require_equal(e.fields().at(0).pointer, pointer);
  }
  require(false, "was taken: " + body);
}

}  // namespace

Test(record, statements_name_each_column_and_the_organization_first) {
  const auto& sql = kGadget.statements(kGadget);
  require_equal(std::string{sql.insert().name}, std::string{"odd_gadget.insert"});
  require_equal(
      std::string{sql.insert().text},
      std::string{"INSERT INTO odd_gadget (org_id, id, created_at, updated_at, label, unit, code, level, "
                  "is_loud, supplier_id, low_since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"});
  require_equal(std::string{sql.update().text},
                std::string{"UPDATE odd_gadget SET label = ?, unit = ?, code = ?, level = ?, is_loud = ?, "
                            "supplier_id = ?, low_since = ?, revision = revision + 1, updated_at = ? "
                            "WHERE org_id = ? AND id = ?"});
  require_equal(std::string{sql.find().text},
                std::string{"SELECT id, revision, created_at, updated_at, label, unit, code, level, is_loud, "
                            "supplier_id, quantity, low_since FROM odd_gadget WHERE org_id = ? AND id = ?"});
  require(sql.list().text.find("OR INSTR(LOWER(label)") != std::string_view::npos, "searched");
  require_equal(sql.searches(), 2U);
}

Test(record, its_statements_are_made_once) {
  require_equal(static_cast<const void*>(kGadget.statements(kGadget).find().text.data()),
                static_cast<const void*>(kGadget.statements(kGadget).find().text.data()));
}

Test(record, a_body_fills_its_fields_and_a_reply_shows_them) {
  const auto row = filled(R"({"label":"Horn","code":"AB","level":0,"is_loud":true,"supplier_id":")" +
                          std::string{kSupplier} + "\"}");
  json::Writer json;
  record::put(json, row);
  require_equal(json.text(),
                R"({"id":"00000000-0000-0000-0000-000000000000","label":"Horn","unit":"piece","code":"AB",)"
                R"("level":0,"is_loud":true,"supplier_id":")" +
                    std::string{kSupplier} + R"(","quantity":0,"created_at":0,"updated_at":0})");
}

Test(record, what_a_body_leaves_out_is_absent_or_what_the_field_says) {
  auto row = filled(R"({"label":"Horn","is_loud":false,"code":null})");
  const auto& gadget = row.as<Gadget>();
  require(!gadget.code && !gadget.level && !gadget.supplier, "absent");
  require_equal(gadget.unit, std::string{"piece"});
}

Test(record, a_member_that_is_required_or_is_no_id_is_refused) {
  refuses(R"({"is_loud":true})", "/label");
  refuses(R"({"label":"Horn","is_loud":true,"supplier_id":"x"})", "/supplier_id");
}

Test(record, a_member_that_no_request_may_hold_is_not_filled) {
  auto row = filled(R"({"label":"Horn","is_loud":true,"quantity":7,"low_since":7})");
  require_equal(row.as<Gadget>().quantity, 0);
  require(!row.as<Gadget>().low_since, "hidden");
}

Test(record, a_copy_changes_alone) {
  auto row = filled(R"({"label":"Horn","is_loud":true})");
  record::Object copy{kGadget, row.row()};
  copy.as<Gadget>().label = "Bell";
  require_equal(row.as<Gadget>().label, std::string{"Horn"});
}

Test(record, a_choice_is_shown_by_its_name_tags_as_a_list_and_bytes_in_hexadecimal_digits) {
  Parcel parcel;
  kParcels.fill(parcel, api::parse_json(R"({"mood":"calm","tags":[" B","a"]})"));
  parcel.hash = std::string{"\x00\xff", 2};
  parcel.sent_at = from_unix(7);
  require_equal(shown(parcel),
                R"({"id":"00000000-0000-0000-0000-000000000000","mood":"calm","tags":["a","b"],)"
                R"("hash":"00ff","sent":true,"created_at":0,"updated_at":0})");
  require_equal(kParcels.audit_values(parcel).text(), R"({"mood":"calm","tags":"a,b"})");
}

Test(record, a_choice_that_is_left_out_is_what_its_field_says_and_no_tags_are_none) {
  Parcel parcel;
  kParcels.fill(parcel, api::parse_json("{}"));
  require(parcel.mood == Mood::loud && parcel.tags.empty() && !parcel.hash, "left out");
}

Test(record, a_list_that_is_ranked_has_a_statement_of_its_own) {
  const auto& sql = kParcel.statements(kParcel);
  require_equal(
      std::string{sql.ranked().text},
      std::string{"SELECT id, revision, created_at, updated_at, mood, tags, hash, sent_at FROM parcel "
                  "WHERE org_id = ? AND sent_at >= ? AND (sent_at > ? OR id > ?) "
                  "ORDER BY sent_at, id LIMIT ?"});
  require_equal(std::string{sql.update().text},
                std::string{"UPDATE parcel SET mood = ?, tags = ?, sent_at = ?, revision = revision + 1, "
                            "updated_at = ? WHERE org_id = ? AND id = ?"});
}

Test(record, its_request_schema_is_closed_and_has_the_bounds_and_an_example) {
  require_equal(
      schema("odd_gadget"),
      std::string{
          R"({"title":"OddGadget","type":"object","additionalProperties":false,"properties":{)"
          R"("org_id":{"type":"string","minLength":36,"maxLength":36,"format":"uuid"},)"
          R"("label":{"type":"string","format":"name","minLength":1,"maxLength":20},)"
          R"("unit":{"type":"string","format":"name","minLength":1,"maxLength":9},)"
          R"("code":{"type":["string","null"],"pattern":"^[A-Z]+$","x-pattern-says":"must be capitals"},)"
          R"("level":{"type":["integer","null"],"minimum":0,"maximum":100,"description":"Low at it"},)"
          R"("is_loud":{"type":"boolean"},)"
          R"("supplier_id":{"type":["string","null"],"minLength":36,"maxLength":36,"format":"uuid"}},)"
          R"("required":["label","is_loud"],"examples":[{"label":"Horn","level":7}]})"});
}

Test(record, its_reply_schema_has_what_it_shows_and_its_page_refers_to_it) {
  const auto reply = schema("reply/odd_gadget");
  require(reply.find(R"("quantity":{"type":"integer","format":"int64","description":"Over all"})") !=
              std::string::npos,
          reply);
  require(reply.find("low_since") == std::string::npos && reply.find("org_id") == std::string::npos, reply);
  require(schema("reply/odd_gadgets").find(R"("$ref":"reply/odd_gadget")") != std::string::npos, "a page");
}

Test(record, its_five_rows_ask_for_its_rights_and_name_its_refusals) {
  const auto rows = record::routes_of(kGadgets, record::handlers_of<kGadgets>());
  require_equal(rows.size(), 5U);
  require_equal(std::string{rows[2].path}, std::string{"/gadgets/{odd_gadget_id}"});
  require(rows[1].permission == Permission::warehouses_create &&
              rows[4].permission == Permission::warehouses_delete,
          "rights");
  require_equal(std::string{rows[3].summary}, std::string{"Replace an odd gadget; If-Match takes its ETag"});
  for (const auto& row : rows) require(row.refuses.said(), std::string{row.path});
}
