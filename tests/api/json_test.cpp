#include <criterion/criterion.h>

#include <string>
#include <vector>

#include "support/check.hpp"
#include "tenantd/api/json.hpp"
#include "tenantd/domain/error.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

// The refusal's public text, or "" if the text is taken. Any other error passes through.
std::string refusal_of(const std::string& text) {
  try {
    api::parse_json(text);
  } catch (const ApiError& e) {
    require(e.code() == ErrorCode::malformed_json, e.what());
    require(!e.public_text().empty(), "a reason");
    return e.public_text();
  }
  return {};
}

void expect_refused(const std::vector<std::string>& texts) {
  for (const auto& text : texts) cr_expect(!refusal_of(text).empty(), "taken: %s", text.c_str());
}

void expect_taken(const std::vector<std::string>& texts) {
  for (const auto& text : texts)
    cr_expect(refusal_of(text).empty(), "%s: %s", text.c_str(), refusal_of(text).c_str());
}

std::string nested(int depth, const std::string& open, const std::string& close) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += open;
  text += "1";
  for (int i = 0; i < depth; ++i) text += close;
  return text;
}

}  // namespace

Test(json, well_formed_texts_are_taken) {
  expect_taken({"{}", "[]", "1", "-0.5e-3", "\"\"", "null", "true", " \t\r\n{ } \n",
                R"({"a":{"a":[{"a":1},{"a":2}]}})", R"("\u0041\n\\\"\/")", R"("\ud83d\ude00")",
                "\"\U0001F600\"", "9223372036854775807", "18446744073709551616", R"({"":1})",
                R"({"a":1,"A":2})"});
}

Test(json, an_empty_or_blank_text_is_refused) { expect_refused({"", " ", "\n", std::string(1, '\0')}); }

Test(json, bad_syntax_is_refused) {
  expect_refused({"{",        "}",         "[",        "]",         "{]",     "[1,]",      "{\"a\":1,}",
                  "{\"a\"}",  "{a:1}",     "{'a':1}",  "[1 2]",     "tru",    "nul",       "NaN",
                  "Infinity", "-Infinity", "01",       "+1",        ".5",     "1.",        "0x10",
                  "1e",       "\"",        "\"a",      "\"\t\"",    "\"\n\"", R"("\x41")", R"("\u12")",
                  R"("\")",   "// c\n1",   "/* c */1", "undefined", "[,1]",   "{,}"});
}

Test(json, text_after_the_value_is_refused) {
  expect_refused({"{} x", "{}{}", "1 2", "[] ,", "null null", "{}]", "\"a\"\"b\""});
}

Test(json, a_nul_does_not_hide_the_text_after_it) {
  expect_refused({std::string{"{}\0", 3}, std::string{"{}\0x", 4}, std::string{"{\"a\":1}\0{\"a\":2}", 15},
                  std::string{"{}\n\0\xFF", 5}, std::string{"\"a\0b\"", 5}});
}

Test(json, a_hundred_thousand_levels_are_refused_without_recursion) {
  for (const int depth : {33, 1000, 100'000}) {
    expect_refused(
        {nested(depth, "[", "]"), nested(depth, R"({"a":)", "}"), nested(depth, R"([{"a":)", "}]")});
    expect_refused({std::string(static_cast<std::size_t>(depth), '['),
                    std::string(static_cast<std::size_t>(depth), '{')});
  }
  expect_refused({std::string(100'000, ']') + std::string(100'000, '[')});
}

Test(json, thirty_two_levels_are_taken) { expect_taken({nested(32, "[", "]"), nested(32, R"({"a":)", "}")}); }

