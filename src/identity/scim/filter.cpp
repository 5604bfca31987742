#include "identity/scim/filter.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "tenantd/base/text.hpp"

namespace tenantd::scim {
namespace {

constexpr std::array<std::string_view, 10> kOperatorNames{"eq", "ne", "co", "sw", "ew",
                                                          "gt", "ge", "lt", "le", "pr"};

[[noreturn]] void refuse_filter(const std::string& words) { throw Refusal("invalidFilter", words); }

constexpr Attribute kValueOfList[] = {{.name = "value"}};

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '$' || c == '.' || c == ':';
}

// What a name means inside "[…]": a part of the list's elements.
std::optional<AttributePath> read_part(std::string_view name, std::span<const Attribute> parts) {
  const auto* found = find_attribute(parts, name);
  if (found == nullptr) return std::nullopt;
  return AttributePath{false, found, nullptr};
}

class Parser {
 public:
  Parser(std::string_view text, const ResourceType& type) : text_(text), type_(type) {
    if (text.size() > kMostFilterBytes) refuse_filter("The filter is longer than 4096 bytes");
  }

  std::unique_ptr<Filter> whole() {
    auto filter = either(0);
    skip_blanks();
    if (at_ != text_.size()) refuse_here("something follows the filter");
    return filter;
  }

  PatchPath patch_path() {
    skip_blanks();
    const auto name = word();
    const auto path = read_attribute_path(name, type_);
    if (!path) throw Refusal("invalidPath", "There is no attribute " + std::string{name});
    PatchPath read{*path, nullptr};
    if (next_is('[')) {
      read.elements = elements_of(*path, 0);
      if (next_is('.')) {
        ++at_;
        const auto part = word();
        read.path.part = find_attribute(parts_of(*path), part);
        if (read.path.part == nullptr)
          throw Refusal("invalidPath", "There is no part " + std::string{part} + " of " + std::string{name});
      }
    }
    skip_blanks();
    if (at_ != text_.size()) throw Refusal("invalidPath", "Something follows the path");
    return read;
  }

 private:
  [[noreturn]] void refuse_here(const std::string& words) const {
    refuse_filter("At character " + std::to_string(at_ + 1) + ": " + words);
  }

  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }

