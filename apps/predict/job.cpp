#include "apps/predict/job.h"

#include "apps/common/fingerprint.h"
#include "apps/predict/vectors.h"

namespace ppl::apps {
namespace {

Settings network_settings(const PredictOptions& o, const Ensemble& ensemble) {
  Settings s;
  s["weights"] = Settings::array();
  for (const std::string& path : weights_files(o)) s["weights"].push_back(Fingerprint().add_file(path).hex());
  s["threshold"] = ensemble.threshold();
  if (!o.uncertain.empty()) s["uncertain"] = o.uncertain;
  s["shares"] = ensemble.shares();
  s["networks"] = ensemble.networks();
  s["bands"] = ensemble.input().bands;
  if (o.no_data) s["no data"] = *o.no_data;
  if (o.resample) s["resample"] = {o.pixel_size.value_or(0), o.trained_at.value_or(0)};
  s["tta"] = o.views;
  s["precision"] = name(o.precision);
  s["batch"] = o.batch;
  s["probabilities"] =
      o.probabilities == ProbabilityFormat::none ? "none" : word_of(kProbabilityFormats, o.probabilities);
  return s;
}

}  // namespace

Settings folder_settings(const PredictOptions& o, const Ensemble& ensemble) {
  Settings s = network_settings(o, ensemble);
  s["format"] = word_of(kMaskFormats, o.format);
  s["suffix"] = o.suffix;
  s["context"] = o.context;
  s["windows above"] = o.windows_above;
  s["window"] = o.window;
  s["overlap"] = o.overlap;
  return s;
}

Settings scene_settings(const PredictOptions& o, const Ensemble& ensemble) {
  Settings s = network_settings(o, ensemble);
  s["window"] = o.window;
  s["overlap"] = o.overlap;
  s["stretch"] = word_of(kStretches, o.stretch);
  s["white margin"] = o.white_margin;
  s["cog"] = o.cog;
  s["vectors"] = o.vectors.size();
  if (!o.vectors.empty()) {
    s["theme"] = word_of(kThemes, o.theme);
    s["label"] = o.label;
    s["lengths"] = text_of(o.roads, o.buildings);
    if (!o.maps.empty()) s["missing from"] = missing_text(o);
  }
  return s;
}

std::string job_hash(const Settings& settings, const std::vector<std::string>& made_of) {
  Fingerprint hash;
  hash.add(settings.dump());
  for (const std::string& text : made_of) hash.add(text);
  return hash.hex();
}

std::vector<std::string> weights_files(const PredictOptions& o) {
  std::vector<std::string> files{o.weights};
  files.insert(files.end(), o.also.begin(), o.also.end());
  return files;
}

}  // namespace ppl::apps
