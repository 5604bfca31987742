#include "report_sample.hpp"

namespace tenantd::mail {
namespace {

const std::vector<Row>& low_products() {
  static const std::vector<Row> rows{{{"name", "Hex bolt M8 \xC3\x97 40"},
                                      {"sku", "BOLT-M8-40"},
                                      {"quantity", "12"},
                                      {"unit", "box"},
                                      {"reorder_level", "20"},
                                      {"since", "2026-11-19 08:12 UTC"}},
                                     {{"name", "Shrink film, 500 mm"},
                                      {"sku", "FILM-500"},
                                      {"quantity", "0"},
                                      {"unit", "roll"},
                                      {"reorder_level", "4"},
                                      {"since", "2026-11-20 16:40 UTC"}}};
  return rows;
}

void add_week(Mail& mail) {
  auto& values = mail.values;
  values["from_day"] = "15 November 2026";
  values["to_day"] = "21 November 2026";
  values["time"] = "2026-11-22 00:00 UTC";
  values["movements"] = "68";
  values["#days"] = list_value(
      {{{"day", "Sun 15 Nov"}, {"moved", "0"}},
       {{"day", "Mon 16 Nov"}, {"moved", "14"}, {"percent", "58"}, {"marks", "############"}},
       {{"day", "Tue 17 Nov"}, {"moved", "9"}, {"percent", "38"}, {"marks", "########"}},
       {{"day", "Wed 18 Nov"}, {"moved", "24"}, {"percent", "100"}, {"marks", "####################"}},
       {{"day", "Thu 19 Nov"}, {"moved", "12"}, {"percent", "50"}, {"marks", "##########"}},
       {{"day", "Fri 20 Nov"}, {"moved", "8"}, {"percent", "33"}, {"marks", "#######"}},
       {{"day", "Sat 21 Nov"}, {"moved", "1"}, {"percent", "4"}, {"marks", "#"}}});
  values["has_products"] = values["sees_stock"] = values["has_low"] = values["has_requests"] = "1";
  values["#products"] = list_value(
      {{{"name", "Hex bolt M8 \xC3\x97 40"}, {"sku", "BOLT-M8-40"}, {"in", "200"}, {"out", "188"}},
       {{"name", "Pallet, Europe, heat-treated"}, {"sku", "PAL-EU-HT"}, {"in", "0"}, {"out", "64"}}});
  values["#requests"] =
      list_value({{{"status", "Drafted"}, {"became", "4"}, {"stand", "2"}},
                  {{"status", "Submitted, waiting for a decision"}, {"became", "3"}, {"stand", "1"}},
                  {{"status", "Approved, not received yet"}, {"became", "2"}, {"stand", "5"}},
                  {{"status", "Rejected"}, {"became", "1"}, {"stand", "8"}},
                  {{"status", "Received"}, {"became", "2"}, {"stand", "31"}}});
  values["joined"] = "3";
  values["has_roles"] = "1";
  values["#roles"] = list_value(
      {{{"role_name", "member"}, {"role_joined", "2"}}, {{"role_name", "viewer"}, {"role_joined", "1"}}});
}

}  // namespace

void add_report_sample(Mail& mail) {
  if (mail.kind != Template::weekly_report && mail.kind != Template::low_stock) return;
  mail.values["low_count"] = "2";
  mail.values["#low"] = list_value(low_products());
  if (mail.kind == Template::weekly_report) add_week(mail);
}

}  // namespace tenantd::mail
