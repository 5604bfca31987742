// The builder and the reader of JSON, and the small encodings beside them.
#include <criterion/criterion.h>
#include <fcntl.h>

#include <cerrno>
#include <string>
#include <vector>

#include "support/check.hpp"
#include "tenantd/base/descriptor.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

Test(json_writer, commas_stand_between_members_and_items_and_nowhere_else) {
  json::Writer json;
  json.begin_object().field("a", 1).key("b").begin_array().begin_object().end_object().value("[").value(":");
  json.begin_array().end_array().end_array().field("c", nullptr).key("d").raw("{}").field("e", true);
  require_equal(json.end_object().text(), R"({"a":1,"b":[{},"[",":",[]],"c":null,"d":{},"e":true})");
}

Test(json_writer, texts_are_escaped_as_rapidjson_does) {
  require_equal(json::quoted("\"\\/\b\f\n\r\t\x1b\x7f"), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001B\x7f\"");
  require_equal(json::quoted(std::string_view{"a\0b", 3}), R"("a\u0000b")");
  require_equal(json::quoted("M\xC3\xBCller"), "\"M\xC3\xBCller\"");
  std::string every;
  for (char c = 1; c > 0; ++c) every += c;
  const auto read = json::read(json::quoted(every));
  require(read && json::view(*read) == every, "read back");
  require_equal(json::compact(*read), json::quoted(every));
}

Test(json_writer, a_terminal_gets_no_control_beyond_ascii) {
  require_equal(json::for_terminal("\"\x7f\xC2\x9B\xE2\x80\xA8\xE2\x80\xA9\xC3\x9B\""),
                "\"\\u007f\\u009b\\u2028\\u2029\xC3\x9B\"");
  require_equal(json::quoted_for_terminal("\b\x1b\xC2\x85"), R"("\u0008\u001b\u0085")");
}

Test(json_object, grows_is_copied_and_put_into_another) {
  json::Object inner;
  require(inner.empty() && inner.text() == "{}", "empty");
  inner.set("n", std::optional<int>{}).set("list", std::vector<std::string>{"x", "y"});
  const json::Object outer =
      json::Object{}.set("in", inner).raw("raw", "[1]").set("all", std::vector{inner, {}});
  inner.set("later", 1);
  require_equal(outer.text(),
                R"({"in":{"n":null,"list":["x","y"]},"raw":[1],"all":[{"n":null,"list":["x","y"]},{}]})");
}

Test(json_reader, tells_absent_from_null_and_from_another_type) {
  const auto document = json::read_object(R"({"a":"x","n":null,"i":1,"":"e"})");
  require(document.has_value(), "read");
  require(json::find(*document, "n") != nullptr && json::member(*document, "n") == nullptr, "null");
  require(json::is_null(*document, "n") && !json::is_null(*document, "b"), "is_null");
  require(json::find(*document, "b") == nullptr && json::find((*document)["a"], "a") == nullptr, "absent");
  require(json::maybe_text(*document, "a") == "x" && !json::maybe_text(*document, "i"), "texts");
  require_equal(json::text_of(*document, "i") + json::text_of(*document, ""), "e");
}

Test(json_reader, what_is_no_json_is_not_read) {
  for (const std::string& text : {std::string{}, std::string{"{"}, std::string{"{}\0", 3},
                                  std::string{"\"\xFF\""}, std::string(33, '[') + std::string(33, ']')})
    require(!json::read(text), text);
  require(json::read(std::string(33, '[') + std::string(33, ']'), 33).has_value(), "as deep as it may be");
  require(!json::read_object("[]") && json::read("[]"), "a list is no object");
}

Test(json_reader, members_named_twice_are_seen_where_they_stand) {
  require(json::names_twice(*json::read(R"({"a":1,"b":2,"a":3})")), "twice");
  require(!json::names_twice(*json::read(R"({"a":{"b":1,"b":2},"c":1})")), "not in it");
}

Test(json_reader, a_text_is_found_without_reading_what_follows) {
  require_equal(json::find_text(R"({"x":{"org":"inner"},"org":"outer","y":)", "org"), "outer");
  require_equal(json::find_text(R"([{"org":"item"}])", "org"), "");
  require_equal(json::find_text(R"({"org":1,"o":"org"})", "org"), "");
}

Test(text, is_cut_between_code_points) {
  const std::string text = "a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80";  // 1, 2, 3 and 4 bytes
  const std::vector<std::size_t> whole = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t most = 0; most < whole.size(); ++most)
    require_equal(cut_bytes(text, most).size(), whole[most], std::to_string(most));
  const std::vector<std::size_t> counted = {0, 1, 3, 6, 10, 10};
  for (std::size_t most = 0; most < counted.size(); ++most)
    require_equal(cut_code_points(text, most).size(), counted[most], std::to_string(most));
}

Test(text, is_percent_encoded_but_for_what_may_stand) {
  require_equal(percent_encode("aZ9-._~ /+\xC3\xBC%"), "aZ9-._~%20%2F%2B%C3%BC%25");
  require_equal(percent_encode("a/b~", "/"), "a/b%7E");
}

Test(text, base64_is_read_in_either_alphabet_with_padding_or_without) {
  for (const char* spelled : {"+/8=", "+/8", "-_8", "-_8="})
    require_equal(base64_decode(spelled).value(), "\xFB\xFF");
  require_equal(base64_encode_unpadded("\xFB\xFF"), "+/8");
  require_equal(base64_decode("==").value(), "");
  require(!base64_decode("a") && !base64_decode("a=b=") && !base64_decode("a b="), "no base64");
}

Test(descriptor, is_closed_once_and_keeps_errno) {
  auto first = open_file("/dev/null", O_WRONLY);
  require(bool{first} && write_all(first, "x"), "open");
  const int fd = first.get();
  Descriptor second{std::move(first)};
  require(!first && second.get() == fd, "moved");
  errno = ENOTDIR;
  second.reset();
  require(errno == ENOTDIR && !second && ::fcntl(fd, F_GETFD) == -1, "closed");
  require(!write_all(second, "x") && errno == EBADF, "nothing to write to");
}

Test(unix_address, a_path_that_does_not_fit_has_none) {
  require(unix_address(std::string(107, 'a')).has_value(), "107 bytes");
  require(!unix_address(std::string(108, 'a')) && !unix_address(""), "108 bytes, or none");
}
