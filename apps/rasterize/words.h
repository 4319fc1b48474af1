// The words that options have for settings; masks of an earlier run are compared by them.
#pragma once

#include "apps/common/choice.h"
#include "apps/rasterize/settings.h"

namespace ppl::rasterize {

inline const apps::Choices<MapTheme> kThemes{{"roads", MapTheme::roads}, {"buildings", MapTheme::buildings}};
inline const apps::Choices<Style> kStyles{{"metric", Style::metric}, {"published", Style::published}};
inline const apps::Choices<Values> kValues{{"binary", Values::binary}, {"classes", Values::classes}};
inline const apps::Choices<Format> kFormats{{"png", Format::png}, {"tif", Format::tif}};
inline const apps::Choices<NoData> kNoDataRules{{"keep", NoData::keep}, {"mask", NoData::mask}, {"skip", NoData::skip}};

}  // namespace ppl::rasterize
