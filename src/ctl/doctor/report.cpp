#include "report.hpp"

#include <algorithm>

#include "tenantd/base/json.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::ctl {
namespace {

const char* mark_of(Finding::State state) {
  switch (state) {
    case Finding::State::ok: return "ok    ";
    case Finding::State::fault: return "FAIL  ";
    case Finding::State::unchecked: return "?     ";
  }
  return "";
}

const char* word_of(Finding::State state) {
  switch (state) {
    case Finding::State::ok: return "ok";
    case Finding::State::fault: return "fault";
    case Finding::State::unchecked: return "unchecked";
  }
  return "";
}

std::string sentence_of(const ApiError& e) {
  return e.public_text().empty() ? e.log_detail() : e.public_text();
}

}  // namespace

void Report::check(const Subject& subject, const std::function<std::string()>& look) {
  look_at(subject, look, false);
}

void Report::check_reachable(const Subject& subject, const std::function<std::string()>& look) {
  look_at(subject, look, true);
}

void Report::look_at(const Subject& subject, const std::function<std::string()>& look, bool away_is_fault) {
  using State = Finding::State;
  try {
    add(State::ok, subject, look(), "");
  } catch (const Unchecked& e) {
    add(State::unchecked, subject, e.what(), e.mend);
  } catch (const Fault& e) {
    add(State::fault, subject, e.what(), e.mend);
  } catch (const ApiError& e) {
    const bool away = e.code() == ErrorCode::unavailable && !away_is_fault;
    add(away ? State::unchecked : State::fault, subject, sentence_of(e), "");
  } catch (const std::exception& e) {
    add(State::fault, subject, e.what(), "");
  }
}

void Report::add(Finding::State state, const Subject& subject, const std::string& what,
                 const std::string& mend) {
  const bool ok = state == Finding::State::ok;
  findings_.push_back({state, subject.name, what, ok ? "" : subject.why,
                       ok             ? ""
                       : mend.empty() ? subject.mend
                                      : mend});
}

std::size_t Report::count(Finding::State state) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(findings_, [&](const Finding& each) { return each.state == state; }));
}

void Report::print(std::ostream& out) const {
  for (const auto& each : findings_) {
    const bool unchecked = each.state == Finding::State::unchecked;
    out << mark_of(each.state) << each.check << ": " << (unchecked ? "not checked: " : "") << each.what
        << '\n';
    if (!each.why.empty()) out << "      Why it matters: " << each.why << '\n';
    if (!each.mend.empty())
      out << (unchecked ? "      To check it: " : "      To mend it: ") << each.mend << '\n';
  }
  out << findings_.size() << " checks: " << count(Finding::State::fault) << " found a fault, "
      << count(Finding::State::unchecked) << " could not be made\n";
}

void Report::print_json(std::ostream& out) const {
  json::Writer json;
  json.begin_object()
      .field("healthy", is_healthy())
      .field("faults", count(Finding::State::fault))
      .field("unchecked", count(Finding::State::unchecked))
      .key("checks")
      .begin_array();
  for (const auto& each : findings_) {
    json.begin_object()
        .field("check", each.check)
        .field("state", word_of(each.state))
        .field("what", each.what);
    if (!each.why.empty()) json.field("why", each.why);
    if (!each.mend.empty()) json.field("mend", each.mend);
    json.end_object();
  }
  json.end_array().end_object();
  out << json.text() << '\n';
}

}  // namespace tenantd::ctl
