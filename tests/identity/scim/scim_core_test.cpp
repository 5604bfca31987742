// What SCIM's filters, paths and changes mean, without a service around them.
#include <criterion/criterion.h>

#include <random>

#include "identity/scim/patch.hpp"
#include "support/check.hpp"

using namespace tenantd;
using namespace tenantd::scim;
using tenantd::test::require;
using tenantd::test::require_equal;

namespace {

json::Document doc(std::string_view text) {
  auto read = json::read(text);
  require(read.has_value(), std::string{"no JSON: "} + std::string{text});
  return *std::move(read);
}

const char* const kAnn = R"({"id":"7","userName":"Ann@Example.com","externalId":"E1","active":true,
  "name":{"familyName":"Lee","givenName":"Ann"},"title":"",
  "emails":[{"value":"ann@example.com","type":"work","primary":true},{"value":"a@home.example","type":"home"}],
  "meta":{"created":"2026-01-02T03:04:05Z"},
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Tour","manager":{"value":"9"}}})";

bool finds(std::string_view filter) { return fits(*read_filter(filter, kUser), doc(kAnn), kUser); }

std::string refused_filter(std::string_view filter) {
  try {
    read_filter(filter, kUser);
    return "";
  } catch (const Refusal& refusal) {
    return std::string{refusal.type()};
  }
}

// The resource after a PATCH, or the keyword of its refusal.
std::string patched(std::string_view resource, std::string_view operations,
                    const ResourceType& type = kUser) {
  auto before = doc(resource);
  const auto body = doc(R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":)" +
                        std::string{operations} + "}");
  try {
    apply_patch(before, read_patch(body, type), type);
    return json::compact(before);
  } catch (const Refusal& refusal) {
    return std::string{refusal.type()};
  }
}

std::string told(std::string_view attributes, std::string_view excluded) {
  auto resource = doc(kAnn);
  Projection{attributes, excluded, kUser}.apply(resource);
  return json::compact(resource);
}

}  // namespace

Test(scim_core, a_filter_compares_as_its_attribute_does) {
  for (const auto* filter :
       {R"(userName eq "ann@example.com")",
        R"(USERNAME Eq "ANN@example.com")",
        R"(externalId eq "E1")",
        R"(userName ne "bob")",
        R"(name.familyName co "e")",
        R"(name.givenName sw "a")",
        R"(userName ew ".COM")",
        R"(active eq true)",
        R"(active eq "True")",
        R"(emails pr)",
        R"(not (title pr))",
        R"(title eq null)",
        R"(nickName ne "x")",
        R"(emails eq "a@home.example")",
        R"(emails.value eq "ANN@example.com")",
        R"(emails.type eq "home" and active eq true)",
        R"(emails[type eq "work" and value co "@example.com"])",
        R"(not (userName eq "bob") and active eq true)",
        R"(userName eq "bob" or userName eq "x" and active eq false or id eq "7")",
        R"(meta.created gt "2026-01-01T00:00:00Z")",
        R"(meta.created le "2026-01-02T03:04:05Z")",
        R"(urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ann")",
        R"(urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "tour")",
        R"(urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "9")",
        R"((userName eq "bob" or (active eq true)))",
        R"(userName eq "ann\u0040example.com")"})
    require(finds(filter), filter);
  for (const auto* filter :
       {R"(userName eq "bob")", R"(externalId eq "e1")", R"(active eq false)", R"(active eq "False")",
        R"(title pr)", R"(userName eq "x" and id eq "7" or active eq false)",
        R"(emails[type eq "work" and value co "home"])", R"(not (active eq true))",
        R"(userName ne "ANN@example.com")", R"(userName eq null)", R"(userName eq 7)",
        R"(emails ne "ann@example.com")", R"(meta.created lt "2026-01-02T03:04:05Z")", R"(nickName gt "")"})
    require(!finds(filter), filter);
}

