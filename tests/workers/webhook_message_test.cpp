// What a receiver gets, and whose turn it is.
#include "workers/webhook_message.hpp"

#include <criterion/criterion.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "support/check.hpp"
#include "support/processes.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/domain/event_types.hpp"
#include "tenantd/domain/resources.hpp"
#include "tenantd/domain/webhook.hpp"
#include "workers/receiver_turns.hpp"

using namespace tenantd;
using service::WebhookTurns;
using store::WebhookKey;
using test::require;
using test::require_equal;

namespace {

std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

WebhookKey webhook(std::uint8_t number) { return {OrgId{{number}}, WebhookId{{number}}}; }

// The types in the calls of record() and in those of the procedure, with the file that holds them.
std::map<std::string, std::string> recorded_types() {
  static const std::regex call{R"((?:[^_]|::)record(?:_by_itself)?\([^;]*?\{([^;]*?)\"([a-z_]+)\",)"};
  // One that is built before it is told. Changes of accounts are no events.
  static const std::regex built{R"re([^t]Change \w+\{"((?:identity|member|sso|user|stock)\.[a-z_]+)")re"};
  // By a function that tells of several of one kind.
  static const std::regex helper{
      R"re((?:tell|tell_stream|join|record_provider)\([^;]*?"((?:identity_provider|member|oauth_client|stream|user)\.[a-z_]+)")re"};
  static const std::regex step{R"re(return "(purchase_request\.[a-z_]+)";)re"};
  static const std::regex literal{R"re("([a-z_]+\.[a-z_]+)")re"};
  static const std::regex procedure{R"(append_event\([^"]*'([a-z_]+\.[a-z_]+)')"};
  std::map<std::string, std::string> found;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator{test::setting("TENANTD_TOP") + "/src"}) {
    if (entry.path().extension() != ".cpp") continue;
    const auto text = contents_of(entry.path());
    const auto name = entry.path().filename().string();
    for (std::sregex_iterator at{text.begin(), text.end(), call}, end; at != end; ++at) {
      const std::string types = (*at)[1];
      for (std::sregex_iterator type{types.begin(), types.end(), literal}; type != end; ++type)
        found[(*type)[1]] = name;
    }
    for (const auto* told : {&procedure, &built, &helper, &step})
      for (std::sregex_iterator at{text.begin(), text.end(), *told}, end; at != end; ++at)
        found[(*at)[1]] = name;
  }
  for (const auto name : resource_names())
    for (const char* what : {".created", ".updated", ".deleted"})
      found[std::string{name} + what] = "record/changes.cpp";
  return found;
}

// The guide tells of these by a rule.
bool is_described(std::string_view type) {
  const auto names = resource_names();
  return std::find(names.begin(), names.end(), type.substr(0, type.find('.'))) != names.end();
}

}  // namespace

Test(webhook_message, is_signed_as_the_standard_says) {
  const auto event = *EventId::parse("0192f7a0-0000-7000-8000-000000000001");
  const auto signature =
      service::webhook_signature({Secret{"key"}, Secret{"other"}}, event, from_unix(1614265330), "{}");
  // printf '%s' '0192f7a0-0000-7000-8000-000000000001.1614265330.{}' | openssl dgst -sha256 -hmac key -binary
  // | base64
  require_equal(signature,
                "v1,sXh4SdHIUwoK5yU1QTPMy+Z+YBQ+olK/bU3zseZt5uA= "
                "v1,TxXeS2jmbfbx8GfBbWdVfOTe/fFsQerpXbyHU3mJhUE=");
}

Test(webhook_message, says_the_same_at_each_attempt_and_null_for_what_is_not_known) {
  store::Dispatch dispatch;
  dispatch.seq = 7;
  dispatch.type = "member.removed";
  dispatch.data = R"({"a":[1]})";
  dispatch.created_at = from_unix(1800000000);
  const auto id = EventId{{9}};
  const auto body = service::webhook_body(OrgId{{1}}, id, dispatch);
  rapidjson::Document json;
  require(!json.Parse(body).HasParseError(), body);
  require_equal(json.MemberCount(), 8U);
  require_equal(std::string{json["id"].GetString()}, id.str());
  require_equal(json["seq"].GetInt(), 7);
  require(json["actor_id"].IsNull() && json["subject_id"].IsNull(), body);
  require_equal(json["data"]["a"][0].GetInt(), 1);
  require_equal(body, service::webhook_body(OrgId{{1}}, id, dispatch));
}

