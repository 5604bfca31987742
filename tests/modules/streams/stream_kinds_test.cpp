// Streams to syslog over TLS and to an S3-compatible store, and OCSF records.
#include <criterion/criterion.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "modules/streams/stream_fixture.hpp"
#include "support/certificates.hpp"
#include "support/script_server.hpp"

using namespace tenantd::test;
namespace fs = std::filesystem;

namespace {

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  require(!document.HasParseError(), text);
  return document;
}

class SyslogSink : public ScriptServer {
 public:
  explicit SyslogSink(const Certificates& certificates, const std::string& name = "server")
      : ScriptServer("syslog_sink.py", {certificates.path(name + ".pem"), certificates.path(name + ".key")}) {
  }

  void say(const std::string& script) const {
    if (script.empty())
      fs::remove(dir() + "/script");
    else
      write("script", script);
  }
  std::vector<std::string> messages() const {
    std::vector<std::string> all;
    std::ifstream file{dir() + "/messages"};
    for (std::string line; std::getline(file, line);) {
      const auto text = parsed('[' + line + ']');
      all.emplace_back(text[0].GetString(), text[0].GetStringLength());
    }
    return all;
  }
  // RFC 5424: "<PRI>1 TIME HOST APP PROCID MSGID - MESSAGE".
  Arrived arrived() const {
    Arrived found;
    for (const auto& message : messages()) {
      require(message.starts_with("<110>1 20"), message);
      std::size_t at = 0;
      for (int field = 0; field < 7; ++field) at = message.find(' ', at) + 1;
      found.add(parsed(message.substr(at)));
    }
    return found;
  }
};

std::string caught_up_with(const StreamStack& streams, const std::string& path) {
  wait_until(path + " has caught up",
             [&] { return streams.owner.client().get(path).number("/behind") == 0; });
  return path;
}

std::string syslog_body(const std::string& port, const std::string& more = "") {
  return StreamStack::body("tls://localhost:" + port, R"(,"kind":"syslog")" + more, R"(["audit"])");
}

class S3Store : public ScriptServer {
 public:
  S3Store() : ScriptServer("s3_stub.py", {}) {}

  std::string body(const std::string& more = "") const {
    return StreamStack::body(url() + "/papers/audit",
                             R"(,"kind":"s3","region":"eu-central-1","access_key_id":"AKIDEXAMPLE",)"
                             R"("secret_access_key":"s3cr3t/key","start":"oldest")" +
                                 more,
                             R"(["audit"])");
  }
  void say(const std::string& status) const {
    if (status.empty())
      fs::remove(dir() + "/script");
    else
      write("script", status);
  }
  // Object by object, in the order of their names.
  std::map<std::string, std::vector<std::string>> objects() const {
    std::map<std::string, std::vector<std::string>> found;
    for (const auto& one : fs::directory_iterator{dir() + "/objects"}) {
      std::ifstream file{one.path()};
      for (std::string line; std::getline(file, line);) found[one.path().filename()].push_back(line);
    }
    return found;
  }
};

// As if all of it had been long ago: hours that are over.
void age_rows(const std::string& org, std::int64_t seconds, const std::string& which = "") {
  database().run("UPDATE audit_log SET created_at = created_at - " + std::to_string(seconds) +
                 " WHERE org_id = " + binary(org) + which);
}

}  // namespace

Test(stream_kinds, syslog_gets_every_row_over_tls_in_its_order, .timeout = 240) {
  const Certificates certificates;
  const SyslogSink sink{certificates};
  StreamStack streams{{"OUTBOUND_CA_FILE=" + certificates.path("ca.pem")}};
  const auto first = chain_head(streams.owner.org_id) + 1;
  const auto path = streams.make(streams.owner, syslog_body(sink.port()));
  StreamStack::happen(streams.owner, 120);
  caught_up_with(streams, path);
  auto arrived = sink.arrived();
  require_all(arrived, streams.owner.org_id, first);
  require_equal(arrived.repeated, 0);
  require(sink.messages().back().find(" tenantd - warehouse.created - {") != std::string::npos,
          sink.messages().back());
  // A connection that breaks off acknowledges nothing.
  sink.say("cut");
  StreamStack::happen(streams.owner, 30);
  wait_until("it breaks off", [&] { return streams.owner.client().get(path).number("/failures") > 0; });
  require(streams.owner.client().get(path).number("/behind") > 0, "a cut connection was taken for a receipt");
  sink.say("");
  caught_up_with(streams, path);
  arrived = sink.arrived();
  require_all(arrived, streams.owner.org_id, first);
}

Test(stream_kinds, a_server_that_shows_no_good_certificate_gets_nothing, .timeout = 240) {
  const Certificates certificates;
  const SyslogSink unknown{certificates, "expired"};
  const SyslogSink good{certificates};
  StreamStack streams{{"OUTBOUND_CA_FILE=" + certificates.path("ca.pem")}};
  const auto expired = streams.make(streams.owner, syslog_body(unknown.port()));
  const auto other_name = streams.make(
      streams.owner,
      StreamStack::body("tls://127.0.0.1:" + good.port(), R"(,"kind":"syslog")", R"(["audit"])"));
  for (const auto& path : {expired, other_name})
    wait_until("it was refused", [&] { return streams.owner.client().get(path).number("/failures") > 0; });
  require(unknown.messages().empty() && good.messages().empty(), "something was sent");
}

