// Error reports for Sentry: what went wrong and where in the program, and nothing of what was sent, asked or
// stored: no header, body, query, address, mail address or value of a statement.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/trace.hpp"
#include "tenantd/config/settings.hpp"

namespace tenantd::watch {

// "https://PUBLIC_KEY@HOST/PROJECT": where envelopes go, and by which key.
struct Dsn {
  std::string envelopes;  // "https://HOST/api/PROJECT/envelope/"
  std::string key;
};
// Throws ConfigError for what is no DSN.
Dsn parse_dsn(const std::string& text);

struct Failure {
  std::string type;         // of the exception, or the signal's name
  std::string value;        // what is known to hold nobody's data; may be empty
  std::string transaction;  // "POST /api/v1/products"
  std::string request_id;
  std::string process;  // the lane
  trace::Place place{};
  bool is_crash = false;
  std::vector<std::string> frames = {};  // outermost first, as JSON objects
  std::string image = {};                // of debug_meta, a JSON object; empty = none
};

// What the exception is called, and of a statement's failure which statement and which number: never what()
// as a whole, which holds what the database says of values.
Failure failure_of(const std::exception& problem);

// The event, as JSON.
std::string event_json(const Failure& failure, const Settings& settings);
// The event with its envelope around.
std::string envelope(std::string_view event);

}  // namespace tenantd::watch
