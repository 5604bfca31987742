#include "identity/privacy/traces.hpp"

#include <algorithm>
#include <stdexcept>

#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::service {
namespace {

// What an address may go on with, to the left or the right of its end.
bool continues_left(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || std::string_view{"!#$%&'*+-/=?^_`{|}~."}.find(c) != std::string_view::npos;
}
bool continues_right(std::string_view rest) {
  const auto is_label = [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c == '-';
  };
  if (rest.empty()) return false;
  return is_label(rest[0]) || (rest[0] == '.' && rest.size() > 1 && is_label(rest[1]));
}

// Replaces the address where it stands by itself. Returns whether it did.
bool replace_address(std::string& text, const std::string& address, const std::string& by) {
  bool found = false;
  for (auto at = text.find(address); at != std::string::npos; at = text.find(address, at)) {
    const bool whole = (at == 0 || !continues_left(text[at - 1])) &&
                       !continues_right(std::string_view{text}.substr(at + address.size()));
    if (whole) text.replace(at, address.size(), by);
    at += whole ? by.size() : address.size();
    found = found || whole;
  }
  return found;
}

// Writes a JSON value again without the traces.
class Rewriting {
 public:
  Rewriting(const Traces& traces, bool about) : traces_(traces), about_(about) {}

  void write(const json::Value& value) {
    if (value.IsObject()) {
      out_.begin_object();
      for (const auto& member : value.GetObject()) write_member(json::view(member.name), member.value);
      out_.end_object();
    } else if (value.IsArray()) {
      out_.begin_array();
      for (const auto& each : value.GetArray()) write(each);
      out_.end_array();
    } else if (value.IsString()) {
      write_text(json::view(value));
    } else {
      out_.raw(json::compact(value));
    }
  }
  std::optional<std::string> result() const { return changed_ ? std::optional{out_.text()} : std::nullopt; }

 private:
  void write_member(std::string_view name, const json::Value& value) {
    out_.key(name);
    const bool is_profile = about_ && name == "profile" && value.IsObject();
    if (!is_profile || value.GetObject().MemberCount() == 0) return write(value);
    out_.raw("{}");
    changed_ = true;
  }

  void write_text(std::string_view text) {
    const auto& names = traces_.names;
    if (about_ && std::find(names.begin(), names.end(), text) != names.end()) {
      out_.value(kErasedName);
      changed_ = true;
    } else if (const auto less = without_addresses(traces_, text)) {
      out_.value(*less);
      changed_ = true;
    } else {
      out_.value(text);
    }
  }

  const Traces& traces_;
  bool about_;
  json::Writer out_;
  bool changed_ = false;
};

// Replaces the text by what is left of it; returns whether it did.
bool take(std::optional<std::string>& text, std::optional<std::string> less) {
  if (!less) return false;
  text = std::move(less);
  return true;
}

void append_texts(const json::Value& object, const char* name, std::vector<std::string>& into) {
  if (auto text = json::maybe_text(object, name); text && !text->empty()) into.push_back(*std::move(text));
}

std::vector<std::string> texts_in(const json::Value& list) {
  std::vector<std::string> texts;
  for (const auto& each : list.GetArray())
    if (each.IsString()) texts.emplace_back(json::view(each));
  return texts;
}

}  // namespace

// As erase_account in sql/views.sql spells it.
std::string erased_address(UserId user) { return "erased-" + to_hex(user.raw()) + "@erased.invalid"; }

std::vector<std::string> names_in(const std::string& profile) {
  std::vector<std::string> names;
  const auto object = json::read_object(profile);
  if (!object) return names;
  for (const char* name : {"name", "first_name", "last_name", "display_name"})
    append_texts(*object, name, names);
  const auto first = json::text_of(*object, "first_name"), last = json::text_of(*object, "last_name");
  if (!first.empty() && !last.empty()) names.push_back(first + ' ' + last);
  return names;
}

std::string to_text(const Traces& traces) {
  return json::Object{}.set("addresses", traces.addresses).set("names", traces.names).text();
}

Traces traces_in(UserId user, const std::string& text) {
  const auto object = json::read_object(text);
  const auto* addresses = object ? json::member(*object, "addresses") : nullptr;
  const auto* names = object ? json::member(*object, "names") : nullptr;
  if (addresses == nullptr || names == nullptr || !addresses->IsArray() || !names->IsArray())
    throw std::runtime_error("what an erasure looks for cannot be read");
  return {user, texts_in(*addresses), texts_in(*names)};
}

std::optional<std::string> without_addresses(const Traces& traces, std::string_view text) {
  std::optional<std::string> less;
  for (const auto& address : traces.addresses) {
    if (text.find(address) == std::string_view::npos) continue;
    auto copy = less.value_or(std::string{text});
    if (replace_address(copy, address, erased_address(traces.user))) less = std::move(copy);
  }
  return less;
}

std::optional<std::string> without_traces(const Traces& traces, const std::string& json, bool about) {
  const auto document = json::read(json);
  if (!document) return without_addresses(traces, json);
  Rewriting rewriting{traces, about};
  rewriting.write(*document);
  return rewriting.result();
}

std::optional<store::AuditRow> without_traces(const Traces& traces, store::AuditRow row) {
  bool changed = false;
  const auto own = erased_address(traces.user);
  const bool by_person = row.actor_id == traces.user;
  const auto settle = [&](std::optional<std::string>& email, bool is_person) {
    if (!email || *email == own) return;
    if (is_person)
      changed = take(email, own) || changed;
    else
      changed = take(email, without_addresses(traces, *email)) || changed;
  };
  settle(row.actor_email, by_person);
  settle(row.effective_email, row.effective_id == traces.user);
  if (by_person && !(row.address.empty() && row.agent.empty())) {
    row.address.clear();
    row.agent.clear();
    changed = true;
  }
  if (auto agent = without_addresses(traces, row.agent)) {
    row.agent = *std::move(agent);
    changed = true;
  }
  const bool about = row.resource_id && row.resource_id->bytes() == traces.user.bytes();
  for (auto* values : {&row.old_values, &row.new_values})
    if (*values) changed = take(*values, without_traces(traces, **values, about)) || changed;
  return changed ? std::optional{std::move(row)} : std::nullopt;
}

}  // namespace tenantd::service
