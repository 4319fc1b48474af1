// What read_mask makes of an image's values, for who has them in pieces of whole rows.
#pragma once

#include <string>
#include <vector>

#include "io/image/codec.h"

namespace ppl {

// A value a pixel; colours become grey as OpenCV makes it.
std::vector<uint16_t> grey_values(const PngImage&, const std::string& where);
// Of one class: the least value that is foreground, where `greatest` is the whole image's.
int least_foreground(const PngImage&, int greatest);
// Of several: out [pixels]. Error naming the pixel for what is no class; first_row: of the piece.
void to_classes(const PngImage&, int classes, int64_t first_row, uint8_t* out, const std::string& where);

}  // namespace ppl
