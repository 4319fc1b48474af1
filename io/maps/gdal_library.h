// GDAL brings some hundred libraries, which take longer to load than a city to rasterize. The files that call it for
// images and for maps are therefore a library of their own, ppl_gdal, which is loaded when one of these is called.
#pragma once

#include "io/image/codecs/codec.h"
#include "io/image/geotiff.h"
#include "io/maps/source.h"

namespace ppl {

struct GdalLibrary {
  decltype(&ppl::tiff_header) tiff_header;
  decltype(&ppl::decode_tiff) decode_tiff;
  decltype(&ppl::read_georeference) read_georeference;
  decltype(&ppl::read_validity) read_validity;
  decltype(&ppl::write_mask_tiff) write_mask_tiff;
  decltype(&ppl::mask_tiff) mask_tiff;
  decltype(&ppl::write_probability_tiff) write_probability_tiff;
  decltype(&ppl::read_ogr) read_ogr;
};

}  // namespace ppl

// What ppl_gdal is asked for by this name.
extern "C" __attribute__((visibility("default"))) const ppl::GdalLibrary ppl_gdal_library;
