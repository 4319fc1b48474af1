// Which plan computes a convolution, with stand-ins for cuDNN: the order of choices, what happens when one refuses,
// what is remembered. The stand-ins' plans compute by our own plain kernel, so that results can be compared.
#include <doctest/doctest.h>

#include <algorithm>

#include "kernels/cuda/conv_impl.h"
#include "kernels/cuda/conv_plans.h"
#include "tests/support/compare.h"
#include "tests/support/device/eighths.h"

using namespace ppl;

namespace {

constexpr Conv kShape{.n = 1, .h = 5, .w = 4, .c = 3, .oh = 5, .ow = 4, .k = 2, .r = 3, .s = 3, .pad = 1};

// An engine, what is wrong with it, and what was asked of it.
struct Engine {
  std::string name, unfit{};
  bool refuses_to_plan = false, lacks_memory = false;
  size_t workspace = 0;
  int runs_before_refusing = 1 << 20;
  int planned = 0, ran = 0;
};

template <class T>
void compute(CudaContext& ctx, const ConvQuestion& q, const ConvArrays& a) {
  const Conv& s = q.call.shape;
  const auto* first = static_cast<const T*>(a.first);
  const auto* second = static_cast<const T*>(a.second);
  auto* result = static_cast<T*>(a.result);
  const Epilogue<T> e{q.bias ? a.bias : nullptr, q.residual ? static_cast<const T*>(a.residual) : nullptr, q.relu};
  if (q.call.kind == ConvKind::forward) return cuda_conv_plain::forward(ctx, s, first, second, e, result);
  if (q.call.kind == ConvKind::backward_data) return cuda_conv_plain::backward_data(ctx, s, first, second, e, result);
  if constexpr (std::is_same_v<T, float>) return cuda_conv_plain::backward_weights(ctx, s, first, second, result);
  // As cuDNN: in the type of the maps.
  const int64_t size = int64_t{s.k} * s.r * s.s * s.c;
  auto* wide = static_cast<float*>(cuda_allocate(static_cast<size_t>(size) * sizeof(float)));
  cuda_conv_plain::backward_weights(ctx, s, first, second, wide);
  std::vector<float> values(static_cast<size_t>(size));
  copy_to_host(values.data(), wide, values.size() * sizeof(float));
  const std::vector<bf16> narrow(values.begin(), values.end());
  copy_to_device(result, narrow.data(), narrow.size() * sizeof(bf16));
  cuda_free(wide);
}

class StandIn : public ConvLibrary {
 public:
  explicit StandIn(std::vector<Engine> e) : engines(std::move(e)) { set_conv_library(this); }
  ~StandIn() override { set_conv_library({}); }

  std::vector<ConvProposal> proposals(const ConvQuestion& q) override {
    ++asked;
    if (q.has_epilogue() && no_epilogues) throw Refused("no epilogues here");
    std::vector<ConvProposal> all;
    for (Engine& e : engines) all.push_back({e.name, e.unfit, [&e, q] { return plan(e, q); }});
    return all;
  }

  std::vector<Engine> engines;
  int asked = 0;
  bool no_epilogues = false;

 private:
  struct Plan : ConvPlan {
    Engine& engine;
    ConvQuestion question;
    Plan(Engine& e, const ConvQuestion& q) : engine(e), question(q) {}
    size_t workspace() const override { return engine.workspace; }
    void run(CudaContext& ctx, const ConvArrays& a, void* workspace) override {
      CHECK((workspace != nullptr) == (engine.workspace > 0));
      ++engine.ran;
      if (engine.lacks_memory) throw OutOfMemory("no room");
      if (engine.ran > engine.runs_before_refusing) throw Refused("EXECUTION_FAILED");
      question.call.is_bf16 ? compute<bf16>(ctx, question, a) : compute<float>(ctx, question, a);
    }
  };

  static std::unique_ptr<ConvPlan> plan(Engine& e, const ConvQuestion& q) {
    ++e.planned;
    if (e.refuses_to_plan) throw Refused("NOT_SUPPORTED");
    return std::make_unique<Plan>(e, q);
  }
};

struct Maps {
  Eighths<float> x{60, 1}, w{54, 2}, y{40}, expected{40};

  void forward(const Conv& s = kShape) const {
    conv_forward<float>(CudaContext::current(), s, x.data, w.data, {}, y.data);
  }
  bool is_right() const {
    conv_forward<float>(CudaContext::current(), kShape, x.data, w.data, {}, expected.data, nullptr,
                        ConvAlgorithm::plain);
    return y.host() == expected.host();
  }
};

// Who computed the shape's forward pass last; runs are forgotten before each call.
ConvRun ran_by(const std::function<void()>& work) {
  forget_conv_runs();
  work();
  const std::vector<ConvRun> runs = conv_runs();
  REQUIRE(runs.size() == 1);
  return runs[0];
}

}  // namespace

