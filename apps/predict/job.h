// What makes one job of predict another than the next.
#pragma once

#include <string>
#include <vector>

#include "apps/predict/ensemble.h"

namespace ppl::apps {

// .predict-<hash>: jobs that differ in anything that changes results have different names. images: what they are made
// of.
std::string job_name(const PredictOptions&, const Ensemble&, const std::vector<std::string>& images);

}  // namespace ppl::apps
