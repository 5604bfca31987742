#include "support/projects.hpp"

namespace tenantd::test {
namespace {

std::string named(const char* member, const std::string& value, const std::string& more) {
  return std::string{"{\""} + member + "\":" + Field{value}.json() + more + '}';
}

}  // namespace

std::string make_project(const Account& account, const std::string& name, const std::string& more) {
  return expect(account.client().post("/api/v1/projects", named("name", name, more)), 201).text("/id");
}

std::string make_document(const Account& account, const std::string& project, const std::string& name,
                          const std::string& more) {
  return expect(
             account.client().post("/api/v1/projects/" + project + "/documents", named("name", name, more)),
             201)
      .text("/id");
}

Response search(const Account& account, const std::string& query, const std::string& more) {
  return account.client().post("/api/v1/projects/search", named("query", query, more));
}

std::vector<std::string> found_ids(const Account& account, const std::string& query,
                                   const std::string& more) {
  const auto reply = search(account, query, more);
  expect(reply, 200);
  std::vector<std::string> ids;
  for (const auto& item : reply.at("/items").GetArray()) ids.emplace_back(item["id"].GetString());
  return ids;
}

}  // namespace tenantd::test
