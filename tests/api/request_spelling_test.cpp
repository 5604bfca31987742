// HTTP as clients spell it: trailing slashes, compressed bodies, schemes and blanks, keys as Bearer tokens,
// weak ETags. Each has one meaning, or a refusal that names what is taken.
#include <criterion/criterion.h>
#include <zlib.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/inventory.hpp"
#include "support/super_admin.hpp"
#include "support/tenants.hpp"

using namespace tenantd::test;

namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  require(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK, "zlib");
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Call packed(const std::string& path, const std::string& body, const std::string& coding = "gzip") {
  return {"POST", path, body, "application/json", {{"Content-Encoding", coding}}};
}

}  // namespace

Test(request_spelling, a_trailing_slash_is_the_same_path) {
  const auto owner = sign_up();
  auto client = owner.client();
  for (const char* path :
       {"/users/me", "/api/v1/users", "/api/v1/roles", "/health", "/ready", "/auth/verify"})
    require_equal(client.get(std::string{path} + '/').status, client.get(path).status, path);
  require_equal(client.get("/api/v1/users/me/").body, client.get("/api/v1/users/me").body);
  const auto product = make_product(owner);
  require_equal(client.get("/api/v1/products/" + product + '/').text("/id"), product);
  expect(client.get("/api/v1/products/?limit=1"), 200);
  expect(Client{}.post("/signin/", object({{"email", owner.email}, {"password", owner.password}})), 200);
  auto root = super_admin();
  expect(root.client().post("/api/v1/tenants/", tenant_body(fresh_email(), fresh_name("slash"))), 201);
  expect_problem(client.post("/users/me/"), 405, "method_not_allowed");
  expect_problem(client.get("/api/v1/nothing/"), 404, "not_found");
}

Test(request_spelling, a_page_is_the_same_page_with_a_slash) {
  require(Client{}.get("/invite/").body == Client{}.get("/invite").body, "the page");
}

Test(request_spelling, a_replay_knows_its_request_with_and_without_the_slash) {
  const auto owner = sign_up();
  const Header key{"Idempotency-Key", fresh_name("key")};
  const auto body = object({{"name", "North"}});
  const auto first = owner.client().send({"POST", "/api/v1/warehouses", body, "application/json", {key}});
  const auto again = owner.client().send({"POST", "/api/v1/warehouses/", body, "application/json", {key}});
  require_equal(expect(again, 201).text("/id"), expect(first, 201).text("/id"));
}