Test(scim_core, what_is_no_filter_is_refused_as_one) {
  for (const auto* filter : {"",
                             " ",
                             "userName",
                             "userName eq",
                             "userName eq ",
                             "userName eq bob",
                             R"(userName eq "bob)",
                             R"(userName is "bob")",
                             R"(nobody eq "x")",
                             R"(name.nothing eq "x")",
                             R"((userName eq "x")",
                             R"(userName eq "x"))",
                             R"(userName eq "x" and)",
                             R"(and userName eq "x")",
                             R"(emails[type eq "work")",
                             R"(emails[emails[type pr]])",
                             R"(emails[nothing eq "x"])",
                             R"(userName[value eq "x"])",
                             R"(active gt true)",
                             R"(userName gt true)",
                             R"(userName co 7)",
                             R"(password eq "x")",
                             R"(urn:example:User:userName eq "x")",
                             R"(userName eq "\q")",
                             R"(userName eq "x" userName)",
                             R"(not userName eq "x")",
                             R"(userName eq 1e999)",
                             "userName\teq\t\"x\""})
    require_equal(refused_filter(filter), "invalidFilter");
  require_equal(refused_filter(std::string(17, '(') + "id pr" + std::string(17, ')')), "invalidFilter");
  require_equal(refused_filter(std::string(16, '(') + "id pr" + std::string(16, ')')), "");
  std::string many = "id pr";
  for (int i = 1; i < 64; ++i) many += " or id pr";
  require_equal(refused_filter(many), "");
  require_equal(refused_filter(many + " or id pr"), "invalidFilter");
  require_equal(refused_filter(R"(userName eq ")" + std::string(4096, 'x') + '"'), "invalidFilter");
}

Test(scim_core, a_filter_of_random_bytes_is_read_or_refused) {
  std::mt19937 random{7};  // NOLINT
  const std::vector<std::string> words{"userName", "emails", "[",    "]",   "(",     ")",    " and ",
                                       " or ",     "not ",   " eq ", " pr", "\"x\"", "true", "7",
                                       ".",        ":",      "urn:", "\\",  "\"",    " ",    "\xC3"};
  for (int i = 0; i < 20'000; ++i) {
    std::string filter;
    for (std::size_t n = random() % 12; n > 0; --n) filter += words[random() % words.size()];
    try {
      fits(*read_filter(filter, kUser), doc(kAnn), kUser);
    } catch (const Refusal&) {
    }
  }
}

Test(scim_core, an_operation_in_any_case_changes_what_its_path_leads_to) {
  require_equal(patched("{}", R"([{"op":"Add","path":"TITLE","value":"Boss"}])"), R"({"title":"Boss"})");
  require_equal(patched(R"({"title":"a"})", R"([{"OP":"Replace","path":"title","value":"b"}])"),
                R"({"title":"b"})");
  require_equal(patched(R"({"title":"a"})", R"([{"op":"REMOVE","path":"title"}])"), "{}");
  require_equal(patched("{}", R"([{"op":"add","path":"name.familyName","value":"Lee"}])"),
                R"({"name":{"familyName":"Lee"}})");
  require_equal(patched(R"({"name":{"familyName":"Lee","givenName":"Ann"}})",
                        R"([{"op":"replace","path":"name","value":{"familyName":"Ray"}}])"),
                R"({"name":{"familyName":"Ray","givenName":"Ann"}})");
  require_equal(patched(R"({"name":{"familyName":"Lee"}})", R"([{"op":"remove","path":"name.familyName"}])"),
                "{}");
  require_equal(
      patched(
          "{}",
          R"([{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"x"}])"),
      R"({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"x"}})");
  require_equal(patched("{}", R"([{"op":"replace","path":"active","value":"False"}])"),
                R"({"active":false})");
  require_equal(patched("{}", R"([{"op":"replace","path":"active","value":"maybe"}])"), "invalidValue");
  // Entra sends the manager as a text.
  require_equal(
      patched(
          "{}",
          R"([{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"9"}])"),
      R"({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"9"}}})");
}

