// A real serve() on a unix socket, spoken to in FastCGI records made here.
#include <criterion/criterion.h>

#include "http/server_fixture.hpp"

using namespace tenantd::test::served;
using namespace tenantd::http;

TestSuite(server, .timeout = 60);

Test(server, one_request_is_answered_and_the_connection_closed_unless_kept) {
  const Fixture server;
  auto connection = server.connect();
  const auto reply = connection.exchange(message(
      "POST", "/a b", {{"QUERY_STRING", "x=%20"}, {"CONTENT_LENGTH", "4"}, {"CONTENT_TYPE", "text/plain"}},
      "body", false));
  cr_assert(has(reply, "Status: 200 OK\r\n"));
  cr_assert(has(reply, "Content-Type: application/json\r\n"));
  cr_assert(has(reply, "X-Request-Id: r-1\r\n"));
  cr_assert(has(reply, "Content-Length: 33\r\n"));
  cr_assert(has(reply, "\r\n\r\nPOST|/a b|x=%20|text/plain|||body"));
  cr_assert(connection.closed_by_server());
}

Test(server, a_kept_connection_serves_the_next_request_without_leftovers) {
  const Fixture server;
  auto connection = server.connect();
  cr_assert(has(
      connection.exchange(message(
          "PUT", "/1",
          {{"HTTP_AUTHORIZATION", "Bearer t"}, {"CONTENT_LENGTH", "3"}, {"HTTP_X_TENANT_ID", "o"}}, "abc")),
      "PUT|/1|||Bearer t|o|abc"));
  for (int i = 0; i < 50; ++i) {
    const auto reply = connection.exchange(get("/2"));
    cr_assert(reply && reply->ends_with("GET|/2|||||"));
  }
}

Test(server, a_request_without_id_gets_one) {
  const Fixture server;
  auto connection = server.connect();
  const auto reply = connection.exchange(
      begin() + parameters({{"REQUEST_METHOD", "GET"}, {"DOCUMENT_URI", "/"}}) + input(""));
  cr_assert(has(reply, "X-Request-Id: "));
  cr_assert(!has(reply, "X-Request-Id: \r\n"));
}

Test(server, head_and_204_send_no_body) {
  const Fixture server;
  auto connection = server.connect();
  const auto head = connection.exchange(message("HEAD", "/h"));
  cr_assert(has(head, "Content-Length: 12\r\n") && head->ends_with("\r\n\r\n"));
  const auto empty = connection.exchange(get("/empty"));
  cr_assert(has(empty, "Status: 204 No Content\r\n") && empty->ends_with("\r\n\r\n"));
  cr_assert(!has(empty, "Content-Length"));
}

Test(server, line_breaks_in_headers_are_dropped) {
  const Fixture server;
  auto connection = server.connect();
  const auto reply = connection.exchange(get("/split", {{"REQUEST_ID", "r\r\nX: y"}}));
  cr_assert(has(reply, "X-Note: aSet-Cookie: x=1\r\n"));
  cr_assert(has(reply, "X-Bad: b\r\n"));
  cr_assert(!has(reply, "\nSet-Cookie"));
}

Test(server, a_large_reply_arrives_whole) {
  const Fixture server;
  auto connection = server.connect();
  const auto reply = connection.exchange(get("/large"));
  cr_assert(has(reply, "Content-Length: 3000000\r\n"));
  cr_assert_eq(reply->size() - reply->find("\r\n\r\n") - 4, 3'000'000);
}

Test(server, a_body_shorter_than_its_length_is_refused) {
  const Fixture server;
  auto connection = server.connect();
  const auto reply = connection.exchange(message("POST", "/", {{"CONTENT_LENGTH", "10"}}, "abc"));
  cr_assert(has(reply, "Status: 400 Bad Request\r\n"));
  cr_assert(has(reply, "Content-Type: application/problem+json\r\n"));
  cr_assert(has(reply, R"("code":"truncated_body")"));
  cr_assert(has(connection.exchange(get("/next")), "GET|/next|"));
}

