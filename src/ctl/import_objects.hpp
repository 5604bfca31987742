// People in the exports of other systems, each as a JSON object.
#pragma once

#include <string>

#include "tenantd/api/json.hpp"
#include "tenantd/ctl/import_reader.hpp"

namespace tenantd::ctl {

// Puts the object's facts into the row. What cannot be carried over is told as the record's problem: who has
// no e-mail address, is blocked there, or has a password that the export does not describe. An address counts
// as verified only where the export says so.
void read_auth0(ImportRecord& record, const api::JsonValue& object);
void read_keycloak(ImportRecord& record, const api::JsonValue& object);
// `parameters`: of firebase_parameters(); empty = none were given.
void read_firebase(ImportRecord& record, const api::JsonValue& object, const std::string& parameters);

// Empty for a name that is an address: some systems fill the name in from it.
std::string plain_name(std::string name);

// Supabase's raw_user_meta_data: what its people call themselves.
void read_supabase_names(service::ImportRow& row, const std::string& meta_data);

}  // namespace tenantd::ctl
