// Whose turn it is on the instance that all tests share. Tests run side by side; one that compares the whole
// database, kills workers or moves the clock waits until it is alone, and the others wait for it.
#pragma once

namespace tenantd::test {

// This test uses the instance, beside others. Holds until the test's process ends; Client does it.
void share_instance();

// Nobody else uses the instance while this lives. Not nested.
class Alone {
 public:
  Alone();
  ~Alone();
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;
};

}  // namespace tenantd::test
