// The socket on which a courier is woken.
#include <criterion/criterion.h>

#include "workers/courier_fixture.hpp"

using namespace tenantd::test::couriers;
using namespace tenantd;
using mail::Outcome;
using service::Courier;
using service::CourierEvent;

Test(wake_socket, takes_the_place_of_a_dead_courier_and_not_of_a_living_one) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("bell-" + std::to_string(::getpid()))).string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int dead = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  cr_assert(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(dead);
  {
    const service::WakeSocket first{path};
    cr_assert(first.bound());
    struct stat found {};
    cr_assert(::stat(path.c_str(), &found) == 0 && (found.st_mode & 0777U) == 0660U);
    const service::WakeSocket second{path};
    cr_assert_not(second.bound());
    const auto before = monotonic_microseconds();
    service::wake_courier(path);
    service::wake_courier(path);
    first.wait(std::chrono::seconds{kPatience});
    cr_assert(monotonic_microseconds() - before < kPatience * 1'000'000 / 2);
  }
  cr_assert_not(std::filesystem::exists(path));
  service::wake_courier(path);  // nobody there: nothing happens
}

Test(wake_socket, a_path_that_cannot_be_bound_is_said_in_a_sentence) {
  cr_assert_throw(service::WakeSocket{"/nowhere/courier.sock"}, std::runtime_error);
  cr_assert_throw(service::WakeSocket{"/tmp/" + std::string(120, 'x')}, std::runtime_error);
}
