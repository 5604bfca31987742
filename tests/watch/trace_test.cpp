// Places in a trace as others say them (W3C Trace Context, level 1), and which traces are recorded.
#include <criterion/criterion.h>

#include <rapidjson/document.h>

#include <set>
#include <stdexcept>

#include "support/check.hpp"
#include "tenantd/base/trace.hpp"
#include "tenantd/watch/handover.hpp"
#include "tenantd/watch/report.hpp"
#include "tenantd/watch/span.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kSpan = "00f067aa0ba902b7";

bool is_read(const std::string& text) { return trace::parse_traceparent(text).has_value(); }

}  // namespace

Test(trace, a_traceparent_is_read_and_written_back) {
  const auto place = trace::parse_traceparent("00-" + kTrace + '-' + kSpan + "-01").value();
  require_equal(place.trace_hex(), kTrace);
  require_equal(place.span_hex(), kSpan);
  require(place.sampled, "sampled");
  require_equal(trace::traceparent(place), "00-" + kTrace + '-' + kSpan + "-01");
  require(!trace::parse_traceparent("00-" + kTrace + '-' + kSpan + "-00")->sampled, "not sampled");
  require(trace::parse_traceparent("00-" + kTrace + '-' + kSpan + "-ff")->sampled, "other flags are ignored");
}

Test(trace, a_traceparent_that_is_none_is_ignored) {
  const auto tail = '-' + kSpan + "-01";
  for (const auto& text :
       {std::string{}, std::string{"00"}, "00-" + kTrace + '-' + kSpan, "00-" + kTrace + tail + '-',
        "00-" + kTrace + tail + "-extra", "ff-" + kTrace + tail, "0-" + kTrace + tail, "0g-" + kTrace + tail,
        "00-4BF92F3577B34DA6A3CE929D0E0E4736" + tail, "00-" + std::string(32, '0') + tail,
        "00-" + kTrace + "-0000000000000000-01", "00-" + kTrace + '-' + kSpan + "-0g", "00_" + kTrace + tail,
        " 00-" + kTrace + tail, "00-" + kTrace + tail + ' ', "00-" + kTrace.substr(1) + 'z' + tail,
        "00-" + kTrace + '-' + kSpan + "-1", "00-" + kTrace + "-" + kSpan + "\n01"})
    require(!is_read(text), text);
}

Test(trace, of_a_later_version_is_read_what_the_first_has) {
  require(is_read("01-" + kTrace + '-' + kSpan + "-01"), "the same length");
  require(is_read("cc-" + kTrace + '-' + kSpan + "-01-what-the-future-holds"), "a longer one");
  require(!is_read("cc-" + kTrace + '-' + kSpan + "-01.what-the-future-holds"), "without a dash");
}

Test(trace, a_tracestate_goes_on_if_it_is_short_and_plain) {
  require(trace::is_tracestate("congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"), "plain");
  require(!trace::is_tracestate(""), "none");
  require(!trace::is_tracestate(std::string(513, 'a')), "too long");
  require(!trace::is_tracestate("a=b\r\nX-Injected: 1"), "two headers");
}

Test(trace, ids_are_never_zeros_and_never_the_same_twice) {
  std::set<trace::TraceId> seen;
  for (int i = 0; i < 10'000; ++i) {
    const auto id = trace::new_trace_id();
    require(id != trace::TraceId{} && seen.insert(id).second, "an id came twice");
    require(trace::new_span_id() != trace::SpanId{}, "zeros");
  }
}

Test(trace, a_ratio_picks_its_part_and_the_same_ones_everywhere) {
  const trace::Sampler none{0, false}, all{1, false}, tenth{0.1, false}, parents{0, true};
  int picked = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto id = trace::new_trace_id();
    require(!none.picks(id, std::nullopt) && all.picks(id, std::nullopt), "0 and 1");
    require_equal(tenth.picks(id, std::nullopt), tenth.picks(id, std::nullopt));
    picked += tenth.picks(id, std::nullopt) ? 1 : 0;
  }
  require(picked > 800 && picked < 1200, "a tenth was " + std::to_string(picked) + " of 10,000");
  const auto asked = trace::parse_traceparent("00-" + kTrace + '-' + kSpan + "-01");
  require(parents.picks(asked->trace, asked), "the parent's word counts");
  require(!none.picks(asked->trace, asked), "a stranger's word does not");
}

