#include "support/api_client.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "support/check.hpp"
#include "support/contract.hpp"
#include "support/instance_lock.hpp"
#include "support/processes.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::test {
namespace {

std::once_flag g_curl;

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* to) {
  static_cast<Response*>(to)->body.append(data, size * count);
  return size * count;
}

void add_header(Response& response, std::string_view line) {
  // A 100 Continue, or an earlier reply, is not this one.
  if (line.starts_with("HTTP/")) response.headers.clear();
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  response.headers.emplace_back(ascii_lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
  auto& value = response.headers.back().second;
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.pop_back();
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* to) {
  add_header(*static_cast<Response*>(to), {data, size * count});
  return size * count;
}

void parse_body(Response& response) {
  response.json.Parse<rapidjson::kParseIterativeFlag>(response.body.data(), response.body.size());
  if (response.json.HasParseError()) response.json.SetNull();
}

}  // namespace

std::string Response::header(std::string_view name) const {
  for (const auto& [known, value] : headers)
    if (known == ascii_lower(name)) return value;
  return {};
}

std::size_t Response::count_headers(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(),
                                                [&](const auto& h) { return h.first == ascii_lower(name); }));
}

const rapidjson::Value& Response::at(const std::string& pointer) const {
  const auto* found = rapidjson::Pointer{pointer.c_str()}.Get(json);
  if (found == nullptr) throw std::runtime_error("no " + pointer + " in " + describe());
  return *found;
}

bool Response::has(const std::string& pointer) const {
  return rapidjson::Pointer{pointer.c_str()}.Get(json) != nullptr;
}

std::string Response::text(const std::string& pointer) const {
  const auto& value = at(pointer);
  if (!value.IsString()) throw std::runtime_error(pointer + " is no string in " + describe());
  return {value.GetString(), value.GetStringLength()};
}

std::int64_t Response::number(const std::string& pointer) const {
  const auto& value = at(pointer);
  if (!value.IsInt64()) throw std::runtime_error(pointer + " is no integer in " + describe());
  return value.GetInt64();
}

std::size_t Response::size(const std::string& pointer) const {
  const auto& value = at(pointer);
  if (!value.IsArray()) throw std::runtime_error(pointer + " is no array in " + describe());
  return value.Size();
}

std::string Response::describe() const {
  return request + " → " + (status == 0 ? error : std::to_string(status)) + ' ' + body.substr(0, 600);
}

const Response& expect(const Response& response, int status, const std::source_location& at) {
  require(response.status == status, "expected " + std::to_string(status) + ": " + response.describe(), at);
  return response;
}

const Response& expect_problem(const Response& response, int status, std::string_view code,
                               const std::source_location& at) {
  expect(response, status, at);
  const auto fault = [&](const std::string& what) { return what + " in " + response.describe(); };
  // OAuth's own paths say it as OAuth does, too.
  const auto* type = response.has("/error") ? "application/json" : "application/problem+json";
  // SCIM's own paths say it as SCIM does: the status is a text.
  const bool of_scim = response.header("content-type") == "application/scim+json";
  require(of_scim || response.header("content-type") == type, fault("content type"), at);
  for (const char* name : {"type", "title", "detail", "code", "request_id"}) {
    const std::string pointer = std::string{"/"} + name;
    require(response.has(pointer) && response.at(pointer).IsString(), fault("no text member " + pointer), at);
  }
  const bool says_status =
      response.has("/status") &&
      (of_scim ? response.text("/status") == std::to_string(status) : response.number("/status") == status);
  require(says_status, fault("member status"), at);
  require(response.text("/code") == code, fault("expected the code " + std::string{code}), at);
  require(!response.text("/request_id").empty() && response.count_headers("x-request-id") == 1 &&
              response.text("/request_id") == response.header("x-request-id"),
          fault("X-Request-Id \"" + response.header("x-request-id") + "\" is not request_id"), at);
  if (status == 401) require(!response.header("www-authenticate").empty(), fault("no WWW-Authenticate"), at);
  if (status == 405) require(!response.header("allow").empty(), fault("no Allow"), at);
  return response;
}

void expect_pointer(const Response& response, const std::string& pointer, const std::source_location& at) {
  require(response.has("/errors"), "no errors in " + response.describe(), at);
  for (std::size_t i = 0; i < response.size("/errors"); ++i)
    if (response.text("/errors/" + std::to_string(i) + "/pointer") == pointer) return;
  require(false, "no error at " + pointer + " in " + response.describe(), at);
}

Field::Field(std::string_view text) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  json_.assign(buffer.GetString(), buffer.GetSize());
}