Test(scim_core, an_operation_without_a_path_writes_what_can_be_written) {
  require_equal(patched(R"({"title":"a"})",
                        R"([{"op":"replace","value":{"id":"8","Title":"b","active":"True","shoeSize":44,
                             "name.givenName":"Ann","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"x"}}])"),
                R"({"title":"b","active":true,"name":{"givenName":"Ann"},)"
                R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"x"}})");
  require_equal(
      patched(
          "{}",
          R"([{"op":"add","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"Division":"y"}}}])"),
      R"({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"division":"y"}})");
  require_equal(patched("{}", R"([{"op":"add","value":"x"}])"), "invalidSyntax");
  require_equal(patched("{}", R"([{"op":"remove"}])"), "noTarget");
}

Test(scim_core, elements_are_found_by_the_filter_of_the_path) {
  const auto* const emails = R"({"emails":[{"value":"a@x","type":"work"},{"value":"b@x","type":"home"}]})";
  require_equal(
      patched(emails, R"([{"op":"Replace","path":"emails[type eq \"work\"].value","value":"c@x"}])"),
      R"({"emails":[{"value":"c@x","type":"work"},{"value":"b@x","type":"home"}]})");
  require_equal(patched(emails, R"([{"op":"remove","path":"emails[type eq \"WORK\"]"}])"),
                R"({"emails":[{"value":"b@x","type":"home"}]})");
  require_equal(patched(emails, R"([{"op":"remove","path":"emails[type pr]"}])"), "{}");
  require_equal(patched(emails, R"([{"op":"remove","path":"emails[type eq \"other\"]"}])"),
                R"({"emails":[{"value":"a@x","type":"work"},{"value":"b@x","type":"home"}]})");
  require_equal(
      patched(emails, R"([{"op":"replace","path":"emails[type eq \"other\"].value","value":"c@x"}])"),
      "noTarget");
  // The list, or the element, is not there yet (Entra).
  require_equal(patched("{}", R"([{"op":"Add","path":"emails[type eq \"work\"].value","value":"c@x"}])"),
                R"({"emails":[{"type":"work","value":"c@x"}]})");
  require_equal(patched("{}", R"([{"op":"add","path":"emails","value":{"value":"c@x"}}])"),
                R"({"emails":[{"value":"c@x"}]})");
  require_equal(
      patched(emails,
              R"([{"op":"add","path":"emails","value":[{"value":"c@x"},{"value":"a@x","type":"work"}]}])"),
      R"({"emails":[{"value":"a@x","type":"work"},{"value":"b@x","type":"home"},{"value":"c@x"}]})");
  require_equal(patched(R"({"emails":[{"value":"a@x","primary":true}]})",
                        R"([{"op":"add","path":"emails","value":[{"value":"b@x","primary":true}]}])"),
                R"({"emails":[{"value":"a@x","primary":false},{"value":"b@x","primary":true}]})");
  require_equal(patched(emails, R"([{"op":"replace","path":"emails","value":[]}])"), "{}");
}

Test(scim_core, members_go_by_a_filter_or_by_a_list) {
  const auto* const group = R"({"displayName":"g","members":[{"value":"1"},{"value":"2"},{"value":"3"}]})";
  require_equal(patched(group, R"([{"op":"Remove","path":"members[value eq \"2\"]"}])", kGroup),
                R"({"displayName":"g","members":[{"value":"1"},{"value":"3"}]})");
  require_equal(
      patched(group, R"([{"op":"Remove","path":"members","value":[{"value":"1"},{"value":"3"}]}])", kGroup),
      R"({"displayName":"g","members":[{"value":"2"}]})");
  require_equal(patched(group, R"([{"op":"remove","path":"members"}])", kGroup), R"({"displayName":"g"})");
  require_equal(patched(group, R"([{"op":"remove","path":"displayName"}])", kGroup), "mutability");
}