Test(trace, work_keeps_a_bounded_number_of_statements_and_counts_all) {
  trace::Work work{{}};
  require(trace::current() == &work, "the thread's");
  for (int i = 0; i < 100; ++i) work.add({"product.find", i, i == 90 ? 500 : 1, false, false});
  require_equal(work.statements(), 100);
  require_equal(work.statement_us(), 599);
  require_equal(work.size(), trace::Work::kKept);
  require_equal(work.slowest().took_us, 500);
  {
    const trace::Work inner{{}};
    require(trace::current() == &inner, "the inner one");
  }
  require(trace::current() == &work, "the outer one again");
}

Test(trace, spans_are_otlp_and_what_does_not_fit_is_counted) {
  watch::SpanList list;
  watch::Span span{trace::new_trace_id(), trace::new_span_id(), {}, "a \"name\""};
  span.attributes = {{"text", "x\ny"}, {"number", std::int64_t{42}}};
  span.began_us = 5;
  span.failed = true;
  list.add(span);
  rapidjson::Document json;
  json.Parse("[" + list.text() + "]");
  require(!json.HasParseError() && json.Size() == 1, list.text());
  require(!json[0].HasMember("parentSpanId"), "a root has no parent");
  require_equal(std::string{json[0]["startTimeUnixNano"].GetString()}, "5000");
  require_equal(std::string{json[0]["attributes"][1]["value"]["intValue"].GetString()}, "42");
  require_equal(json[0]["status"]["code"].GetInt(), 2);
  for (int i = 0; i < 1000; ++i) list.add(span);
  require(list.text().size() <= watch::Handover::kMostBytes && list.left_out() > 0, "a datagram's length");
  require_equal(list.count() + list.left_out(), 1001U);
}

Test(trace, a_message_that_is_none_is_refused) {
  watch::Message message;
  require(watch::parse_message("S 2 3 4\n{}", message) && message.count == 2 && message.spans_dropped == 3 &&
              message.reports_dropped == 4 && message.text == "{}",
          "a whole one");
  for (const char* text : {"", "S 2 3\n", "S 2 3 4", "X 1 2 3\n", "\n", "S a b c\n"})
    require(!watch::parse_message(text, message), text);
}

Test(trace, a_dsn_is_taken_apart) {
  const auto dsn = watch::parse_dsn("https://abc123@o1.ingest.example.com/42");
  require_equal(dsn.envelopes, "https://o1.ingest.example.com/api/42/envelope/");
  require_equal(dsn.key, "abc123");
  require_equal(watch::parse_dsn("http://k:old@127.0.0.1:9000/below/7").envelopes,
                "http://127.0.0.1:9000/below/api/7/envelope/");
  for (const char* text :
       {"", "https://example.com/1", "https://key@/1", "ftp://key@example.com/1", "key@example.com/1",
        "https://key@example.com/", "https://key@example.com/1\r\nX: y"}) {
    bool refused = false;
    try {
      static_cast<void>(watch::parse_dsn(text));
    } catch (const ConfigError&) {
      refused = true;
    }
    require(refused, text);
  }
}

Test(trace, of_an_exception_only_the_statement_is_told) {
  const auto of = [](const std::string& what) { return watch::failure_of(std::runtime_error(what)); };
  require_equal(of("product.find: 1305 PROCEDURE x of ann@example.com").value, "product.find: 1305");
  require_equal(of("ann@example.com: 1305 y").value, "");
  require_equal(of("no column ann").value, "");
  require_equal(of("x").type, "std::runtime_error");
}