TEST_CASE("the first engine that is fit, plans and keeps to the workspace computes; it is kept") {
  StandIn library({{.name = "random", .unfit = "does not give the same bits every time"},
                   {.name = "proud", .refuses_to_plan = true},
                   {.name = "greedy", .workspace = size_t{2} << 30},
                   {.name = "good", .workspace = 64},
                   {.name = "spare"}});
  const Maps m;
  for (int i = 0; i < 3; ++i) {
    const ConvRun run = ran_by([&] { m.forward(); });
    CHECK(run.by == "good");
    CHECK(run.workspace == 64);
    CHECK(run.refused == "proud refused: NOT_SUPPORTED and 1 more");
    CHECK(m.is_right());
  }
  CHECK(library.asked == 1);
  const std::vector<Engine>& e = library.engines;
  CHECK(e[0].planned == 0);
  CHECK(e[1].planned == 1);
  CHECK(e[2].planned == 1);
  CHECK(e[2].ran == 0);
  CHECK(e[3].planned == 1);
  CHECK(e[3].ran == 3);
  CHECK(e[4].planned == 0);
}

TEST_CASE("an engine that refuses to run is left for the next one, and not tried again") {
  StandIn library({{.name = "tired", .runs_before_refusing = 1}, {.name = "next"}});
  const Maps m;
  CHECK(ran_by([&] { m.forward(); }).by == "tired");
  for (int i = 0; i < 2; ++i) {
    const ConvRun run = ran_by([&] { m.forward(); });
    CHECK(run.by == "next");
    CHECK(run.refused == "tired refused to run: EXECUTION_FAILED");
    CHECK(m.is_right());
  }
  CHECK(library.engines[0].ran == 2);
  CHECK(library.engines[0].planned == 1);
}

TEST_CASE("where all refuse, and where there is no library, our plain kernel computes, and that is said") {
  StandIn library({{.name = "a", .refuses_to_plan = true},
                   {.name = "b", .runs_before_refusing = 0},
                   {.name = "c", .unfit = "computes in less than f32"}});
  const Maps m;
  for (int i = 0; i < 2; ++i) {
    const ConvRun run = ran_by([&] { m.forward(); });
    CHECK(run.by == kPlainConv);
    CHECK(run.refused == "a refused: NOT_SUPPORTED and 1 more; c computes in less than f32");
    CHECK(m.is_right());
    const std::string warning = plain_conv_warning({run});
    CHECK(warning.find("1 of 1 kinds of convolution (100.0 % of the work)") == 0);
    CHECK(warning.find("3x3 3-2 forward f32 of 1 x 5 x 4, since a refused") != std::string::npos);
  }
  CHECK(library.asked == 1);
  CHECK(library.engines[0].planned == 1);
  CHECK(library.engines[1].ran == 1);
  library.engines.clear();
  set_conv_library(&library);
  CHECK(ran_by([&] { m.forward(); }).refused == "nothing is proposed");
  set_conv_library(nullptr);
  const ConvRun run = ran_by([&] { m.forward(); });
  CHECK(run.by == kPlainConv);
  CHECK(run.refused.empty());
}

TEST_CASE("want of memory is no refusal: it is thrown, and the choice stays") {
  StandIn library({{.name = "large", .lacks_memory = true}, {.name = "small"}});
  const Maps m;
  CHECK_THROWS_AS(m.forward(), OutOfMemory);
  library.engines[0].lacks_memory = false;
  CHECK(ran_by([&] { m.forward(); }).by == "large");
  CHECK(m.is_right());
}

TEST_CASE("what is learnt of one shape, kind or type is not held against another") {
  StandIn library({{.name = "first", .runs_before_refusing = 0}, {.name = "second"}});
  const Maps m;
  CHECK(ran_by([&] { m.forward(); }).by == "second");
  library.engines[0].runs_before_refusing = 1 << 20;
  Conv other = kShape;
  other.h = 4, other.oh = 4;
  CHECK(ran_by([&] { m.forward(other); }).by == "first");
  const Eighths<float> dw(54);
  CHECK(ran_by([&] {
          conv_backward_weights<float>(CudaContext::current(), kShape, m.x.data, m.expected.data, dw.data);
        }).by == "first");
  const Eighths<bf16> x(60, 1), w(54, 2), y(40);
  CHECK(ran_by([&] { conv_forward<bf16>(CudaContext::current(), kShape, x.data, w.data, {}, y.data); }).by == "first");
  CHECK(ran_by([&] { m.forward(); }).by == "second");
}