Test(webhook_message, a_secret_of_another_webhook_does_not_sign) {
  const Secret key{std::string(32, 'k')};
  store::DeliveryClaim claim{webhook(1), EventId{{9}}, 0, {}, {}};
  store::Dispatch dispatch;
  dispatch.url = "https://hooks.example.com/";
  dispatch.data = "{}";
  dispatch.secret_sealed = crypto::seal(key, "bytes", store::webhook_secret_context(webhook(1).id));
  const auto request = service::webhook_request(key, claim, dispatch, from_unix(5));
  require_equal(request.method, "POST");
  claim.webhook = webhook(2);
  try {
    service::webhook_request(key, claim, dispatch, from_unix(5));
    require(false, "opened");
  } catch (const test::Failure&) {
    throw;
  } catch (const std::runtime_error&) {
  }
}

Test(webhook_turns, come_one_after_the_other_and_each_webhook_waits_once) {
  WebhookTurns turns{16};
  turns.add(webhook(1));
  turns.add(webhook(2));
  turns.add(webhook(1));
  require_equal(turns.waiting(), 2U);
  require(turns.next() == webhook(1) && turns.next() == webhook(2) && !turns.next(), "the row");
}

Test(webhook_turns, a_webhook_has_two_under_way_and_one_while_it_fails) {
  WebhookTurns turns{16};
  require_equal(turns.share(webhook(1)), 2);
  turns.begun(webhook(1));
  require_equal(turns.share(webhook(1)), 1);
  turns.begun(webhook(1));
  require_equal(turns.share(webhook(1)), 0);
  turns.ended(webhook(1), true);
  require_equal(turns.share(webhook(1)), 0, "one of before is under way");
  turns.ended(webhook(1), true);
  require_equal(turns.share(webhook(1)), 1);
  turns.begun(webhook(1));
  require_equal(turns.share(webhook(1)), 0);
  turns.ended(webhook(1), false);
  require_equal(turns.share(webhook(1)), 2);
}

Test(webhook_turns, those_that_fail_share_half_of_the_connections) {
  WebhookTurns turns{4};
  for (std::uint8_t i = 1; i <= 3; ++i) {
    turns.begun(webhook(i));
    turns.ended(webhook(i), true);
  }
  turns.begun(webhook(1));
  turns.begun(webhook(2));
  require_equal(turns.share(webhook(3)), 0);
  require_equal(turns.share(webhook(4)), 2, "one that does not fail");
  turns.ended(webhook(1), true);
  require_equal(turns.share(webhook(3)), 1);
}

Test(webhook_states, are_words_and_numbers) {
  require_equal(std::string{webhook_status_name(WebhookStatus::paused)}, std::string{"paused"});
  require(parse_delivery_status("dead") == DeliveryStatus::dead, "a word");
  require(parse_delivery_status("1") == DeliveryStatus::delivered, "a number");
  require(!parse_delivery_status("3") && !parse_delivery_status("paused"), "neither");
}

// Else nobody could ask for it, or know of it.
Test(event_types, every_type_that_is_recorded_stands_in_the_table_and_in_the_guide) {
  const auto recorded = recorded_types();
  require(recorded.size() >= 20, "only " + std::to_string(recorded.size()) + " were found");
  for (const auto& [type, file] : recorded)
    require(is_event_type(type), type + " (" + file + ") is missing in src/domain/event_types.cpp");
  const auto guide = contents_of(test::setting("TENANTD_TOP") + "/src/modules/webhooks/README.md");
  for (const auto& type : event_types()) {
    require(recorded.contains(std::string{type.name}), std::string{type.name} + " is recorded nowhere");
    require(is_described(type.name) || guide.find('`' + std::string{type.name} + '`') != std::string::npos,
            "the webhooks guide does not list " + std::string{type.name});
  }
  require(!is_event_type("member.*") && !is_event_type("") && !is_event_type("*"), "no types");
}
