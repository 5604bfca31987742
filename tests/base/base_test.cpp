#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <new>
#include <string>
#include <type_traits>

#include "tenantd/base/id.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/base/secret.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/config/settings.hpp"

using namespace tenantd;

namespace {

using Variables = std::map<std::string, std::string>;

Settings settings_of(const Variables& variables) {
  return load_settings([&](const char* key) -> const char* {
    const auto at = variables.find(key);
    return at == variables.end() ? nullptr : at->second.c_str();
  });
}

std::string settings_error(const Variables& variables) {
  try {
    settings_of(variables);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A file that goes with the test.
struct TempFile {
  explicit TempFile(const std::string& content) {
    std::string pattern = std::filesystem::temp_directory_path() / "tenantd-base-XXXXXX";
    const int fd = ::mkstemp(pattern.data());
    cr_assert(fd >= 0);
    ::close(fd);
    path = pattern;
    std::ofstream{path, std::ios::binary} << content;
  }
  ~TempFile() { std::filesystem::remove(path); }
  std::string path;
};

template <class T>
concept Streams = requires(std::ostream& out, const T& value) {
  out << value;
};

}  // namespace

Test(uuid, text_form_survives_a_round_trip) {
  const std::string text = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";  // RFC 9562 appendix A.6
  const auto id = UserId::parse(text);
  cr_assert(id && id->str() == text);
  cr_assert(UserId::from_raw(id->raw()) == id);
  cr_assert(!id->is_nil() && UserId{}.is_nil());
}

Test(uuid, upper_case_is_the_same_id) {
  cr_assert(parse_uuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F") ==
            parse_uuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
}

Test(uuid, anything_else_is_refused) {
  for (const char* text :
       {"", "017f22e2", "017f22e279b07cc398c4dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2+79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e27-9b0-7cc3-98c4-dc0c0c07398f", "-17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398\n"})
    cr_assert(!parse_uuid(text), "%s", text);
  cr_assert(!UserId::from_raw("fifteen bytes.."));
  cr_assert(!UserId::from_raw(""));
}

Test(uuid, ids_of_different_kinds_do_not_mix) {
  static_assert(!std::is_convertible_v<OrgId, UserId>);
  static_assert(!std::is_constructible_v<UserId, OrgId>);
  static_assert(!std::is_convertible_v<UuidBytes, UserId>);
}

// RFC 4648 section 10.
Test(base64, encodings_agree_with_rfc_4648) {
  cr_assert(base64_encode("") == "" && base64_encode("f") == "Zg==" && base64_encode("fo") == "Zm8=");
  cr_assert(base64_encode("foo") == "Zm9v" && base64_encode("foob") == "Zm9vYg==");
  cr_assert(base64_encode("fooba") == "Zm9vYmE=" && base64_encode("foobar") == "Zm9vYmFy");
  cr_assert(base64url_encode("f") == "Zg" && base64url_encode("\xfb\xff") == "-_8");
}

Test(base64, url_form_survives_a_round_trip_for_every_byte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    cr_assert(base64url_decode(base64url_encode(bytes)) == bytes);
  }
}

Test(base64, url_form_has_one_spelling_only) {
  for (const char* text :
       {"Zg==", "Zg=", "Zm8=", "=", "Z", "Zm9vY", "Zh", "Zm9", "Z g", "Zg\n", "Zm+v", "Zm/v", "\xC3\xA4"})
    cr_assert(!base64url_decode(text), "%s", text);
  cr_assert(!base64url_decode(std::string_view{"Zm9\0", 4}));
  cr_assert(base64url_decode("Zg") == "f" && base64url_decode("") == "");
}

Test(utf8, well_formed_text_is_accepted) {
  for (const char* text : {"", "ascii", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    cr_assert(is_utf8(text));
  cr_assert(is_utf8(std::string_view{"a\0b", 3}));
}

Test(utf8, overlong_surrogate_cut_and_foreign_sequences_are_refused) {
  for (const char* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x80\x80", "\xE0\x9F\xBF",
        "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x98",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "ok\xC2"})
    cr_assert(!is_utf8(text));
}

Test(utf8, code_points_are_counted) {
  cr_assert(count_code_points("") == 0 && count_code_points("abc") == 3);
  cr_assert(count_code_points("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80") == 3);
}

Test(text, url_decoding_is_strict) {
  cr_assert(url_decode("a+b%20c%2B%c3%A4") == "a b c+\xC3\xA4");
  cr_assert(url_decode("") == "" && url_decode("%00") == std::string(1, '\0'));
  for (const char* text : {"%", "%4", "%4g", "%g4", "%%41", "abc%", "%-1", "% 1", "%0x"})
    cr_assert(!url_decode(text), "%s", text);
}

Test(text, split_keeps_empty_pieces) {
  cr_assert(split("", '.').size() == 1);
  cr_assert((split("a..b.", '.') == std::vector<std::string_view>{"a", "", "b", ""}));
}

Test(text, numbers_fill_their_text_and_do_not_overflow) {
  cr_assert(parse_int("0") == 0 && parse_int("-7") == -7);
  cr_assert(parse_int("9223372036854775807") == INT64_MAX && parse_int("-9223372036854775808") == INT64_MIN);
  for (const char* text :
       {"", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "-", "--1", "9223372036854775808", "abc"})
    cr_assert(!parse_int(text), "%s", text);
}

Test(text, small_helpers_touch_ascii_only) {
  cr_assert(trim(" \t a b \r\n") == "a b" && trim(" ").empty() && trim("").empty());
  cr_assert(ascii_lower("ABC \xC3\x84") == "abc \xC3\x84");
  cr_assert(to_hex("\x00\xff") == "" && to_hex(std::string_view{"\x00\xff", 2}) == "00ff");
  cr_assert(from_hex("00fF7a") == std::string("\x00\xff\x7a", 3) && from_hex("") == "");
  for (const char* wrong : {"0", "0g", "x0", " 0", "000"}) cr_assert(!from_hex(wrong), "%s", wrong);
}

Test(secret, compares_whole_texts) {
  const Secret secret{"correct horse"};
  cr_assert(secret.equals("correct horse"));
  for (const char* other : {"", "correct hors", "correct horse ", "Correct horse", "correct horsf"})
    cr_assert(!secret.equals(other));
  cr_assert(constant_time_equal("", "") && !constant_time_equal("a", std::string_view{"\0", 1}));
}

Test(secret, is_empty_after_it_moved) {
  Secret first{"short"};
  Secret second{std::move(first)};
  cr_assert(first.empty() && second.equals("short"));
  Secret third;
  third = std::move(second);
  cr_assert(second.empty() && third.equals("short"));
}

Test(secret, leaves_no_text_behind_when_it_goes) {
  alignas(Secret) static unsigned char storage[sizeof(Secret)];
  // The text is short enough to lie inside the object, where it can be looked for afterwards.
  auto* secret = new (storage) Secret{"hunter2hunter2"};
  secret->~Secret();
  asm volatile("" : : "r"(storage) : "memory");
  const std::string_view rest{reinterpret_cast<const char*>(storage), sizeof storage};
  cr_assert(rest.find("unter2") == std::string_view::npos);
}

Test(secret, cannot_be_streamed_or_logged) {
  static_assert(!Streams<Secret> && Streams<std::string>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_constructible_v<log::Field, const char*, Secret>);
}

Test(log, control_characters_are_escaped) {
  cr_assert(json::quoted_for_terminal("a\r\nb\x1b[31mc\t\"\\\x7f") == R"("a\r\nb\u001b[31mc\t\"\\\u007f")");
  cr_assert(json::quoted_for_terminal(std::string_view{"\0", 1}) == R"("\u0000")");
  const auto line = json::quoted_for_terminal("Mozilla\r\n<3>{\"event\":\"forged\"}");
  cr_assert(!contains(line, "\n") && !contains(line, "\r"));
}

Test(log, utf8_stays_and_other_bytes_are_replaced) {
  cr_assert(json::quoted_for_terminal("M\xC3\xBCller") == "\"M\xC3\xBCller\"");
  cr_assert(is_utf8(json::quoted_for_terminal("a\xff\xc3")));
  cr_assert(json::quoted_for_terminal("a\xff") == "\"a\xEF\xBF\xBD\"");
}

Test(settings, defaults_stand_when_nothing_is_set) {
  const Settings s = settings_of({});
  cr_assert(s.argon2_memory_kib == 19456 && s.argon2_passes == 2 && s.argon2_lanes == 1);
  cr_assert(s.access_token_seconds == 900 && s.token_audience == "tenantd");
  cr_assert(s.smtp_starttls && s.db_password.empty());
}

Test(settings, limits_in_force_are_the_values_that_hold_with_their_units) {
  const Settings s = settings_of({{"LOCK_FAILURES", "7"}, {"DB_PASSWORD", "hush"}});
  std::map<std::string_view, LimitInForce> limits;
  for (const auto& limit : limits_in_force(s)) limits.emplace(limit.key, limit);
  cr_assert_eq(limits.at("LOCK_FAILURES").value, 7);
  cr_assert_eq(limits.at("LOCK_FAILURES").fallback, 5);
  cr_assert_eq(limits.at("BODY_BYTES").unit, "bytes");
  cr_assert_eq(limits.at("LIMIT_MAIL").section, "Passwords and limits");
  for (const char* key : {"DB_PASSWORD", "DB_PORT", "KEYS_DIR", "WORKERS", "HASH_NICE", "OUTBOUND_HTTP"})
    cr_assert_not(limits.contains(key), "%s", key);
}

Test(settings, every_default_lies_in_its_range) {
  for (const auto& row : setting_docs()) {
    if (row.fallback.empty()) continue;
    const auto error = settings_error({{std::string{row.key}, std::string{row.fallback}}});
    cr_assert(error.empty(), "%s", error.c_str());
  }
}

Test(settings, variables_count) {
  const Settings s = settings_of(
      {{"WORKERS", "7"}, {"SMTP_REQUIRE_TLS", "Off"}, {"DB_PASSWORD", "p w"}, {"TOKEN_AUDIENCE", "api"}});
  cr_assert(s.workers == 7 && !s.smtp_starttls && s.db_password.equals("p w") && s.token_audience == "api");
}

Test(settings, trailing_slashes_of_the_public_url_go) {
  cr_assert(settings_of({{"PUBLIC_URL", "https://id.example.org//"}}).public_url == "https://id.example.org");
  cr_assert(settings_of({{"APP_URL", "https://app.example.org/"}}).app_url == "https://app.example.org");
}

Test(settings, the_table_says_what_a_number_may_be) {
  const auto markdown = settings_markdown();
  cr_assert(contains(markdown, "| `WORKERS` | `4` | 1–256 | processes |"));
  cr_assert(contains(markdown, "| `APP_URL` |  |  | URL |"));
}

Test(settings, as_an_environment_file_the_table_changes_nothing_and_names_every_key) {
  const auto file = "\n" + settings_environment();
  for (const auto& row : setting_docs())
    cr_assert(contains(file, "\n#" + std::string{row.key} + '=' + std::string{row.fallback} + '\n'), "%s",
              std::string{row.key}.c_str());
  for (const auto line : split(file, '\n'))
    cr_assert(line.empty() || line.front() == '#', "%s", std::string{line}.c_str());
}

Test(settings, number_out_of_range_is_an_error_that_names_key_and_range) {
  for (const char* value : {"0", "257", "-1", "4.5", "four", "", " 4", "99999999999999999999"}) {
    const auto error = settings_error({{"WORKERS", value}});
    cr_assert(error == std::string{"WORKERS must be a whole number from 1 to 256, not \""} + value + "\"",
              "%s", error.c_str());
  }
  cr_assert(settings_error({{"WORKERS", "1"}}).empty() && settings_error({{"WORKERS", "256"}}).empty());
}

Test(settings, flag_is_true_or_false_in_several_words) {
  for (const char* yes : {"1", "true", "YES", "on"})
    cr_assert(settings_of({{"SMTP_REQUIRE_TLS", yes}}).smtp_starttls);
  for (const char* no : {"0", "False", "no", "off"})
    cr_assert(!settings_of({{"SMTP_REQUIRE_TLS", no}}).smtp_starttls);
  cr_assert(settings_error({{"SMTP_REQUIRE_TLS", "maybe"}}) ==
            "SMTP_REQUIRE_TLS must be true or false, not \"maybe\"");
}

Test(settings, value_may_come_from_a_file) {
  const TempFile file{"from file\n"};
  cr_assert(settings_of({{"DB_PASSWORD_FILE", file.path}}).db_password.equals("from file"));
  cr_assert(
      settings_of({{"DB_PASSWORD_FILE", file.path}, {"DB_PASSWORD", "direct"}}).db_password.equals("direct"));
  const TempFile number{"9\n"};
  cr_assert(settings_of({{"WORKERS_FILE", number.path}}).workers == 9);
}

Test(settings, file_that_cannot_be_read_is_an_error_that_names_it) {
  const auto error = settings_error({{"DB_PASSWORD_FILE", "/nonexistent/password"}});
  cr_assert(contains(error, "DB_PASSWORD_FILE") && contains(error, "/nonexistent/password"), "%s",
            error.c_str());
}

Test(settings, documentation_has_every_key_once) {
  std::map<std::string, int> keys;
  for (const auto& row : setting_docs()) {
    cr_assert(!row.section.empty() && !row.doc.empty());
    cr_assert(++keys[std::string{row.key}] == 1, "%s", std::string{row.key}.c_str());
  }
  const auto markdown = settings_markdown();
  for (const auto& [key, count] : keys) cr_assert(contains(markdown, "`" + key + "`"), "%s", key.c_str());
}
