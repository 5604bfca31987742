// Words, tokens and highlights of full-text search; tags.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "tenantd/domain/project.hpp"
#include "tenantd/domain/search.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

const OrgId kOrg = *OrgId::parse("0191d6a8-7c1e-7a52-8f00-0123456789ab");

std::string folded(std::string_view text) {
  std::string joined;
  for (const auto& word : words_of(text)) joined += word.folded + ' ';
  return joined;
}

std::string shown(const std::string& text, std::string_view query, std::size_t longest = 1000) {
  std::string joined;
  for (const auto& part : highlight(text, searched_words(query), longest))
    joined += part.match ? '[' + part.text + ']' : part.text;
  return joined;
}

std::string long_text() {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "filler" + std::to_string(i) + ' ';
  return text + "needle " + text;
}

}  // namespace

Test(domain_search, words_are_compared_without_case_and_accents) {
  require_equal(folded("Café CAFE cafe\u0301"), "cafe cafe cafe ");
  require_equal(folded("Straße STRASSE"), "strasse strasse ");
  require_equal(folded("\uff26\uff55\uff4c\uff4c"), "full ");
  require_equal(folded("one-two_three, 4.5 don't"), "one two three 4 5 don t ");
  require_equal(folded("Привет") == folded("ПРИВЕТ"), true);
  require_equal(words_of("東京都").size(), 3U);
  require_equal(folded("+-><()~*\"@%"), "");
}

Test(domain_search, a_token_is_one_organizations_and_never_too_long_for_the_index) {
  require_equal(search_tokens(kOrg, {"a", "", ""}), "o23456789aba o23456789aba o23456789aba o23456789aba");
  const auto tokens = search_tokens(kOrg, {"", std::string(500, 'x'), ""});
  require_equal(tokens.find(' '), 75U);
  require_equal(search_tokens(kOrg, {"", "", "b b b b b b"}), "o23456789abb o23456789abb o23456789abb");
}

Test(domain_search, a_query_holds_no_operators_and_ends_with_a_beginning) {
  const auto expression = [](std::string_view typed) {
    return search_expression(kOrg, searched_words(typed));
  };
  require_equal(expression("red bolt"), "+o23456789abred +o23456789abbolt*");
  require_equal(expression("+red -(bolt) ~\"x*\" @4 >y <z"),
                "+o23456789abred +o23456789abbolt +o23456789abx +o23456789ab4 +o23456789aby +o23456789abz*");
  require_equal(expression("red RED"), "+o23456789abred*");
  require(searched_words("+ - * \"").empty(), "nothing but operators");
  std::string many;
  for (int i = 0; i < 50; ++i) many += std::to_string(i) + ' ';
  require_equal(searched_words(many).size(), kMostSearchWords + 1);
}

Test(domain_search, a_name_counts_more_than_tags_and_those_more_than_a_description) {
  const auto words = searched_words("floor plan");
  require_equal(relevance({"Floor plans", "", "second FLOOR"}, words), 9);
  require_equal(relevance({"", "floor,plan", ""}, words), 4);
  require_equal(relevance({"", "", "floor plan, floor, floor, floor"}, words), 4);
}

Test(domain_search, a_highlight_is_the_text_in_pieces) {
  require_equal(shown("The Red bolt, and red bolts", "red bolt"), "The [Red] [bolt], and [red] [bolts]");
  require_equal(shown("<b>Café</b>", "cafe"), "<b>[Café]</b>");
  require_equal(shown("nothing of it", "red"), "");
  const auto cut = shown(long_text(), "needle", 100);
  require(cut.starts_with("…filler") && cut.ends_with("…"), cut);
  require(cut.find("[needle]") != std::string::npos && cut.size() < 130, cut);
  require_equal(shown(std::string(300, 'x') + " y", "x", 50).empty(), false);
}

Test(domain_search, tags_are_kept_in_one_form) {
  require_equal(normalized_tag("  Ångström ").value_or(""), "ångström");
  for (const char* none : {"", "  ", "a,b", "a\nb", "a\x7f"}) require(!normalized_tag(none), none);
  require(normalized_tag(std::string(40, 'x')).has_value(), "40");
  require(!normalized_tag(std::string(41, 'x')), "41");
  require_equal(join_tags({"b", "a", "b"}), "a,b");
  require_equal(split_tags("a,b").size(), 2U);
  require_equal(split_tags("").size(), 0U);
}