Test(stream_kinds, a_syslog_server_that_hangs_delays_no_other_stream, .timeout = 240) {
  const Certificates certificates;
  const SyslogSink hanging{certificates};
  hanging.say("hang");
  Receiver receiver;
  StreamStack streams{
      {"OUTBOUND_CA_FILE=" + certificates.path("ca.pem"), "WEBHOOK_SECONDS=5", "WEBHOOK_CONNECTIONS=4"}};
  const auto stuck = streams.make(streams.owner, syslog_body(hanging.port()));
  const auto path = streams.make(receiver.url("/siem"));
  for (int i = 0; i < 5; ++i) {
    StreamStack::happen(streams.owner);
    caught_up_with(streams, path);
  }
  wait_until("it was given up", [&] { return streams.owner.client().get(stuck).number("/failures") > 0; });
  require(streams.owner.client().get(stuck).number("/behind") > 5, "a server that hangs acknowledged");
}

Test(stream_kinds, a_store_gets_an_object_of_each_hour_and_a_repetition_replaces_it, .timeout = 240) {
  const S3Store store;
  StreamStack streams;
  StreamStack::happen(streams.owner, 20);
  // Two hours that are over, and what is of this one.
  const auto middle = chain_head(streams.owner.org_id) - 10;
  age_rows(streams.owner.org_id, 7200);
  age_rows(streams.owner.org_id, 7200, " AND seq <= " + std::to_string(middle));
  const auto path = streams.make(streams.owner, store.body());
  wait_until("the hours that are over are there", [&] { return store.objects().size() == 2; });
  const auto objects = store.objects();
  Arrived arrived;
  for (const auto& [name, lines] : objects)
    for (const auto& line : lines) arrived.add(parsed(line));
  const auto& seqs = arrived.audit.at(streams.owner.org_id);
  require_equal(seqs.front(), 1);
  require_equal(seqs.back(), middle + 10);
  require(objects.begin()->first.ends_with('-' + std::string{"1-"} + std::to_string(middle) + ".jsonl"),
          objects.begin()->first);
  const auto stream = streams.owner.client().get(path);
  require_equal(stream.number("/position"), middle + 10);
  require_equal(stream.number("/behind"), 1, "what is of this hour waits for its end");
  // As if the courier had died behind the store's word and before its own.
  database().run("UPDATE stream_position SET seq = 0");
  database().run("UPDATE stream SET next_attempt_at = 0");
  wait_until("it came once more",
             [&] { return streams.owner.client().get(path).number("/position") == middle + 10; });
  require(store.objects() == objects, "another object holds the same rows");
}

Test(stream_kinds, a_store_that_is_away_gets_everything_afterwards, .timeout = 240) {
  const S3Store store;
  store.say("500");
  StreamStack streams;
  StreamStack::happen(streams.owner, 5);
  age_rows(streams.owner.org_id, 7200);
  const auto path = streams.make(streams.owner, store.body());
  wait_until("it is tried", [&] { return last_error(streams.owner, path) == "HTTP 500"; });
  require(store.objects().empty(), "it has something");
  store.say("");
  wait_until("it is there", [&] { return store.objects().size() == 1; });
  // Another key is refused by the store, and told.
  expect(streams.owner.client().put(path, R"({"secret_access_key":"wrong"})"), 200);
  age_rows(streams.owner.org_id, 7200, " AND action = 'stream.created'");
  wait_until("it is told", [&] { return last_error(streams.owner, path) == "HTTP 403"; });
}

Test(stream_kinds, ocsf_records_name_the_class_the_person_and_the_place, .timeout = 180) {
  Receiver receiver;
  StreamStack streams;
  const auto path =
      streams.make(streams.owner, StreamStack::body(receiver.url("/ocsf"), R"(,"format":"ocsf")"));
  const auto role = make_role(streams.owner, "checker", "[]");
  expect(streams.owner.client().del(path_of(role), ""), 204);
  caught_up_with(streams, path);
  std::vector<std::string> actions;
  std::set<std::string> ids;
  for (const auto& request : receiver.wait_for(1, "/ocsf"))
    for (const auto& item : request.json["items"].GetArray()) {
      require_equal(item["class_uid"].GetInt(), 3004);
      require_equal(item["category_uid"].GetInt(), 3);
      require_equal(item["type_uid"].GetInt(), 300400 + item["activity_id"].GetInt());
      require_equal(std::string{item["metadata"]["tenant_uid"].GetString()}, streams.owner.org_id);
      require_equal(std::string{item["actor"]["user"]["email_addr"].GetString()}, streams.owner.email);
      require(item["time"].GetInt64() > 1'000'000'000'000, "milliseconds");
      actions.push_back(item["metadata"]["event_code"].GetString() + std::string{" "} +
                        item["activity_name"].GetString());
      require(ids.insert(item["metadata"]["uid"].GetString()).second, "a change came twice");
    }
  require(actions ==
              std::vector<std::string>{"stream.created Create", "role.created Create", "role.deleted Delete"},
          "other records");
}
