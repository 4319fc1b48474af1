#include "io/tiles/combined_tiles.h"

#include <algorithm>

namespace ppl {

CombinedTiles::CombinedTiles(std::vector<std::shared_ptr<const TileSource>> sources) : sources_(std::move(sources)) {
  PPL_CHECK(!sources_.empty(), "tiles: no source");
  input_ = sources_[0]->input();
  classes_ = sources_[0]->classes();
  for (const auto& s : sources_) {
    PPL_CHECK(s->input() == input_ && s->classes() == classes_, "tiles: source ", starts_.size() + 1, " has ",
              s->classes(), " classes and the input ", to_json(s->input()), ", the first ", classes_, " and ",
              to_json(input_));
    starts_.push_back(size());
    if (s == sources_[0])
      census_ = s->census();
    else if (census_ && s->census())
      census_->add(*s->census());
    else
      census_.reset();
    for (int64_t i = 0; i < s->size(); ++i) entries_.push_back(s->entry(i));
  }
}

Tile CombinedTiles::load(int64_t index) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), index);
  const auto source = static_cast<size_t>(after - starts_.begin() - 1);
  return sources_[source]->load(index - starts_[source]);
}

EveryNthTile::EveryNthTile(std::shared_ptr<const TileSource> source, int64_t first, int64_t stride)
    : source_(std::move(source)), first_(first), stride_(stride) {
  PPL_CHECK(first >= 0 && stride >= 1 && first < source_->size(), "tiles: no tile ", first, " of ", source_->size());
  input_ = source_->input();
  classes_ = source_->classes();
  for (int64_t i = first; i < source_->size(); i += stride) entries_.push_back(source_->entry(i));
}

}  // namespace ppl
