#include "json_array.hpp"

#include "tenantd/ctl/import_reader.hpp"

namespace tenantd::ctl {
namespace {

constexpr int kEnd = std::char_traits<char>::eof();
constexpr std::size_t kLongestName = 64;
constexpr const char* kNoList = "the file is no JSON with a list \"users\"";

bool is_blank(int c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

int JsonArray::get() {
  const int c = in_.sbumpc();
  if (c == kEnd) return c;
  ++bytes_;
  if (c == '\n') ++line_;
  return c;
}

// Returns the next character that is no blank, without taking it.
int JsonArray::after_blanks() {
  while (is_blank(in_.sgetc())) get();
  return in_.sgetc();
}

// The opening quote is next.
std::string JsonArray::read_name() {
  std::string name;
  get();
  for (int c = get(); c != '"'; c = get()) {
    if (c == kEnd) throw ImportFileError(kNoList);
    if (c == '\\') c = get();
    if (name.size() <= kLongestName) name += static_cast<char>(c);
  }
  return name;
}

// Takes one value, nested or not, and nothing behind it. False if the file ends in it.
bool JsonArray::read_value(std::string* text, std::string& problem) {
  std::int64_t depth = 0;
  bool quoted = false;
  for (int c = after_blanks();; c = in_.sgetc()) {
    if (c == kEnd) return false;
    if (!quoted && depth == 0 && (c == ',' || c == ']' || c == '}')) return true;
    get();
    if (text != nullptr && text->size() < kMaxItemBytes) {
      *text += static_cast<char>(c);
    } else if (text != nullptr) {
      problem = "is longer than 65536 bytes";
    }
    if (quoted && c == '\\') {
      const int escaped = get();
      if (text != nullptr && escaped != kEnd && text->size() < kMaxItemBytes)
        *text += static_cast<char>(escaped);
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '{' || c == '[')) ++depth;
    if (!quoted && (c == '}' || c == ']')) --depth;
    if (!quoted && depth == 0 && (c == '}' || c == ']' || c == '"')) return true;
  }
}

void JsonArray::find_list() {
  std::string nothing;
  const int first = after_blanks();
  get();
  if (first == '[') return;
  if (first != '{') throw ImportFileError(kNoList);
  for (;;) {
    if (after_blanks() == ',') get();
    if (after_blanks() != '"') throw ImportFileError(kNoList);
    const auto name = read_name();
    if (after_blanks() != ':') throw ImportFileError(kNoList);
    get();
    const bool is_list = after_blanks() == '[';
    if (name == "users" && is_list) {
      get();
      return;
    }
    if (!read_value(nullptr, nothing)) throw ImportFileError(kNoList);
  }
}

bool JsonArray::next(std::string& item, std::string& problem) {
  if (!found_) find_list();
  found_ = true;
  item.clear();
  if (ended_) return false;
  int c = after_blanks();
  if (c == ',') {
    get();
    c = after_blanks();
  }
  item_line_ = line_;
  ended_ = c == ']';
  if (ended_) return false;
  if (!read_value(&item, problem)) {
    ended_ = true;
    problem = "is cut off: the file ends in the middle of it";
  } else if (item.empty() && problem.empty()) {
    // No value where one had to be: what follows is no list any more.
    ended_ = true;
    problem = "is no JSON object";
  }
  return true;
}

}  // namespace tenantd::ctl
