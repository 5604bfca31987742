// What is nearer than the database, where there is any: carries messages from each host to all. One may be
// lost, late, twice, or nobody's: whoever reads it knows that. No call waits for anybody.
#pragma once

#include <poll.h>

#include <string>
#include <string_view>
#include <vector>

namespace tenantd::hosts {

class Channel {
 public:
  virtual ~Channel() = default;
  // Connects, reads and writes as far as that goes now. Returns what has come since.
  virtual std::vector<std::string> turn() = 0;
  // Sends, or drops what cannot be sent now.
  virtual void publish(std::string_view message) = 0;
  // True if what was published lately came back.
  virtual bool is_up() const = 0;
  // What turn() waits for.
  virtual void watch(std::vector<pollfd>& into) = 0;
};

}  // namespace tenantd::hosts
