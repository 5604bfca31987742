#include "support/hostile.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "api/schema_files.hpp"

namespace tenantd::test {
namespace {

using Value = rapidjson::Value;
using Memory = rapidjson::Document::AllocatorType;

constexpr const char* kHere = "@here@";
constexpr std::size_t kRoom = 2000;  // for the other members

// "" stands for a list's item.
using Way = std::vector<std::string>;

std::string text_of(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

void expand(Value& schema, Memory& memory) {
  if (schema.IsArray()) {
    for (auto& item : schema.GetArray()) expand(item, memory);
  } else if (schema.IsObject()) {
    if (schema.HasMember("$ref") && schema["$ref"].IsString()) {
      const auto part = schema_of(schema["$ref"].GetString());
      schema.CopyFrom(part, memory);
    }
    for (auto& item : schema.GetObject()) expand(item.value, memory);
  }
}

// Puts the mark at the way's end, making what is missing on it.
void mark(Value& at, const Way& way, std::size_t step, Memory& memory) {
  if (step == way.size()) {
    at.SetString(rapidjson::StringRef(kHere));
  } else if (way[step].empty()) {
    if (!at.IsArray()) at.SetArray();
    if (at.Empty()) at.PushBack(Value{}, memory);
    mark(at[0], way, step + 1, memory);
  } else {
    if (!at.IsObject()) at.SetObject();
    if (!at.HasMember(way[step])) at.AddMember(Value{way[step], memory}, Value{}, memory);
    mark(at[way[step]], way, step + 1, memory);
  }
}

struct HostileValue {
  std::string what;
  std::string json;
  bool is_text = false;
};

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string many_members(std::size_t bytes) {
  std::string members;
  for (std::size_t i = 0; members.size() < bytes; ++i)
    members.append(i == 0 ? "" : ",").append(quoted("m" + std::to_string(i))).append(":1");
  return '{' + members + '}';
}

// Those that need nothing but a body that is full.
const std::vector<HostileValue>& general_values() {
  static const auto values = [] {
    constexpr auto room = kBodyBytes - kRoom;
    const auto list = [&](std::string_view item) {
      return '[' + repeated(item, room / (item.size() + 1)) + ']';
    };
    std::vector<HostileValue> made{
        {"a text that fills the body", quoted(std::string(room, 'A')), true},
        {"a text of escaped NULs", quoted(std::string("\\u0000") + std::string(room - 6, 'A')), true},
        {"a text of control characters", quoted([&] {
           std::string text;
           while (text.size() < room) text += "\\u0001";
           return text;
         }()),
         true},
        {"a list of equal numbers", list("1")},
        {"a list of equal texts", list("\"ab\"")},
        {"a list of empty objects", list("{}")},
        {"a list of empty lists", list("[]")},
        {"an object of many members", many_members(room - 100)},
        {"32 levels", nested(20)},
        {"100,000 levels", nested(100'000)},
        {"1e308", "1e308"},
        {"-1e400", "-1e400"},
        {"a number of 200,000 digits", std::string(200'000, '9')},
        {"a fraction of 200,000 digits", "0." + std::string(200'000, '7')},
        {"an exponent of 100,000 digits", "1e" + std::string(100'000, '9')}};
    for (const auto& text : regex_hostile(room))
      made.push_back({"a text against patterns", quoted(text), true});
    return made;
  }();
  return values;
}

// As many items as there may be, each as wrong as one can be, and one item too many.
std::vector<HostileValue> values_of_list(const Value& part) {
  std::vector<HostileValue> made;
  const auto most = part.HasMember("maxItems") ? part["maxItems"].GetUint64() : 1000;
  for (const std::string item : {"{}", "[]", "null", "1e308", R"({"x":{"x":[1]},"y":null})"}) {
    made.push_back({"as many wrong items as there may be", '[' + repeated(item, most) + ']'});
    made.push_back({"one item too many", '[' + repeated(item, most + 1) + ']'});
  }
  if (!part.HasMember("items") || !part["items"].HasMember("properties")) return made;
  for (const char* wrong : {"null", "[[]]", R"("\u0001")"}) {
    std::string item;
    for (const auto& property : part["items"]["properties"].GetObject())
      item.append(item.empty() ? "" : ",")
          .append(quoted(property.name.GetString()))
          .append(":")
          .append(wrong);
    const auto count = std::min<std::size_t>(most, (kBodyBytes - kRoom) / (item.size() + 3));
    made.push_back({"as many items as there may be, wrong in each member",
                    '[' + repeated('{' + item + '}', count) + ']'});
  }
  return made;
}

bool is_open(const Value& part) {
  return part.HasMember("type") && part["type"] == "object" && !part.HasMember("properties");
}

bool may_be_as_long(const Value& part, std::size_t length) {
  return part.HasMember("maxLength") && part["maxLength"].GetUint64() >= length;
}

// A schema's example, in which each place of the schema can be given another value.
class Places {
 public:
  explicit Places(std::string_view schema) : schema_(schema_of(schema)) {
    if (schema_.HasMember("examples") && !schema_["examples"].Empty())
      example_.CopyFrom(schema_["examples"][0], example_.GetAllocator());
  }

  using Visit = std::function<void(const Value& part, const Way& way)>;
  void each(const Visit& visit) const { go(schema_, {}, visit); }

  std::string with(const Way& way, const std::string& value) const {
    rapidjson::Document body;
    body.CopyFrom(example_, body.GetAllocator());
    mark(body, way, 0, body.GetAllocator());
    auto json = text_of(body);
    return json.replace(json.find(quoted(kHere)), std::string_view{kHere}.size() + 2, value);
  }

 private:
  static void go(const Value& part, const Way& way, const Visit& visit) {
    visit(part, way);
    const auto step = [&](const Value& next, const std::string& name) {
      auto longer = way;
      longer.push_back(name);
      go(next, longer, visit);
    };
    if (part.HasMember("properties"))
      for (const auto& property : part["properties"].GetObject())
        step(property.value, property.name.GetString());
    if (part.HasMember("items") && part["items"].IsObject()) step(part["items"], "");
  }

  rapidjson::Document schema_;
  rapidjson::Document example_;
};

std::string spelled(const Way& way) {
  std::string place;
  for (const auto& step : way) place += '/' + (step.empty() ? "0" : step);
  return place;
}

}  // namespace

rapidjson::Document schema_of(std::string_view name) {
  for (const auto& file : api::schema_files())
    if (file.name == std::string{name} + ".json") {
      rapidjson::Document document;
      document.Parse(file.text.data(), file.text.size());
      expand(document, document.GetAllocator());
      return document;
    }
  throw std::runtime_error("no schema " + std::string{name});
}

std::vector<HostileBody> hostile_bodies(std::string_view schema) {
  const Places places{schema};
  std::vector<HostileBody> bodies;
  places.each([&](const Value& part, const Way& way) {
    auto values = general_values();
    if (part.HasMember("items"))
      for (auto& value : values_of_list(part)) values.push_back(std::move(value));
    for (const auto& value : values) {
      const bool fits = is_open(part) || (value.is_text && may_be_as_long(part, value.json.size() / 6));
      bodies.push_back(
          {std::string{schema} + ' ' + spelled(way) + ": " + value.what, places.with(way, value.json), fits});
    }
  });
  return bodies;
}

std::vector<std::string> foreign_bodies(std::string_view schema) {
  const Places places{schema};
  std::vector<std::string> bodies;
  places.each([&](const Value& part, const Way& way) {
    const bool is_text = part.HasMember("type") && text_of(part["type"]).find("string") != std::string::npos;
    if (!is_text || part.HasMember("enum")) return;
    std::string text = "\xC3\xA9";
    const auto least = part.HasMember("minLength") ? part["minLength"].GetUint64() : 1;
    while (text.size() < 2 * least) text += "\xC3\xA9";
    bodies.push_back(places.with(way, quoted(text)));
  });
  return bodies;
}

std::vector<std::string> regex_hostile(std::size_t bytes) {
  const auto fill = [&](const std::string& head, std::string_view unit, const std::string& tail) {
    std::string text = head;
    while (text.size() + unit.size() + tail.size() <= bytes) text += unit;
    return text + tail;
  };
  return {fill("a/a", " ; a=a", " !"), fill("a/a", " ", "!"), fill("", "0a", "g"), fill("", "a.", " "),
          fill("", "aA1-", "\xC3\xA9")};
}

std::string repeated(std::string_view item, std::size_t count) {
  std::string text;
  text.reserve(count * (item.size() + 1));
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += ',';
    text += item;
  }
  return text;
}

}  // namespace tenantd::test
