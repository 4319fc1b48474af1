// What makes one job of predict another than the next.
#pragma once

#include <string>
#include <vector>

#include "apps/common/claim.h"
#include "apps/predict/ensemble.h"

namespace ppl::apps {

// All that decides results but the images: weights by their content, options by their values. The one list of these.
Settings folder_settings(const PredictOptions&, const Ensemble&);
Settings scene_settings(const PredictOptions&, const Ensemble&);

// A name for the job: settings, and what it is made of.
std::string job_hash(const Settings&, const std::vector<std::string>& made_of);

// What the program reads beside the images, for the check that nothing is written over.
std::vector<std::string> weights_files(const PredictOptions&);

}  // namespace ppl::apps
