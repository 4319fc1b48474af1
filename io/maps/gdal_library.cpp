#include "io/maps/gdal_library.h"

extern "C" const ppl::GdalLibrary ppl_gdal_library{
    ppl::tiff_header,     ppl::decode_tiff, ppl::read_georeference,      ppl::read_validity,
    ppl::write_mask_tiff, ppl::mask_tiff,   ppl::write_probability_tiff, ppl::read_ogr};
