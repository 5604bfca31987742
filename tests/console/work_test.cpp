// The work in the console in a real browser: what a person sees is in tests/node/console_work.mjs, what the
// service has made of it is looked at here.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/node.hpp"

using namespace tenantd::test;

namespace {

void work_in_console(const std::string& story, const std::string& email, const std::string& other = "") {
  browse("console_work.mjs", {story, email, kPassword, other, kPassword});
}

}  // namespace

Test(console_work, a_purchase_is_asked_for_approved_and_received_in_parts) {
  const auto owner = sign_up();
  const auto manager = invite_and_accept(owner, "manager");
  work_in_console("purchase", owner.email, manager.email);
  const auto stock = owner.client().get("/api/v1/stock-levels");
  expect(stock, 200);
  require_equal(stock.number("/items/0/quantity"), 500);
}

Test(console_work, a_file_of_rows_tells_of_each_and_a_changed_product_is_not_overwritten) {
  const auto owner = sign_up();
  work_in_console("files", owner.email);
  const auto products = owner.client().get("/api/v1/products");
  expect(products, 200);
  require_equal(products.text("/items/0/name"), "Third");
}

Test(console_work, an_upload_cut_off_by_a_reload_goes_on_as_the_same_document) {
  const auto owner = sign_up();
  work_in_console("cut_off", owner.email);
  const auto documents = owner.client().get("/api/v1/projects/documents");
  expect(documents, 200);
  require_equal(documents.size("/items"), 1U);
  require_equal(documents.text("/items/0/status"), "stored");
}

Test(console_work, an_upload_that_broke_off_goes_on) {
  const auto owner = sign_up();
  work_in_console("documents", owner.email);
  const auto documents = owner.client().get("/api/v1/projects/documents");
  expect(documents, 200);
  require_equal(documents.text("/items/0/status"), "stored");
}