TEST_CASE("an epilogue is computed with the convolution where that is asked for, or behind it") {
  StandIn library({{.name = "unsure", .unfit = "does not repeat"}, {.name = "engine"}});
  CudaContext& ctx = CudaContext::current();
  const Eighths<bf16> x(60, 1), w(54, 2), residual(40, 5), dy(40, 6), y(40), expected(40), dx(60), expected_dx(60);
  const Eighths<float> bias(3, 3);
  const Epilogue<bf16> epilogue{bias.data, residual.data, true}, of_data{bias.data, nullptr, true};
  conv_forward<bf16>(ctx, kShape, x.data, w.data, epilogue, expected.data, nullptr, ConvAlgorithm::plain);
  conv_backward_data<bf16>(ctx, kShape, dy.data, w.data, of_data, expected_dx.data, nullptr, ConvAlgorithm::plain);
  struct Case {
    bool asked, taken;
    std::string by, refused;
  };
  for (const Case& c : {Case{false, true, "engine", ""}, Case{true, true, "engine with epilogue", ""},
                        Case{true, false, "engine", "with epilogue: no epilogues here"}}) {
    CAPTURE(c.asked);
    CAPTURE(c.taken);
    conv_epilogues_by_library() = c.asked;
    library.no_epilogues = !c.taken;
    set_conv_library(&library);
    const ConvRun forward = ran_by([&] { conv_forward(ctx, kShape, x.data, w.data, epilogue, y.data); });
    CHECK(forward.by == c.by);
    CHECK(forward.refused == c.refused);
    CHECK(compare(y.host(), expected.host()).error < 4e-3);  // behind it: rounded twice
    const ConvRun data = ran_by([&] { conv_backward_data(ctx, kShape, dy.data, w.data, of_data, dx.data); });
    CHECK(data.by == c.by);
    CHECK(compare(dx.host(), expected_dx.host()).error < 4e-3);
  }
  conv_epilogues_by_library() = false;
}

TEST_CASE("of engines with epilogues, which are compiled first, only two are tried; f32 is not asked") {
  StandIn library({{.name = "unsure", .unfit = "does not repeat"},
                   {.name = "a", .refuses_to_plan = true},
                   {.name = "b", .refuses_to_plan = true},
                   {.name = "c", .refuses_to_plan = true},
                   {.name = "d"}});
  CudaContext& ctx = CudaContext::current();
  conv_epilogues_by_library() = true;
  const Eighths<bf16> x(60, 1), w(54, 2), y(40);
  CHECK(ran_by([&] { conv_forward<bf16>(ctx, kShape, x.data, w.data, {.relu = true}, y.data); }).by == "d");
  CHECK(library.engines[2].planned == 2);  // with its epilogue and alone
  CHECK(library.engines[3].planned == 1);
  const Maps m;
  CHECK(ran_by([&] { conv_forward<float>(ctx, kShape, m.x.data, m.w.data, {.relu = true}, m.y.data); }).by == "d");
  CHECK(library.asked == 3);
  conv_epilogues_by_library() = false;
}

TEST_CASE("weights' gradients of bf16 maps come in bf16, and are widened") {
  StandIn library({{.name = "engine"}});
  const Eighths<bf16> x(60, 1), dy(40, 2);
  const Eighths<float> dw(54), expected(54);
  CudaContext& ctx = CudaContext::current();
  CHECK(ran_by([&] { conv_backward_weights(ctx, kShape, x.data, dy.data, dw.data); }).by == "engine");
  conv_backward_weights(ctx, kShape, x.data, dy.data, expected.data, ConvAlgorithm::plain);
  std::vector<float> rounded = expected.host();
  for (float& v : rounded) v = bf16(v);
  CHECK(dw.host() == rounded);
}

TEST_CASE("one output channel is for our own kernels, whatever the library would take") {
  StandIn library({{.name = "engine"}});
  Conv one = kShape;
  one.k = 1;
  CudaContext& ctx = CudaContext::current();
  const Maps m;
  const Eighths<float> y(20), expected(20), bias(1, 7);
  const ConvRun run = ran_by([&] { conv_forward(ctx, one, m.x.data, m.w.data, {bias.data, nullptr, true}, y.data); });
  CHECK(run.by == "narrow");
  CHECK(library.asked == 0);
  conv_forward<float>(ctx, one, m.x.data, m.w.data, {bias.data, nullptr, true}, expected.data, nullptr,
                      ConvAlgorithm::plain);
  CHECK(compare(y.host(), expected.host()).error < 1e-6);
  one.stride = 2, one.oh = 3, one.ow = 2;
  CHECK(ran_by([&] { conv_forward<float>(ctx, one, m.x.data, m.w.data, {}, y.data); }).by == "engine");
  CHECK_THROWS_WITH_AS(conv_forward<float>(ctx, one, m.x.data, m.w.data, {}, y.data, nullptr, ConvAlgorithm::narrow),
                       "conv: the kernels for one output channel cannot compute 3x3/2 3-1 forward f32 of 1 x 5 x 4",
                       Error);
}

TEST_CASE("the table has a line a kind, shape, type and engine, the most work first") {
  StandIn library({{.name = "engine 7", .workspace = 3000}});
  const Maps m;
  forget_conv_runs();
  CHECK(conv_table(conv_runs()).empty());
  CHECK(plain_conv_warning(conv_runs()).empty());
  Conv larger = kShape;
  larger.pad = 2, larger.dilation = 2;
  set_conv_library(&library);
  m.forward();
  m.forward();
  m.forward(larger);
  const std::string table = conv_table(conv_runs());
  CAPTURE(table);
  CHECK(std::count(table.begin(), table.end(), '\n') == 3);
  CHECK(table.find("     2 forward  3x3            1  5x4x3            5x4x2            f32    66.7 %       3 KiB  "
                   "engine 7\n     1 forward  3x3 d2") != std::string::npos);
  CHECK(plain_conv_warning(conv_runs()).empty());
}