Test(scim_core, what_cannot_be_changed_is_refused_by_its_keyword) {
  require_equal(patched("{}", R"([{"op":"replace","path":"id","value":"x"}])"), "mutability");
  require_equal(patched("{}", R"([{"op":"replace","path":"groups","value":[]}])"), "mutability");
  require_equal(patched(R"({"userName":"a"})", R"([{"op":"remove","path":"userName"}])"), "mutability");
  require_equal(patched("{}", R"([{"op":"replace","path":"shoeSize","value":44}])"), "invalidPath");
  require_equal(patched("{}", R"([{"op":"replace","path":"emails[","value":44}])"), "invalidFilter");
  require_equal(patched("{}", R"([{"op":"replace","path":7,"value":44}])"), "invalidPath");
  require_equal(patched("{}", R"([{"op":"move","path":"title","value":"x"}])"), "invalidSyntax");
  require_equal(patched("{}", "[]"), "invalidSyntax");
  require_equal(patched("{}", R"([{"op":"replace","path":"title","value":["x"]}])"), "invalidValue");
  require_equal(patched("{}", R"([{"op":"replace","path":"name","value":"x"}])"), "invalidValue");
  // It is taken, and nothing is done with it.
  require_equal(patched("{}", R"([{"op":"replace","path":"password","value":"x"}])"), "{}");
}

Test(scim_core, a_resource_is_kept_in_the_schemas_spelling_without_what_is_unknown) {
  const auto read = read_resource(
      doc(R"({"schemas":["x"],"id":"8","USERNAME":"a","externalID":"e","meta":{},"Active":"FALSE",
      "password":"p","shoeSize":44,"name":{"FAMILYNAME":"Lee","x":1},"emails":[{"Value":"a@x","primary":"True"},null],
      "roles":[],"URN:ietf:params:scim:schemas:extension:enterprise:2.0:user":{"Department":"x"}})"),
      kUser);
  require_equal(json::compact(read),
                R"({"externalId":"e","userName":"a","active":false,"name":{"familyName":"Lee"},)"
                R"("emails":[{"value":"a@x","primary":true}],)"
                R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"x"}})");
}

Test(scim_core, as_much_of_a_resource_is_told_as_was_asked_for) {
  require_equal(told("userName", ""), R"({"id":"7","userName":"Ann@Example.com"})");
  require_equal(told("NAME.familyName, emails.type", ""),
                R"({"id":"7","name":{"familyName":"Lee"},"emails":[{"type":"work"},{"type":"home"}]})");
  require_equal(told("nothing", ""), R"({"id":"7"})");
  require_equal(told("",
                     "emails,id,meta,name.givenName,active,externalId,title,urn:ietf:params:scim:schemas:"
                     "extension:enterprise:2.0:User"),
                R"({"id":"7","userName":"Ann@Example.com","name":{"familyName":"Lee"}})");
  require(!Projection("", "members", kGroup).tells("members"), "members are excluded");
  require(Projection("members.value", "", kGroup).tells("members"), "a part of members is asked for");
  require(!Projection("displayName", "", kGroup).tells("members"), "something else is asked for");
}

Test(scim_core, a_part_of_a_text_is_found_where_a_plain_search_finds_it) {
  std::mt19937 random{20261129};
  const auto text = [&](std::size_t most) {
    std::string made(random() % (most + 1), ' ');
    for (auto& each : made) each = "abAB"[random() % 4];
    return made;
  };
  const auto lower = [](std::string of) {
    for (auto& each : of) each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
    return of;
  };
  for (int i = 0; i < 20'000; ++i) {
    const auto value = text(24), wanted = text(6);
    const auto resource = doc(R"({"title":")" + value + R"(","externalId":")" + value + "\"}");
    for (const auto* op : {"co", "sw", "ew"}) {
      const auto holds = [&](const std::string& in, const std::string& what) {
        if (in.empty()) return what.empty();
        return *op == 'c'   ? in.find(what) != std::string::npos
               : *op == 's' ? in.starts_with(what)
                            : in.ends_with(what);
      };
      const auto asks = [&](const char* name) {
        return fits(*read_filter(std::string{name} + ' ' + op + " \"" + wanted + '"', kUser), resource,
                    kUser);
      };
      require_equal(asks("title"), holds(lower(value), lower(wanted)), value + ' ' + op + ' ' + wanted);
      require_equal(asks("externalId"), holds(value, wanted), value + ' ' + op + ' ' + wanted);
    }
  }
}
