#include "tenantd/db/server_facts.hpp"

#include "dialect.hpp"

namespace tenantd::db {
namespace {

using FactWords = std::map<std::string, std::string>;

std::string word(const FactWords& words, const char* name) {
  const auto found = words.find(name);
  return found == words.end() ? "" : found->second;
}

// What is no plain "off" is on in some way: read_only of MariaDB 12 has more than two values.
bool is_on(const FactWords& words, const char* name) {
  const auto value = word(words, name);
  return !value.empty() && value != "OFF" && value != "0";
}

std::string name_of(const FactWords& variables, bool is_cluster) {
  const auto node = is_cluster ? word(variables, "wsrep_node_name") : "";
  return (node.empty() ? word(variables, "hostname") : node) + ':' + word(variables, "port");
}

std::string cluster_fault(const FactWords& variables, const FactWords& status) {
  if (const auto state = word(status, "wsrep_cluster_status"); state != "Primary")
    return "it is cut off from its cluster (wsrep_cluster_status is " + state + ')';
  if (!is_on(status, "wsrep_ready"))
    return "it is no ready node of its cluster (" + word(status, "wsrep_local_state_comment") + ')';
  if (const auto refused = word(variables, "wsrep_reject_queries"); !refused.empty() && refused != "NONE")
    return "it takes no statements (wsrep_reject_queries is " + refused + ')';
  return "";
}

}  // namespace

std::string ServerFacts::describe() const {
  return version + ", " + (is_cluster ? "node " + name + " of a Galera cluster" : name) +
         (is_read_only ? ", read-only" : "");
}

ServerFacts facts_of(const std::string& version, const FactWords& variables, const FactWords& status) {
  ServerFacts facts;
  facts.engine = engine_of(version);
  facts.version = version;
  facts.is_cluster = is_on(variables, "wsrep_on");
  facts.name = name_of(variables, facts.is_cluster);
  facts.is_read_only = is_on(variables, "read_only") || is_on(variables, "super_read_only") ||
                       is_on(variables, "innodb_read_only") || is_on(variables, "tx_read_only");
  if (facts.is_cluster) facts.fault = cluster_fault(variables, status);
  if (facts.fault.empty() && facts.is_read_only) facts.fault = "it is read-only";
  return facts;
}

}  // namespace tenantd::db
