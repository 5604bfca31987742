#include "tenantd/mail/mime.hpp"
#include "tenantd/mail/providers.hpp"

namespace tenantd::mail {
namespace {

constexpr std::size_t kDetailMax = 400;

class ProviderTransport final : public Transport {
 public:
  ProviderTransport(std::unique_ptr<Provider> provider, std::unique_ptr<Transport> fallback,
                    std::function<std::int64_t()> clock)
      : provider_(std::move(provider)), fallback_(std::move(fallback)), clock_(std::move(clock)) {}

  Result send(const Message& message) override {
    const auto trouble = try_provider(message);
    if (trouble.result.outcome != Outcome::retry || !trouble.another_may_take_it || !fallback_)
      return trouble.result;
    auto result = fallback_->send(message);
    result.detour = trouble.result.detail;
    // Who waits for the mail wants both reasons, the server's own first.
    if (result.outcome != Outcome::sent)
      result.detail = shortened(result.detail + "; " + trouble.result.detail, kDetailMax);
    return result;
  }

  void idle() override {
    provider_->idle();
    if (fallback_) fallback_->idle();
  }

 private:
  Answer try_provider(const Message& message) {
    if (clock_() < rests_until_) return last_;
    auto answer = provider_->ask(message);
    if (answer.down && fallback_) {
      rests_until_ = clock_() + std::chrono::microseconds{kProviderRest}.count();
      last_ = answer;
    }
    return answer;
  }

  std::unique_ptr<Provider> provider_;
  std::unique_ptr<Transport> fallback_;
  std::function<std::int64_t()> clock_;
  std::int64_t rests_until_ = 0;
  Answer last_;
};

}  // namespace

std::unique_ptr<Transport> make_provider_transport(std::unique_ptr<Provider> provider,
                                                   std::unique_ptr<Transport> fallback,
                                                   std::function<std::int64_t()> clock) {
  return std::make_unique<ProviderTransport>(std::move(provider), std::move(fallback), std::move(clock));
}

}  // namespace tenantd::mail
