// One deadline for all that a request asks of the database: for a free connection, for opening one, and for
// each of its statements, however often a transaction runs again. It is the thread's, as the request is.
#pragma once

#include <cstdint>

namespace tenantd::db {

class Deadline {
 public:
  // Until it goes, this thread waits for databases no longer than until then (monotonic_microseconds()).
  explicit Deadline(std::int64_t at_us);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // What passes while this lives is not the database's: a file is read, or somebody is called, who has a
  // bound of its own.
  class Pause {
   public:
    Pause();
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    std::int64_t began_us_;
  };

  // What is left of it; a year if this thread has none.
  static std::int64_t left_us();
  // Throws ApiError(unavailable) if nothing is left.
  static void check();

 private:
  std::int64_t before_us_;
};

}  // namespace tenantd::db
