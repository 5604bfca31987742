#include "api/reference/postman_request.hpp"

#include "api/reference/openapi_parts.hpp"
#include "api/reference/postman_plan.hpp"
#include "api/schema_files.hpp"
#include "tenantd/api/openapi.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::api {
namespace {

constexpr std::string_view kExampleHost = "@example.com";

std::string variable(std::string_view name) { return "{{" + std::string{name} + "}}"; }

std::optional<std::string> planned(const Step& step, std::string_view name) {
  for (const auto& [member, value] : step.values)
    if (member == name) return std::string{value};
  return std::nullopt;
}

// What stands in a body instead of the example's text: the variable of that name, or what no run before has
// used.
std::string value_for(const Route& route, const Step& step, std::string_view name, std::string text) {
  if (const auto value = planned(step, name)) return *value;
  if (name == "password" || name == "current_password") return variable("password");
  if (name == "new_password" || name == "refresh_token" || name.ends_with("_id")) return variable(name);
  if (name.ends_with("_ids")) return variable(name.substr(0, name.size() - 1));
  if (name == "slug") return text + "-{{$guid}}";
  if (!text.ends_with(kExampleHost)) return text;
  if (route.handler.access == Access::anyone) return variable("email");
  return text.insert(text.size() - kExampleHost.size(), "+{{$guid}}");
}

// The example, with variables in it. `name`: of the member whose value this is, or whose array's.
void put_body_value(JsonOut& json, const Route& route, const Step& step, std::string_view name,
                    const JsonValue& value) {
  if (value.IsObject()) {
    json.begin_object();
    for (const auto& item : value.GetObject()) {
      json.key(item.name.GetString());
      put_body_value(json, route, step, item.name.GetString(), item.value);
    }
    json.end_object();
  } else if (value.IsArray()) {
    json.begin_array();
    for (const auto& item : value.GetArray()) put_body_value(json, route, step, name, item);
    json.end_array();
  } else if (value.IsString()) {
    json.value(value_for(route, step, name, {value.GetString(), value.GetStringLength()}));
  } else {
    put_schema(json, value);
  }
}

std::string body_text(const Route& route, const Step& step) {
  const Json schema = schema_document(route.body);
  const auto* examples = member(schema, "examples");
  if (examples == nullptr) return "{}";
  JsonOut json;
  put_body_value(json, route, step, "", (*examples)[0]);
  return json::indented(json.text());
}

void put_pair(JsonOut& json, std::string_view key, std::string_view value) {
  json.begin_object().field("key", key).field("value", value).end_object();
}

void put_body(JsonOut& json, const Route& route, const Step& step) {
  if (route.body.empty()) return;
  json.key("body").begin_object();
  if (route.also == AlsoTakes::form) {
    json.field("mode", "urlencoded").key("urlencoded").begin_array();
    put_pair(json, "grant_type", "password");
    put_pair(json, "username", variable("email"));
    put_pair(json, "password", variable("password"));
    json.end_array();
  } else {
    json.field("mode", "raw").field("raw", body_text(route, step));
    json.key("options").raw(R"({"raw":{"language":"json"}})");
  }
  json.end_object();
}

struct Parameter {
  std::string name;
  std::string value;
  std::string description;
  bool required;
};

std::vector<Parameter> parameters_of(const Route& route, const Step& step) {
  std::vector<Parameter> parameters;
  if (route.query.empty()) return parameters;
  const Json schema = schema_document(route.query);
  const auto* required = member(schema, "required");
  for (const auto& property : schema["properties"].GetObject()) {
    Parameter parameter{property.name.GetString(), "", "", false};
    parameter.description = maybe_text(property.value, "description").value_or("");
    if (required != nullptr)
      for (const auto& name : required->GetArray())
        parameter.required = parameter.required || parameter.name == name.GetString();
    if (parameter.required) {
      const auto* words = member(property.value, "enum");
      parameter.value = words == nullptr ? "example" : (*words)[0].GetString();
      if (parameter.name.ends_with("_id")) parameter.value = variable(parameter.name);
    }
    if (const auto value = planned(step, parameter.name)) {
      parameter.value = *value;
      parameter.required = true;
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

void put_url(JsonOut& json, const Route& route, const Step& step) {
  std::vector<std::string> segments;
  for (const auto segment : split(route.path.substr(1), '/')) {
    if (!segment.starts_with('{')) {
      segments.emplace_back(segment);
      continue;
    }
    const auto part = segment.substr(1, segment.size() - 2);
    segments.push_back(planned(step, part).value_or(variable(variable_of(route.path, part))));
  }
  const auto parameters = parameters_of(route, step);
  std::string raw = "{{base_url}}";
  for (const auto& segment : segments) raw += '/' + segment;
  char mark = '?';
  for (const auto& parameter : parameters) {
    if (!parameter.required) continue;
    raw += mark + parameter.name + '=' + parameter.value;
    mark = '&';
  }
  json.key("url").begin_object().field("raw", raw);
  json.key("host").begin_array().value("{{base_url}}").end_array().key("path").begin_array();
  for (const auto& segment : segments) json.value(segment);
  json.end_array();
  if (!parameters.empty()) {
    json.key("query").begin_array();
    for (const auto& parameter : parameters)
      json.begin_object()
          .field("key", parameter.name)
          .field("value", parameter.value)
          .field("description", parameter.description)
          .field("disabled", !parameter.required)
          .end_object();
    json.end_array();
  }
  json.end_object();
}

std::string description_of(const Route& route, const Step& step) {
  std::string text = who_may_call(route);
  if (step.refusal)
    text += " Expects " + std::to_string(http_status(*step.refusal)) + " `" +
            std::string{error_name(*step.refusal)} + "`: " + std::string{step.why};
  return text;
}

std::string content_type_of(const Route& route) {
  const bool has_own = route.reply.schema.empty() || route.also == AlsoTakes::scim;
  return has_own ? std::string{route.reply.media} : "application/json";
}

// OAuth's own rows refuse as OAuth does.
std::string script_for_refusal(const Route& route, ErrorCode code) {
  const std::string type = route.also == AlsoTakes::oauth  ? "application/json"
                           : route.also == AlsoTakes::scim ? "application/scim+json"
                                                           : "application/problem+json";
  const auto status = std::to_string(http_status(code));
  const std::string name{error_name(code)};
  return "pm.test('refuses with " + status + ' ' + name + "', () => {\n" + "  pm.response.to.have.status(" +
         status + ");\n" + "  pm.expect(pm.response.headers.get('Content-Type')).to.eql('" + type + "');\n" +
         "  pm.expect(pm.response.json().code).to.eql('" + name + "');\n});";
}

std::string script_for_success(const Route& route, const Step& step) {
  const auto status = std::to_string(route.reply.status);
  const bool empty = route.reply.status == 204;
  std::string script = "pm.test('answers " + status + (empty ? "" : ' ' + content_type_of(route)) +
                       "', () => {\n  pm.response.to.have.status(" + status + ");\n";
  script += empty ? "  pm.expect(pm.response.text()).to.eql('');\n"
                  : "  pm.expect(pm.response.headers.get('Content-Type').split(';')[0]).to.eql('" +
                        content_type_of(route) + "');\n";
  script += "});";
  if (!step.after.empty())
    script += "\nif (pm.response.code === " + status + ") {\n" + std::string{step.after} + "\n}";
  return script;
}

}  // namespace

std::string request_name(const Route& route) {
  return std::string{http::method_name(route.method)} + ' ' + std::string{route.path};
}

std::string variable_of(std::string_view path, std::string_view part) {
  // A tenant is an organization, in a super-admin's words.
  if (part == "tenant_id") return "org_id";
  if (part != "id") return std::string{part};
  std::string before;
  for (const auto segment : split(path, '/')) {
    if (segment == "{id}") break;
    before = segment;
  }
  for (char& c : before)
    if (c == '-') c = '_';
  if (before.ends_with('s')) before.pop_back();
  return before + "_id";
}

void put_script(JsonOut& json, std::string_view when, std::string_view text) {
  json.begin_object().field("listen", when).key("script").begin_object();
  json.field("type", "text/javascript").key("exec").begin_array();
  for (const auto line : split(text, '\n')) json.value(line);
  json.end_array().end_object().end_object();
}

void put_request_item(JsonOut& json, const Route& route) {
  const Step step = step_of(route);
  json.begin_object().field("name", request_name(route)).key("event").begin_array();
  if (!step.before.empty()) put_script(json, "prerequest", step.before);
  put_script(json, "test",
             step.refusal ? script_for_refusal(route, *step.refusal) : script_for_success(route, step));
  json.end_array().key("request").begin_object();
  json.field("method", http::method_name(route.method));
  json.field("description", std::string{route.summary} + ". " + description_of(route, step));
  if (route.handler.access == Access::anyone) json.key("auth").raw(R"({"type":"noauth"})");
  json.key("header").begin_array();
  if (!route.body.empty() && route.also != AlsoTakes::form)
    put_pair(json, "Content-Type", "application/json");
  json.end_array();
  put_body(json, route, step);
  put_url(json, route, step);
  json.end_object().key("response").begin_array().end_array().end_object();
}

}  // namespace tenantd::api
