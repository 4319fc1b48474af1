#include "apps/predict/predict.h"

#include <fmt/format.h>
#include <omp.h>

#include <filesystem>
#include <future>

#include "apps/common/device.h"
#include "apps/common/log.h"
#include "engine/ops.h"
#include "io/geotiff.h"
#include "io/tiles.h"
#include "models/inference/views.h"

namespace ppl::apps {
namespace {

// [1, height, width, bands], normalised.
Tensor to_input(const Image& image, const InputSpec& spec, DType precision) {
  const std::vector<std::array<float, 256>> tables = normalisation_tables(spec);
  Tensor x = Tensor::empty({1, image.height, image.width, image.bands});
  float* p = x.data<float>();
  const auto bands = static_cast<size_t>(image.bands);
  for (size_t i = 0; i < static_cast<size_t>(image.count()); ++i) p[i] = tables[i % bands][image.u8()[i]];
  return precision == DType::f32 ? x : cast(x, precision);
}

// 0 where no class passes the threshold, else 1 + the class of the highest probability.
std::vector<uint8_t> class_numbers(const Tensor& sum, float limit) {
  const int64_t classes = sum.dim(3);
  const float* p = sum.data<float>();
  std::vector<uint8_t> numbers(static_cast<size_t>(sum.size() / classes), 0);
  for (size_t i = 0; i < numbers.size(); ++i, p += classes) {
    const int64_t best = std::max_element(p, p + classes) - p;
    if (p[best] > limit) numbers[i] = static_cast<uint8_t>(best + 1);
  }
  return numbers;
}

class Writer {
 public:
  Writer(const PredictOptions& o, const WeightsInfo& info)
      : options_(o), limit_(static_cast<float>(o.threshold.value_or(info.threshold) * o.views)) {}

  void write(const TileFile& tile, const Tensor& sum) const {
    const std::string stem = options_.out + "/" + tile.id;
    std::optional<GeoReference> place;
    if (options_.format == "tif" || options_.probabilities == "tif") place = read_georeference(tile.image_path);
    const std::vector<uint8_t> mask = class_numbers(sum, limit_);
    if (options_.format == "tif")
      write_mask_tiff(stem + "_mask.tif", mask.data(), sum.dim(1), sum.dim(2), place);
    else if (sum.dim(3) == 1)
      write_mask_png(stem + "_mask.png", mask.data(), sum.dim(1), sum.dim(2));
    else
      write_index_png(stem + "_mask.png", mask.data(), sum.dim(1), sum.dim(2));
    if (!options_.probabilities.empty()) write_probabilities(stem, sum, place);
  }

 private:
  void write_probabilities(const std::string& stem, const Tensor& sum, const std::optional<GeoReference>& place) const {
    const int64_t classes = sum.dim(3);
    std::vector<float> mean(static_cast<size_t>(sum.size() / classes));
    for (int64_t c = 0; c < classes; ++c) {
      for (size_t i = 0; i < mean.size(); ++i)
        mean[i] = sum.data<float>()[static_cast<int64_t>(i) * classes + c] / static_cast<float>(options_.views);
      const std::string path =
          stem + "_prob" + (classes > 1 ? std::to_string(c + 1) : "") + "." + options_.probabilities;
      if (options_.probabilities == "tif")
        write_probability_tiff(path, mean.data(), sum.dim(1), sum.dim(2), place);
      else
        write_probability_png(path, mean.data(), sum.dim(1), sum.dim(2));
    }
  }

  const PredictOptions& options_;
  float limit_;
};

}  // namespace

void predict_folder(const PredictOptions& o) {
  if (o.threads > 0) omp_set_num_threads(o.threads);
  const LoadedNetwork loaded = load_weights(o.weights, o.network);
  const std::vector<TileFile> tiles = list_images(o.images);
  const Device device = choose_device(o.device);
  loaded.network->to(device);
  std::filesystem::create_directories(o.out);
  const Writer writer(o, loaded.info);
  const NoGrad off;
  const auto read = [&](size_t i) {
    return std::async(std::launch::async, [&, i] { return read_input(tiles[i].image_path, loaded.info.input); });
  };

  Progress progress("predict", static_cast<int64_t>(tiles.size()));
  size_t failed = 0;
  std::future<Image> next = read(0);
  for (size_t i = 0; i < tiles.size(); ++i) {
    std::future<Image> current = std::move(next);
    if (i + 1 < tiles.size()) next = read(i + 1);  // decoded while this one is computed
    try {
      const Tensor x = to_input(current.get(), loaded.info.input, o.precision).to(device);
      writer.write(tiles[i], probability_sum(*loaded.network, x, o.views).to(Device::cpu));
    } catch (const std::exception& e) {
      ++failed;
      log_error(fmt::format("predict: tile {}: {}", tiles[i].id, e.what()));
    }
    progress.advance();
  }
  log_line(fmt::format("predict: {} masks in {}", tiles.size() - failed, o.out));
  PPL_CHECK(failed == 0, failed, " of ", tiles.size(), " tiles failed");
}

}  // namespace ppl::apps
