// One HTTP client of the instance under test: JSON in, JSON out, and problem documents checked whole.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenantd::test {

using Header = std::pair<std::string, std::string>;

struct Response {
  int status = 0;  // 0: no answer came, and `error` says why
  std::string error;
  std::vector<Header> headers;  // names in lower case
  std::string body;
  rapidjson::Document json;  // null if the body is no JSON

  // The header's value, or "" if there is none.
  std::string header(std::string_view name) const;
  std::size_t count_headers(std::string_view name) const;

  // What stands at a JSON Pointer, such as "/user/id" or "/items/0/role". Throws if it is absent or of
  // another type.
  const rapidjson::Value& at(const std::string& pointer) const;
  bool has(const std::string& pointer) const;
  std::string text(const std::string& pointer) const;
  std::int64_t number(const std::string& pointer) const;
  // The length of the array there.
  std::size_t size(const std::string& pointer) const;

  // "POST /signup → 409 {…}", for messages.
  std::string describe() const;
  std::string request;  // method and path
};

// Throws unless the reply has this status.
const Response& expect(const Response& response, int status,
                       const std::source_location& at = std::source_location::current());
// Throws unless the reply is a whole problem document (RFC 9457) of this status and code.
const Response& expect_problem(const Response& response, int status, std::string_view code,
                               const std::source_location& at = std::source_location::current());
// Throws unless one of the reply's `errors` names this pointer.
void expect_pointer(const Response& response, const std::string& pointer,
                    const std::source_location& at = std::source_location::current());

// A member's value of a JSON object that is built for a request.
class Field {
 public:
  Field(const char* text) : Field(std::string_view{text}) {}         // NOLINT
  Field(const std::string& text) : Field(std::string_view{text}) {}  // NOLINT
  Field(std::string_view text);                                      // NOLINT
  Field(std::int64_t number) : json_(std::to_string(number)) {}      // NOLINT
  Field(int number) : json_(std::to_string(number)) {}               // NOLINT
  static Field raw(std::string json) { return Field{std::move(json), 0}; }
  const std::string& json() const { return json_; }

 private:
  Field(std::string json, int) : json_(std::move(json)) {}
  std::string json_;
};
// Returns {"name": value, …}.
std::string object(std::initializer_list<std::pair<std::string_view, Field>> members);

struct Call {
  std::string method = "GET";
  std::string path;
  std::optional<std::string> body;
  std::string content_type = "application/json";
  std::vector<Header> headers;
};

class Client {
 public:
  // Speaks to TENANTD_URL, or to another instance.
  Client();
  explicit Client(std::string base);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Sent with every request from here on.
  Client& bearer(const std::string& access_token);
  Client& header(const std::string& name, const std::string& value);
  // Else a client that is told to come again (429 busy, 409 contended) does so: nothing was done for it.
  Client& impatient();
  // What answers is another program: its replies are held to no document.
  Client& of_another_program();

  Response get(const std::string& path);
  Response post(const std::string& path, const std::string& json);
  // Without a body.
  Response post(const std::string& path);
  Response put(const std::string& path, const std::string& json);
  Response del(const std::string& path, const std::string& json);
  Response send(const Call& call);

 private:
  struct Impl;
  Response send_once(const Call& call);
  std::unique_ptr<Impl> impl_;
};

// Sends bytes as they are on a connection of their own and returns all that comes back until the server
// closes it. `hang_up`: says at once that no more will come, which nginx takes for a client that has gone.
std::string send_raw(const std::string& bytes, bool hang_up = false);
// Reads the first reply in what send_raw returned.
Response read_raw(const std::string& bytes);

}  // namespace tenantd::test