Test(server, an_oversize_body_is_read_refused_and_leaves_the_connection_in_step) {
  const Fixture server{[](ServerOptions& options) { options.max_body = 1000; }};
  auto connection = server.connect();
  const std::string body(700'000, 'x');
  const auto reply = connection.exchange(message("POST", "/", {{"CONTENT_LENGTH", "700000"}}, body));
  cr_assert(has(reply, "Status: 413 Content Too Large\r\n"));
  cr_assert(has(reply, R"("code":"body_too_large")"));
  cr_assert(has(connection.exchange(get("/next")), "GET|/next|"));
}

Test(server, a_length_that_is_no_number_is_refused) {
  const Fixture server;
  auto connection = server.connect();
  for (const char* length : {"x", "-1", "1x", "0x10", " 5", "9223372036854775808"})
    cr_assert(has(connection.exchange(message("POST", "/", {{"CONTENT_LENGTH", length}}, "abcde")),
                  R"("code":"bad_content_length")"),
              "%s", length);
}

Test(server, headers_that_must_be_single_are_refused_twice) {
  const Fixture server;
  auto connection = server.connect();
  for (const char* name : {"HTTP_AUTHORIZATION", "CONTENT_TYPE", "HTTP_CONTENT_TYPE", "HTTP_HOST",
                           "HTTP_X_TENANT_ID", "HTTP_X_API_KEY", "HTTP_IDEMPOTENCY_KEY", "HTTP_IF_MATCH"})
    cr_assert(has(connection.exchange(get("/", {{name, "a"}, {name, "a"}})), R"("code":"duplicate_header")"),
              "%s", name);
  cr_assert(has(connection.exchange(get("/", {{"HTTP_ACCEPT", "a"}, {"HTTP_ACCEPT", "b"}})), "Status: 200"));
  cr_assert(
      has(connection.exchange(get("/", {{"CONTENT_TYPE", "a"}, {"HTTP_CONTENT_TYPE", "a"}})), "Status: 200"));
}

Test(server, paths_and_queries_that_are_not_utf8_are_refused) {
  const Fixture server;
  auto connection = server.connect();
  cr_assert(has(connection.exchange(get("/\xff")), R"("code":"bad_path")"));
  cr_assert(has(connection.exchange(get("")), R"("code":"bad_path")"));
  cr_assert(has(connection.exchange(get("/", {{"QUERY_STRING", "a=%00"}})), R"("code":"malformed_query")"));
  cr_assert(has(connection.exchange(get("/", {{"QUERY_STRING", "a=%ff"}})), R"("code":"malformed_query")"));
  cr_assert(
      has(connection.exchange(get("/", {{"QUERY_STRING", "a=1&a=2"}})), R"("code":"duplicate_parameter")"));
}

Test(server, garbage_closes_the_connection_and_harms_nobody) {
  std::atomic<int> handled{0};
  const Fixture server{[](ServerOptions& options) { options.threads = 1; },
                       [&](Request& request) {
                         ++handled;
                         return echo(request);
                       }};
  const std::string whole = get("/x", {{"CONTENT_LENGTH", "0"}, {"HTTP_X_TENANT_ID", "o"}});
  std::vector<std::string> attempts = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                                       std::string(100, '\0'),
                                       std::string(9000, '\xff'),
                                       record(9, "\x0e") + "x",
                                       begin() +
                                           record(4,
                                                  "\x7f\x7f"
                                                  "ab") +
                                           record(4, ""),
                                       begin() + record(5, "body before parameters"),
                                       begin() + begin() + record(2, "")};
  for (std::size_t cut = 1; cut < whole.size(); ++cut) attempts.push_back(whole.substr(0, cut));
  for (const auto& bytes : attempts) {
    auto connection = server.connect();
    connection.send(bytes);
    ::shutdown(connection.fd(), SHUT_WR);
    cr_assert(connection.closed_by_server());
  }
  cr_assert_eq(handled, 0);
  cr_assert(server.answers());
}

Test(server, an_unknown_record_with_a_huge_length_is_skipped_or_closed) {
  const Fixture server;
  auto connection = server.connect();
  connection.send(record(77, std::string(65535, 'x'), 9) + get("/x"));
  ::shutdown(connection.fd(), SHUT_WR);
  cr_assert(connection.closed_by_server());
  cr_assert(server.answers());
}
