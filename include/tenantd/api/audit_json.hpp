// Audit rows as JSON: in replies, and a line each in exports.
#pragma once

#include <string>

#include "tenantd/api/json.hpp"
#include "tenantd/effects/audit_rows.hpp"

namespace tenantd::api {

// The fields of a row, inside an object.
void put_audit_row(JsonOut& json, const store::AuditRow& row);
// The organization, or null.
void put_audit_organization(JsonOut& json, const store::AuditRow& row);

// One line of an export, with its line feed. Nothing in it ends a line or steers a terminal, whatever an
// agent called itself. `whole`: with the organization and the hash.
std::string audit_line(const store::AuditRow& row, bool whole);

}  // namespace tenantd::api