  std::string_view word() {
    const auto begin = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // Takes a keyword that stands by itself.
  bool take_keyword(std::string_view keyword) {
    skip_blanks();
    const auto before = at_;
    if (same_name(word(), keyword)) return true;
    at_ = before;
    return false;
  }

  void enter(int depth) const {
    if (depth > kMostFilterDepth) refuse_filter("The filter is nested deeper than 16 levels");
  }

  std::unique_ptr<Filter> either(int depth) {
    enter(depth);
    auto left = both(depth);
    while (take_keyword("or")) left = join(Shape::either, std::move(left), both(depth));
    return left;
  }

  std::unique_ptr<Filter> both(int depth) {
    auto left = single(depth);
    while (take_keyword("and")) left = join(Shape::both, std::move(left), single(depth));
    return left;
  }

  static std::unique_ptr<Filter> join(Shape shape, std::unique_ptr<Filter> left,
                                      std::unique_ptr<Filter> right) {
    auto filter = std::make_unique<Filter>();
    filter->shape = shape;
    filter->left = std::move(left);
    filter->right = std::move(right);
    return filter;
  }

  std::unique_ptr<Filter> in_parentheses(int depth) {
    ++at_;
    auto inner = either(depth + 1);
    skip_blanks();
    if (!next_is(')')) refuse_here("a ) is missing");
    ++at_;
    return inner;
  }

  std::unique_ptr<Filter> single(int depth) {
    skip_blanks();
    if (next_is('(')) return in_parentheses(depth);
    const auto before = at_;
    if (take_keyword("not")) {
      skip_blanks();
      if (next_is('(')) return join(Shape::negated, in_parentheses(depth), nullptr);
      at_ = before;
    }
    return attribute(depth);
  }

  std::span<const Attribute> parts_of(const AttributePath& path) const {
    return path.attribute->parts.empty() ? std::span<const Attribute>{kValueOfList} : path.attribute->parts;
  }

  std::unique_ptr<Filter> elements_of(const AttributePath& path, int depth) {
    if (path.attribute == nullptr || path.part != nullptr || path.attribute->type != Type::complex ||
        within_ != nullptr)
      refuse_here("no [ can stand here");
    ++at_;
    const auto* outer = std::exchange(within_, path.attribute);
    auto inner = either(depth + 1);
    within_ = outer;
    skip_blanks();
    if (!next_is(']')) refuse_here("a ] is missing");
    ++at_;
    return inner;
  }

  std::unique_ptr<Filter> attribute(int depth) {
    const auto name = word();
    if (name.empty()) refuse_here("an attribute is missing");
    const auto path = within_ != nullptr ? read_part(name, within_->parts) : read_attribute_path(name, type_);
    if (!path || path->attribute == nullptr) refuse_here("there is no attribute " + std::string{name});
    if (path->attribute->mutability == Mutability::write_only) refuse_here("this attribute is never told");
    auto filter = std::make_unique<Filter>();
    filter->path = *path;
    if (next_is('[')) {
      filter->shape = Shape::elements;
      filter->left = elements_of(*path, depth);
      return filter;
    }
    if (++comparisons_ > kMostComparisons) refuse_filter("The filter has more than 64 comparisons");
    if (!next_is(' ')) refuse_here("an operator is missing");
    skip_blanks();
    filter->op = operator_here();
    if (filter->op == Operator::pr) return filter;
    if (!next_is(' ')) refuse_here("a value is missing");
    skip_blanks();
    filter->literal = literal();
    judge(*filter);
    return filter;
  }

  Operator operator_here() {
    const auto typed = ascii_lower(word());
    const auto* const found = std::find(kOperatorNames.begin(), kOperatorNames.end(), typed);
    if (found == kOperatorNames.end()) refuse_here("there is no operator " + typed);
    return static_cast<Operator>(found - kOperatorNames.begin());
  }

  Literal literal() {
    if (next_is('"')) return quoted();
    const auto typed = word_of_value();
    if (same_name(typed, "true")) return true;
    if (same_name(typed, "false")) return false;
    if (same_name(typed, "null")) return nullptr;
    double number = 0;
    const auto [end, fault] = std::from_chars(typed.data(), typed.data() + typed.size(), number);
    if (fault != std::errc{} || end != typed.data() + typed.size())
      refuse_here("a value is a text in quotes, a number, true, false or null");
    return number;
  }

  std::string_view word_of_value() {
    const auto begin = at_;
    while (at_ < text_.size() && text_[at_] != ' ' && text_[at_] != ')' && text_[at_] != ']') ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // A JSON string.
  std::string quoted() {
    const auto begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
    if (at_ >= text_.size()) refuse_here("a \" is missing");
    ++at_;
    const auto read = json::read(text_.substr(begin, at_ - begin));
    if (!read || !read->IsString()) refuse_here("this is no text");
    return std::string{json::view(*read)};
  }

  // RFC 7644: what has no order is not asked for its order.
  void judge(const Filter& filter) const {
    const bool orders = filter.op >= Operator::gt && filter.op <= Operator::le;
    const auto* of = filter.path.part != nullptr ? filter.path.part : filter.path.attribute;
    if (orders &&
        (of->type == Type::flag || of->type == Type::binary || std::holds_alternative<bool>(filter.literal)))
      refuse_here("true and false have no order");
    const bool partial = filter.op >= Operator::co && filter.op <= Operator::ew;
    if (partial && !std::holds_alternative<std::string>(filter.literal))
      refuse_here("this operator wants a text");
  }

  std::string_view text_;
  const ResourceType& type_;
  const Attribute* within_ = nullptr;  // between [ and ]
  std::size_t at_ = 0;
  int comparisons_ = 0;
};

}  // namespace

std::unique_ptr<Filter> read_filter(std::string_view text, const ResourceType& type) {
  return Parser{text, type}.whole();
}

PatchPath read_patch_path(std::string_view text, const ResourceType& type) {
  return Parser{text, type}.patch_path();
}

std::optional<AttributePath> read_attribute_path(std::string_view text, const ResourceType& type) {
  AttributePath path;
  auto among = type.attributes;
  std::string_view name = text;
  if (text.size() > 4 && same_name(text.substr(0, 4), "urn:")) {
    if (!type.extension.empty() && same_name(text, type.extension))
      return AttributePath{true, nullptr, nullptr};
    const auto colon = text.rfind(':');
    const auto schema = text.substr(0, colon);
    name = text.substr(colon + 1);
    path.extended = !type.extension.empty() && same_name(schema, type.extension);
    if (!path.extended && !same_name(schema, type.schema)) return std::nullopt;
    if (path.extended) among = type.extended;
  }
  const auto dot = name.find('.');
  const auto first = name.substr(0, dot);
  path.attribute = find_attribute(among, first);
  if (path.attribute == nullptr && !path.extended)
    path.attribute = find_attribute(common_attributes(), first);
  if (path.attribute == nullptr) return std::nullopt;
  if (dot == std::string_view::npos) return path;
  path.part = find_attribute(path.attribute->parts, name.substr(dot + 1));
  // "tags.value" of a list of plain texts is the texts.
  return path.part == nullptr ? std::nullopt : std::optional{path};
}

}  // namespace tenantd::scim
