// Masks for many images.
#pragma once

#include "apps/predict/options.h"

namespace ppl::apps {

// Predicts every image of options.images (a folder or a list) into the folder options.out: <id><suffix>.*, if asked
// <id>_prob.* (<id>_prob<k>.* for several classes), and manifest.jsonl. Images that fail are named on stderr and in
// the manifest and do not stop the others; an Error that counts them comes at the end.
// With options.share, any number of processes with the same options do this together; finished blocks of 8 images are
// kept, so that the same command goes on where others were stopped.
void predict_folder(const PredictOptions&);

}  // namespace ppl::apps
