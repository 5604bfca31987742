// How long a connection may take, how the server drains, and requests that wait for their turn.
#include <criterion/criterion.h>

#include "http/server_fixture.hpp"

using namespace tenantd::test::served;
using namespace tenantd::http;

TestSuite(server_deadlines, .timeout = 60);

Test(server_deadlines, half_a_request_is_cut_at_the_deadline) {
  const Fixture server{one_second};
  auto half = server.connect();
  half.send(begin() + record(4, "\x0e"));
  auto waiting = server.connect();
  cr_assert(has(waiting.exchange(get("/after")), "GET|/after|"));
  cr_assert(half.closed_by_server());
}

Test(server_deadlines, a_body_that_comes_byte_by_byte_is_cut_at_the_deadline) {
  const Fixture server{one_second};
  auto slow = server.connect();
  slow.send(begin() +
            parameters({{"REQUEST_METHOD", "POST"}, {"DOCUMENT_URI", "/"}, {"CONTENT_LENGTH", "1000"}}));
  int sent = 0;
  for (; sent < 100 && !slow.ended(); ++sent) {
    if (!slow.send(record(5, "x"))) break;
    slow.read_some(100);
  }
  cr_assert(sent < 50);
  cr_assert(server.answers());
}

Test(server_deadlines, a_peer_that_does_not_read_is_cut_at_the_deadline) {
  const Fixture server{one_second};
  auto deaf = server.connect();
  deaf.send(get("/large"));
  cr_assert(server.answers());
  cr_assert(deaf.reply() == std::nullopt);
}

Test(server_deadlines, silent_connections_do_not_stop_others) {
  const Fixture server;
  std::vector<Connection> silent;
  for (int i = 0; i < 200; ++i) silent.push_back(server.connect());
  cr_assert(server.answers());
  cr_assert(has(silent.back().exchange(get("/late")), "GET|/late|"));
}

Test(server_deadlines, a_slow_handler_does_not_stop_other_threads) {
  std::promise<void> release;
  auto released = release.get_future().share();
  Fixture server{{}, [released](Request& request) {
                   if (request.path == "/slow") released.wait();
                   return echo(request);
                 }};
  auto slow = server.connect();
  slow.send(get("/slow"));
  for (int i = 0; i < 20; ++i) cr_assert(server.answers());
  release.set_value();
  cr_assert(has(slow.reply(), "GET|/slow|"));
}

Test(server_deadlines, draining_serves_open_connections_until_their_peers_close) {
  Fixture server;
  auto kept = server.connect();
  cr_assert(has(kept.exchange(get("/1")), "GET|/1|"));
  server.stop();
  server.wait_for_drain();
  auto late = server.connect();
  for (int i = 0; i < 5; ++i) cr_assert(has(kept.exchange(get("/2")), "GET|/2|"));
  cr_assert(server.running());
  kept.close();
  cr_assert_eq(server.wait(), 6);
}

Test(server_deadlines, draining_finishes_what_is_being_handled) {
  std::promise<void> entered;
  std::promise<void> release;
  Fixture server{{}, [&](Request& request) {
                   entered.set_value();
                   release.get_future().wait();
                   return echo(request);
                 }};
  auto connection = server.connect();
  connection.send(message("GET", "/slow", {}, {}, false));
  entered.get_future().wait();
  server.stop();
  server.wait_for_drain();
  release.set_value();
  cr_assert(has(connection.reply(), "GET|/slow|"));
  cr_assert_eq(server.wait(), 1);
}

Test(server_deadlines, the_drain_deadline_cuts_idle_and_half_sent_connections) {
  Fixture server{[](ServerOptions& options) { options.drain_deadline = std::chrono::seconds{1}; }};
  auto idle = server.connect();
  cr_assert(has(idle.exchange(get("/1")), "GET|/1|"));
  auto half = server.connect();
  cr_assert(has(half.exchange(get("/1")), "GET|/1|"));
  half.send(begin());
  server.stop();
  cr_assert_eq(server.wait(), 2);
  cr_assert(idle.closed_by_server());
  cr_assert(half.closed_by_server());
}

Test(server_deadlines, it_drains_by_itself_after_max_requests) {
  Fixture server{[](ServerOptions& options) { options.max_requests = 3; }};
  auto connection = server.connect();
  for (int i = 0; i < 3; ++i) cr_assert(has(connection.exchange(get("/n")), "GET|/n|"));
  server.wait_for_drain();
  cr_assert(has(connection.exchange(get("/n")), "GET|/n|"));
  connection.close();
  cr_assert_eq(server.wait(), 4);
}

Test(server_deadlines, every_thread_says_when_it_ends) {
  std::atomic<int> ended{0};
  {
    const Fixture server{[&](ServerOptions& options) {
      options.threads = 3;
      options.on_thread_exit = [&] { ++ended; };
    }};
    cr_assert(server.answers());
  }
  cr_assert_eq(ended, 3);
}

Test(server_deadlines, a_request_that_is_put_aside_takes_no_thread_and_is_answered_in_its_turn) {
  std::atomic<bool> ready{false};
  std::atomic<int> runs{0};
  const Handler handler = [&](Request& request) {
    if (request.path != "/later" || ready) return echo(request);
    ++runs;
    throw Later{"somebody", [&] { return ready.load(); }, [&] { return echo(request); }};
  };
  const Fixture server{[&](ServerOptions& options) {
                         options.threads = 1;
                         options.again = handler;
                       },
                       handler};
  auto later = server.connect();
  cr_assert(later.send(message("POST", "/later", {{"CONTENT_LENGTH", "4"}}, "body")));
  while (runs == 0) std::this_thread::yield();
  for (int i = 0; i < 20; ++i) cr_assert(server.answers());
  cr_assert_eq(runs.load(), 1, "it was run again although it was not ready");
  ready = true;
  cr_assert(has(later.reply(), "POST|/later|||||body"));
  cr_assert(has(later.exchange(get("/next")), "GET|/next|"));
}

Test(server_deadlines, a_request_whose_turn_does_not_come_is_given_up) {
  const Handler handler = [](Request& request) {
    if (request.path == "/alive") return echo(request);
    throw Later{"somebody", [] { return false; },
                [] {
                  Response busy;
                  busy.status = 429;
                  return busy;
                }};
  };
  const Fixture server{[&](ServerOptions& options) {
                         options.request_deadline = std::chrono::seconds{1};
                         options.again = handler;
                       },
                       handler};
  std::vector<Connection> connections;
  for (std::size_t i = 0; i < Later::kMostOfOne + 1; ++i) connections.push_back(server.connect());
  for (auto& connection : connections) cr_assert(connection.send(get("/never")));
  for (auto& connection : connections) cr_assert(has(connection.reply(), "Status: 429 "));
  cr_assert(has(connections.front().exchange(get("/alive")), "GET|/alive|"));
}