std::string object(std::initializer_list<std::pair<std::string_view, Field>> members) {
  std::string json = "{";
  for (const auto& [name, value] : members) {
    if (json.size() > 1) json += ',';
    json += Field{name}.json() + ':' + value.json();
  }
  return json + '}';
}

struct Client::Impl {
  std::string base;
  std::vector<Header> headers;
  CURL* curl = nullptr;
  bool documented = true;
  bool patient = true;
  ~Impl() { curl_easy_cleanup(curl); }
};

Client::Client() : Client(setting("TENANTD_URL")) { share_instance(); }
Client::Client(std::string base) : impl_(std::make_unique<Impl>()) {
  std::call_once(g_curl, [] { curl_global_init(CURL_GLOBAL_ALL); });
  impl_->base = std::move(base);
  impl_->curl = curl_easy_init();
  require(impl_->curl != nullptr, "libcurl failed");
}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Client& Client::bearer(const std::string& access_token) {
  return header("Authorization", "Bearer " + access_token);
}

Client& Client::header(const std::string& name, const std::string& value) {
  impl_->headers.emplace_back(name, value);
  return *this;
}

Client& Client::of_another_program() {
  impl_->documented = false;
  return *this;
}

Response Client::get(const std::string& path) { return send({"GET", path, std::nullopt, "", {}}); }
Response Client::post(const std::string& path, const std::string& json) {
  return send({"POST", path, json, "application/json", {}});
}
Response Client::post(const std::string& path) { return send({"POST", path, std::nullopt, "", {}}); }
Response Client::put(const std::string& path, const std::string& json) {
  return send({"PUT", path, json, "application/json", {}});
}
Response Client::del(const std::string& path, const std::string& json) {
  return send({"DELETE", path, json, "application/json", {}});
}

Client& Client::impatient() {
  impl_->patient = false;
  return *this;
}

Response Client::send(const Call& call) {
  constexpr int kMostTimes = 30;
  for (int times = 1;; ++times) {
    auto response = send_once(call);
    const bool told = response.status == 429 || response.status == 409;
    if (!told || !impl_->patient || !impl_->documented || times == kMostTimes) return response;
    const bool later =
        response.has("/code") && (response.text("/code") == "busy" || response.text("/code") == "contended");
    if (!later) return response;
    require_equal(response.header("retry-after"), "1", response.describe());
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
}

Response Client::send_once(const Call& call) {
  CURL* curl = impl_->curl;
  Response response;
  response.request = call.method + ' ' + call.path;
  curl_easy_reset(curl);
  curl_slist* headers = curl_slist_append(nullptr, "Expect:");
  const auto add = [&](const std::string& line) { headers = curl_slist_append(headers, line.c_str()); };
  for (const auto& [name, value] : impl_->headers) add(name + ": " + value);
  for (const auto& [name, value] : call.headers) add(name + ": " + value);
  if (call.body && !call.content_type.empty()) add("Content-Type: " + call.content_type);
  if (call.body && call.content_type.empty()) add("Content-Type:");
  const std::string url = impl_->base + call.path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response);
  if (call.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (call.body || call.method == "POST") {
    const std::string& body = call.body ? *call.body : std::string{};
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body.data());
  }
  if (call.method != "HEAD") curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  const CURLcode result = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  if (result == CURLE_OK) {
    response.status = static_cast<int>(status);
  } else {
    response.error = curl_easy_strerror(result);
  }
  parse_body(response);
  if (impl_->documented) require_documented(call.method, call.path, response);
  return response;
}

std::string send_raw(const std::string& bytes, bool hang_up) {
  share_instance();
  const std::string url = setting("TENANTD_URL");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(url.substr(url.rfind(':') + 1).c_str())));
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
          "cannot connect to " + url);
  const timeval patience{30, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t count = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count <= 0) break;  // refused before all of it was read: the reply says why
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (hang_up) ::shutdown(fd, SHUT_WR);
  std::string reply;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count <= 0) break;
    reply.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(fd);
  return reply;
}

Response read_raw(const std::string& bytes) {
  Response response;
  response.request = "(raw)";
  const auto end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.1 ") || end == std::string::npos) {
    response.error = bytes.empty() ? "closed without an answer" : "no HTTP: " + bytes;
    return response;
  }
  response.status = std::atoi(bytes.substr(9, 3).c_str());
  for (const auto line : split(std::string_view{bytes}.substr(0, end), '\n')) add_header(response, line);
  response.body = bytes.substr(end + 4);
  parse_body(response);
  if (response.status >= 400) require_documented("", "", response);
  return response;
}

}  // namespace tenantd::test
