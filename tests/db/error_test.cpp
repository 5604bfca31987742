// Numbers from the server's and the client library's lists of errors, and what the rest of the program sees.
#include <criterion/criterion.h>

#include <functional>
#include <string>

#include "support/check.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/domain/error.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

std::string kind_of(int number, const std::string& message = "message") {
  try {
    db::raise(number, message, "statement.name");
  } catch (const db::RetryableError& e) {
    const bool lost = dynamic_cast<const db::ConnectionLost*>(&e) != nullptr;
    return std::string{lost ? "lost " : "retryable "} + e.what();
  } catch (const db::DuplicateKey& e) {
    return "duplicate " + e.key;
  } catch (const db::ForeignKeyError& e) {
    return "foreign key" + e.key;
  } catch (const db::AccessError& e) {
    return "access " + std::to_string(e.number);
  } catch (const db::StatementError& e) {
    return "statement " + std::to_string(e.number);
  } catch (const ApiError& e) {
    require(e.public_text().empty(), "the driver's words are not for the client");
    return std::string{e.what()} + ' ' + e.log_detail();
  }
}

}  // namespace

// An ASCII column is compared with, or given, a text that is not: the caller's text is at fault.
Test(db_error, a_text_that_its_column_has_no_characters_for_is_refused) {
  const auto refusal = [](int number, const std::string& message) -> std::string {
    try {
      db::raise(number, message, "statement.name");
    } catch (const ApiError& e) {
      require(e.code() == ErrorCode::validation_failed, e.what());
      require(e.public_text().find("statement.name") == std::string::npos, e.public_text());
      return e.log_detail();
    }
  };
  require_equal(
      refusal(1267, "Illegal mix of collations (ascii_general_ci,IMPLICIT) and (utf8mb4,COERCIBLE)"),
      "statement.name: 1267 Illegal mix of collations (ascii_general_ci,IMPLICIT) and (utf8mb4,COERCIBLE)");
  require(!refusal(1366, "Incorrect string value: '\\xC3\\xA9' for column `x`.`y`.`z` at row 1").empty(),
          "given");
  require_equal(kind_of(1366, "Incorrect integer value: 'x' for column `x`.`y`.`z` at row 1"),
                "statement 1366");
}

Test(db_error, conflicts_between_transactions_can_be_retried) {
  for (const int number : {1020, 1205, 1213, 1412, 1615, 3101, 3572})
    require_equal(kind_of(number), "retryable statement.name: " + std::to_string(number) + " message");
}

Test(db_error, a_lost_connection_or_statement_can_be_retried_on_another) {
  for (const int number :
       {1047, 1053, 1243, 1290, 1792, 1836, 1927, 2002, 2003, 2006, 2013, 2030, 2055, 3100, 3169, 4031}) {
    require(db::is_connection_lost(number), std::to_string(number));
    require_equal(kind_of(number), "lost statement.name: " + std::to_string(number) + " message");
  }
}

Test(db_error, a_server_that_cannot_write_or_answer_is_unavailable_though_connected) {
  for (const int number : {3, 28, 1021, 1026, 1040, 1041, 1114, 1129, 1146, 1180, 1203, 1317, 1969, 3024}) {
    require(!db::is_connection_lost(number), std::to_string(number));
    require(kind_of(number).starts_with("unavailable "), kind_of(number));
  }
}

Test(db_error, a_missing_right_or_a_write_outside_the_scope_is_an_access_error) {
  for (const int number : {1044, 1045, 1142, 1143, 1227, 1369, 1370})
    require_equal(kind_of(number), "access " + std::to_string(number));
}

Test(db_error, a_broken_link_between_rows_is_a_foreign_key_error) {
  for (const int number : {1216, 1217, 1451, 1452}) require_equal(kind_of(number), "foreign key");
}

Test(db_error, anything_else_is_a_fault_of_the_statement) {
  for (const int number : {0, 1, 1048, 1054, 1064, 1364, 1366, 1406, 1690, 3819, 4025, 65535, -1}) {
    require_equal(kind_of(number), "statement " + std::to_string(number));
    require(!db::is_connection_lost(number), std::to_string(number));
  }
}

Test(db_error, a_broken_link_names_its_constraint_where_the_server_does) {
  constexpr const char* kMessage =
      "Cannot add or update a child row: a foreign key constraint fails (`tenantd`.`product`, CONSTRAINT "
      "`product_has_supplier` FOREIGN KEY (`org_id`, `supplier_id`) REFERENCES `supplier` (`org_id`, `id`))";
  require_equal(kind_of(1452, kMessage), "foreign keyproduct_has_supplier");
  require_equal(kind_of(1452, "fails (`tenantd`.`product`, CONSTRAINT `"), "foreign key");
}

Test(db_error, a_duplicate_names_its_key_as_the_schema_does) {
  require_equal(kind_of(1062, "Duplicate entry 'a@example.com' for key 'email'"), "duplicate email");
  require_equal(kind_of(1062, "Duplicate entry 'a@example.com' for key 'user.email'"), "duplicate email");
  require_equal(kind_of(1062, "Duplicate entry 'it's 'quoted'' for key 'slug'"), "duplicate slug");
  require_equal(kind_of(1062, "Duplicate entry '\x01\x02-\xFF' for key 'PRIMARY'"), "duplicate PRIMARY");
}

Test(db_error, a_duplicate_whose_message_is_another_names_no_key) {
  for (const char* message : {"", "Duplicate", "'", "Duplicate entry x for key email"})
    require_equal(kind_of(1062, message), "duplicate ", message);
}