Test(json, brackets_inside_strings_are_no_levels) {
  const std::string brackets(1000, '[');
  expect_taken(
      {'"' + brackets + '"', "{\"" + brackets + "\":1}", R"(["\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["])"});
}

Test(json, a_member_named_twice_is_refused_at_every_level) {
  expect_refused({R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"({"b":{"a":1,"a":2}})",
                  R"([{"a":1,"a":2}])", R"([[{"x":[{"a":{},"a":[]}]}]])", R"({"":1,"":2})",
                  R"({"a":1,"\u0061":2})", R"({"\u0000":1,"\u0000":2})", R"({"/":1,"\/":2})"});
  require_equal(refusal_of(R"({"b":{"a":1,"a":2}})"), "The body names a member twice");
}

Test(json, members_that_only_begin_alike_are_taken) {
  expect_taken({R"({"a\u0000b":1,"a":2,"a\u0000c":3})"});
}

Test(json, invalid_utf8_is_refused_in_values_and_in_names) {
  for (const char* bytes :
       {"\x80", "\xFF", "\xC3", "\xC3(", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80"}) {
    expect_refused({'"' + std::string{bytes} + '"', "{\"" + std::string{bytes} + "\":1}",
                    "{\"a\":[\"x" + std::string{bytes} + "\"]}"});
  }
}

// Such a string could not be written as UTF-8: the database would refuse it, long after the request was
// taken.
Test(json, an_escaped_surrogate_without_its_other_half_is_refused) {
  expect_refused({R"("\ud800")", R"("\udbff")", R"("\ud800x")", R"("\ud800\n")", R"("\ud800\ud800")",
                  R"("\ud800\u0041")"});
}

Test(json, an_escaped_low_surrogate_alone_is_refused) {
  expect_refused({R"("\udc00")", R"("\udfff")", R"("a\udc00b")", R"({"\udc00":1})", R"("\udc00\ud800")"});
}

// Well-formed, and of no use to anybody: refused as other numbers out of range are.
Test(json, a_number_beyond_double_is_refused_at_its_place) {
  for (const auto& [text, pointer] : std::vector<std::pair<std::string, std::string>>{
           {"1e309", ""},
           {"-1e309", ""},
           {"1e999999999", ""},
           {std::string(400, '9'), ""},
           {R"({"a":[1e400]})", "/a/0"},
           {R"({"z":{},"a/b":[1,[],{"x":"y","c":-1e400}],"d":1e400})", "/a~1b/2/c"},
           {R"({"a":10e308})", "/a"},
           {R"([{"a":1},2,{"b":{"c":1e400}}])", "/2/b/c"},
           {"\xEF\xBB\xBF[1e400]", "/0"}}) {
    try {
      api::parse_json(text);
      require(false, text + " was taken");
    } catch (const ApiError& e) {
      require(e.code() == ErrorCode::validation_failed, text + ": " + e.what());
      require_equal(e.fields().size(), 1U, text);
      require_equal(e.fields().front().pointer, pointer, text);
    }
  }
  expect_taken({"1e308", "1e-400", "9223372036854775808", "-9223372036854775809"});
}

// RFC 8259 section 8.1: no reader need take the mark; some editors write it.
Test(json, a_whole_mark_in_front_is_passed_over_and_a_part_of_one_is_refused) {
  expect_taken({"\xEF\xBB\xBF{}", "\xEF\xBB\xBF \n[1]"});
  expect_refused({"\xEF{}", "\xEF\xBB{}", "\xEF\xBF{}", "\xBB\xBF{}", "\xBF{}", "\xEF", "\xEF\xBB",
                  "\xEF\xBB\xBF", "\xEF\xBB\xBF\xEF\xBB\xBF{}", "\xEF\xBB\xBF\xEF{}", " \xEF\xBB\xBF{}",
                  "{}\xEF\xBB\xBF", "{\xEF\xBB\xBF}", "\xFE\xFF{}", "\xFF\xFE{}"});
}

Test(json, a_large_flat_text_is_taken) {
  std::string array = "[0";
  for (int i = 1; i < 100'000; ++i) array += ',' + std::to_string(i);
  expect_taken({array + ']', '"' + std::string(1'000'000, 'a') + '"'});
}

Test(json, a_member_that_is_absent_null_or_of_another_type_is_no_text) {
  const auto body = api::parse_json(R"({"a":"x","n":null,"i":1,"o":{},"e":"","z":"p\u0000q"})");
  require(api::maybe_text(body, "a") == "x", "text");
  require(api::maybe_text(body, "e") == "", "empty text");
  require(api::maybe_text(body, "z") == std::string("p\0q", 3), "text with a NUL");
  for (const char* name : {"n", "i", "o", "absent", ""}) require(!api::maybe_text(body, name), name);
  require(!api::maybe_text(api::parse_json("[1]"), "a"), "no object");
  require(api::member(body, "n") == nullptr && api::member(body, "i") != nullptr, "null is absent");
}

Test(json, a_text_that_must_be_there_is_refused_by_its_pointer) {
  const auto body = api::parse_json(R"({"id":"x"})");
  const auto pointer_of = [](const auto& read) {
    try {
      read();
    } catch (const ApiError& e) {
      require(e.code() == ErrorCode::validation_failed, e.what());
      return e.fields().at(0).pointer;
    }
    return std::string{};
  };
  require_equal(pointer_of([&] { api::text(body, "email"); }), "/email");
  require_equal(pointer_of([&] { api::id<UserId>(body, "user_id"); }), "/user_id");
  require_equal(pointer_of([&] { api::id<UserId>(body, "id"); }), "/id");
  require(!api::maybe_id<UserId>(body, "user_id"), "absent");
}

Test(json, what_is_written_is_read_back) {
  const std::string text = std::string{"\"\\/\b\f\n\r\t\x01 \xC3\xA4 \xF0\x9F\x98\x80"} + '\0' + "end";
  api::JsonOut out;
  out.begin_object().field("text", text).field("number", std::int64_t{-9'223'372'036'854'775'807 - 1});
  out.field("none", std::optional<std::string>{}).field("yes", true).field("time", from_unix(5));
  out.key("raw").raw(R"({"a":[1,2]})").end_object();
  const auto body = api::parse_json(out.text());
  require(api::text(body, "text") == text, out.text());
  require_equal(body["number"].GetInt64(), std::int64_t{-9'223'372'036'854'775'807 - 1});
  require(body["none"].IsNull() && body["yes"].IsTrue() && body["time"].GetInt64() == 5, out.text());
  require_equal(api::json_text(body, "raw", ""), R"({"a":[1,2]})");
  require_equal(api::json_text(body, "absent", "{}"), "{}");
}
