// What full-text search compares: the words of a text, and each of them as a token of one organization.
//
// The index holds tokens and not the text: "o", ten digits of the organization's id, and the word in folded
// form. So every token's list in the index has rows of one organization alone: a search reads no row of
// another, how rare a word is elsewhere does not show in the ranking, no word is too short for the index or
// among its stopwords, and nothing that is typed can be an operator.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/id.hpp"

namespace tenantd {

// A word of a text: bytes [begin, end) of it, and the folded form that is compared, ASCII alone.
struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string folded;
};

// Returns the words of well-formed UTF-8: runs of letters, digits and marks, each ideograph by itself. The
// folded form knows neither case nor accents, and is cut where the index would refuse it for its length.
std::vector<Word> words_of(std::string_view utf8);

struct SearchedText {
  std::string_view name;         // counts four times as much in the ranking as the description,
  std::string_view tags;         // twice as much
  std::string_view description;  // a word counts at most three times in it
};

// The tokens of a row, for its column search_text.
std::string search_tokens(OrgId org, const SearchedText& text);

// How much `words` count in a text, by the same weights: comparable between kinds of rows, which the index's
// own ranking is not.
int relevance(const SearchedText& text, const std::vector<std::string>& words);

inline constexpr std::size_t kMostSearchWords = 32;

// Folded words that a row must all have, the last one as the beginning of a word. At most kMostSearchWords +
// 1 of them.
std::vector<std::string> searched_words(std::string_view typed);

// The expression for MATCH … AGAINST (… IN BOOLEAN MODE). `words` is not empty.
std::string search_expression(OrgId org, const std::vector<std::string>& words);

// A piece of a text: plain text, whatever stands in it.
struct Part {
  std::string text;
  bool match = false;  // a word that was looked for
};

// The text around the first of `words` in it, cut to about `longest` bytes between two words, with "…" where
// it was cut. Empty if none of them is there.
std::vector<Part> highlight(std::string_view text, const std::vector<std::string>& words,
                            std::size_t longest);

}  // namespace tenantd