Test(request_spelling, gzip_bodies_are_read) {
  const auto owner = sign_up();
  for (const char* coding : {"gzip", "GZIP", "x-gzip", " gzip "})
    expect(owner.client().send(
               packed("/api/v1/warehouses", gzip(object({{"name", fresh_name("north")}})), coding)),
           201);
  expect(owner.client().send(packed("/api/v1/warehouses", object({{"name", "Plain"}}), "identity")), 201);
  // Larger on the wire than a chunk of the output, and nearly as large as may come.
  const auto body = object({{"name", "South"}, {"address", "x"}});
  expect(owner.client().send(packed("/api/v1/warehouses", gzip(body + std::string(250'000, ' ')))), 201);
}

Test(request_spelling, other_codings_and_damaged_bodies_are_refused_and_a_bomb_costs_a_bodys_worth) {
  const auto owner = sign_up();
  auto client = owner.client();
  Unchanged database;
  const auto good = gzip(object({{"name", "North"}}));
  for (const char* coding : {"br", "deflate", "zstd", "gzip, gzip", "identity, gzip", "compress", "*"}) {
    const auto reply = client.send(packed("/api/v1/warehouses", good, coding));
    expect_problem(reply, 415, "unsupported_media_type");
    require_equal(reply.header("accept-encoding"), "gzip", coding);
  }
  auto broken = good;
  broken[broken.size() - 5] = static_cast<char>(broken[broken.size() - 5] ^ 1);
  for (const auto& body : {std::string{}, good.substr(0, good.size() - 1), good.substr(0, 11), good + good,
                           good + "x", broken, object({{"name", "North"}})})
    expect_problem(client.send(packed("/api/v1/warehouses", body)), 400, "bad_request");
  expect_problem(client.send(packed("/api/v1/warehouses", gzip(std::string(100'000'000, ' ')))), 413,
                 "body_too_large");
  expect_problem(client.send(packed("/api/v1/warehouses", gzip(gzip(object({{"name", "North"}}))))), 400,
                 "malformed_json");
  database.check("codings");
}

Test(request_spelling, bearer_in_any_case_and_with_several_blanks) {
  const auto owner = sign_up();
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER ", "Bearer    ", "bEaReR  "})
    expect(Client{}.header("Authorization", scheme + owner.access_token).get("/users/me"), 200);
  for (const auto& wrong :
       {"Bearer" + owner.access_token, "Basic " + owner.access_token, "Bearer " + owner.access_token + " x",
        std::string{"Bearer"}, std::string{"Bearer   "}})
    expect_problem(Client{}.header("Authorization", wrong).get("/users/me"), 401, "invalid_token");
}

Test(request_spelling, an_api_key_may_come_as_bearer_token) {
  const auto owner = sign_up();
  const auto key = make_api_key(owner, R"(["users:read"])");
  Client client;
  client.header("Authorization", "bearer  " + key.key);
  expect(client.get("/api/v1/users"), 200);
  expect(client.get("/auth/verify"), 204);
  expect_problem(client.get("/api/v1/roles"), 403, "forbidden");
  expect_problem(client.post("/api/v1/api-keys", R"({"name":"x","permissions":["users:read"]})"), 403,
                 "session_required");
  expect_problem(client.header("X-Api-Key", key.key).get("/api/v1/users"), 400, "bad_request");
  expect_problem(Client{}.header("Authorization", "Bearer tnd_" + std::string(43, 'A')).get("/api/v1/users"),
                 401, "invalid_token");
  expect(owner.client().del("/api/v1/api-keys/" + key.id, ""), 204);
  expect_problem(Client{}.header("Authorization", "Bearer " + key.key).get("/api/v1/users"), 401,
                 "invalid_token");
}

Test(request_spelling, the_token_path_refreshes_as_oauth_clients_ask_for_it) {
  const auto owner = sign_up();
  Client client;
  Call call{"POST",
            "/api/v1/auth/token",
            "grant_type=refresh_token&client_id=app&refresh_token=" + owner.refresh_token,
            "application/x-www-form-urlencoded",
            {}};
  const auto fresh = client.send(call);
  expect(fresh, 200);
  require(fresh.text("/refresh_token") != owner.refresh_token, "it rotates");
  const auto body =
      object({{"grant_type", "refresh_token"}, {"refresh_token", fresh.text("/refresh_token")}});
  const auto again = expect(client.post("/api/v1/auth/token", body), 200).text("/refresh_token");
  call.body = "grant_type=refresh_token";
  expect_pointer(expect_problem(client.send(call), 422, "validation_failed"), "/refresh_token");
  call.body = "grant_type=refresh_token&refresh_token=" + owner.refresh_token;
  expect_problem(client.send(call), 401, "refresh_reused");
  call.body = "grant_type=refresh_token&refresh_token=" + again;
  expect_problem(client.send(call), 401, "invalid_token");
}

Test(request_spelling, a_tag_that_a_proxy_weakened_names_its_revision) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto path = "/api/v1/products/" + make_product(owner);
  const auto tag = client.get(path).header("etag");
  const auto body = object({{"sku", fresh_name("sku")}, {"name", "Bolt"}});
  const auto put = [&](const std::string& match) {
    return client.send({"PUT", path, body, "application/json", {{"If-Match", match}}});
  };
  expect(put("W/" + tag), 200);
  expect_problem(put("W/" + tag), 412, "precondition_failed");
  expect_problem(put(tag), 412, "precondition_failed");
  expect_problem(put("w/\"2\""), 412, "precondition_failed");
  expect(put("\"x\", W/\"2\""), 200);
}

Test(request_spelling, a_client_that_has_the_revision_gets_304) {
  const auto owner = sign_up();
  const auto path = "/api/v1/products/" + make_product(owner);
  const auto tag = owner.client().get(path).header("etag");
  for (const auto& match : {tag, "W/" + tag, "\"x\", " + tag, std::string{"*"}}) {
    const auto reply = owner.client().header("If-None-Match", match).get(path);
    require_equal(expect(reply, 304).body, "", match);
    require_equal(reply.header("etag"), tag);
  }
  expect(owner.client().header("If-None-Match", "\"99\"").get(path), 200);
  expect(owner.client().header("If-None-Match", "*").get("/users/me"), 200);
  expect_problem(sign_up().client().header("If-None-Match", "*").get(path), 404, "not_found");
  expect_problem(Client{}.header("If-None-Match", "*").get(path), 401, "unauthenticated");
}

Test(request_spelling, a_refused_media_type_says_what_the_path_takes) {
  const auto owner = sign_up();
  auto client = owner.client();
  Unchanged database;
  const auto refused = [&](const std::string& path, const std::string& type) {
    auto reply = client.send({"POST", path, "a,b", type, {}});
    expect_problem(reply, 415, "unsupported_media_type");
    return reply;
  };
  auto reply = refused("/api/v1/products", "text/csv");
  require_equal(reply.text("/detail"), "Send the body as application/json");
  require_equal(reply.header("accept"), "application/json");
  reply = refused("/api/v1/products/import", "application/xml");
  require(reply.text("/detail").find("application/json or text/csv") != std::string::npos, reply.body);
  require(reply.header("accept").starts_with("application/json, text/csv"), reply.header("accept"));
  reply = refused("/api/v1/auth/token", "multipart/form-data");
  require_equal(reply.header("accept"), "application/json, application/x-www-form-urlencoded");
  database.check("media types");
}

Test(request_spelling, an_id_that_is_none_says_what_ids_are_and_which_path_lists_them) {
  const auto owner = sign_up();
  auto client = owner.client();
  Unchanged database;
  const auto says = [](const Response& reply, const std::string& pointer, const std::string& list) {
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, pointer);
    require(reply.body.find("must be a UUID: an id that GET " + list + " lists") != std::string::npos,
            reply.body);
    require_equal(reply.size("/errors"), std::size_t{1}, reply.body);
  };
  for (const char* id : {R"("1")", "1", R"("acme")", "true"}) {
    says(client.post("/organization/select", R"({"org_id":)" + std::string{id} + '}'), "/org_id",
         "/api/v1/organizations");
    says(client.post("/api/v1/stock-movements", R"({"type":"in","quantity":1,"warehouse_id":")" + fresh_id() +
                                                    R"(","product_id":)" + id + '}'),
         "/product_id", "/api/v1/products");
    says(client.post("/api/v1/users/bulk/action",
                     R"({"action":"activate","user_ids":[)" + std::string{id} + "]}"),
         "/user_ids/0", "/api/v1/users");
  }
  says(client.get("/api/v1/audit-logs?actor=1"), "?actor", "/api/v1/users");
  database.check("ids");
}
