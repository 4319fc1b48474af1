// Images too large to be held: read in windows, written in blocks. Through GDAL; without it everything throws an
// Error that says so.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/file.h"
#include "io/image/geotiff.h"
#include "io/image/image.h"

namespace ppl {

// An image that is read in windows. One object serves one thread.
class SceneSource {
 public:
  SceneSource() = default;
  virtual ~SceneSource() = default;
  SceneSource(const SceneSource&) = delete;
  SceneSource& operator=(const SceneSource&) = delete;

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  int depth() const { return depth_; }  // 8 or 16
  virtual std::optional<GeoReference> georeference() const = 0;

  struct Window {
    Image image;                 // the chosen bands
    std::vector<uint8_t> valid;  // [height, width]: 1 where there is data: by no-data value, alpha or mask
    bool any_valid = false;
  };
  // Error naming the file for damaged parts; rectangles lie inside the image.
  virtual Window read(int64_t row, int64_t column, int64_t height, int64_t width) const = 0;
  // The whole image with each `step`th pixel of each `step`th row.
  virtual Image read_thinned(int64_t step) const = 0;

 protected:
  int64_t height_ = 0, width_ = 0;
  int depth_ = 8;
};

// GeoTIFF, COG, PNG, JPEG, JPEG 2000 where GDAL reads it, or VRT where the name ends in .vrt (any case): only that form
// may refer to other files. Palettes become their colours, values are turned where white is zero. The others lie on
// this machine: nothing is fetched from the net.
class SceneReader : public SceneSource {
 public:
  // Error naming the file where it cannot be opened, holds other values than 8 or 16 bit, or has no such band.
  // cache_bytes: of decoded blocks; more where a line of blocks as high as `window` needs it.
  SceneReader(const std::string& path, std::vector<int> bands, int64_t window, int64_t cache_bytes = int64_t{64} << 20);
  ~SceneReader() override;

  std::optional<GeoReference> georeference() const override;
  Window read(int64_t row, int64_t column, int64_t height, int64_t width) const override;
  Image read_thinned(int64_t step) const override;
  // The file itself, those beside it that belong to it, and of a VRT those that it names.
  std::vector<std::string> files() const;

 private:
  struct Open;
  std::string path_;
  std::vector<int> bands_;
  std::unique_ptr<Open> open_;
};

enum class SceneType { u8, f16, f32 };

// A GeoTIFF, tiled, deflated. It takes its name when it is committed; until then it has a temporary one, which goes
// away with the object.
class SceneWriter {
 public:
  struct Spec {
    SceneType type = SceneType::u8;
    int64_t height = 0, width = 0;
    int bands = 1;
    int64_t block = 256;  // side of its tiles, a multiple of 16; blocks written along it are compressed once
    std::optional<GeoReference> geo;
    std::optional<double> no_data;
    std::string note{};  // kept in the file for read_note
    bool cog = false;    // a cloud optimized one, made of the other when it is committed; needs the room of both
  };
  SceneWriter(const std::string& path, const Spec&);
  ~SceneWriter();
  SceneWriter(const SceneWriter&) = delete;
  SceneWriter& operator=(const SceneWriter&) = delete;

  // data [height, width] of one band, from 0; u8 from bytes, f16 and f32 from floats.
  void write(int band, int64_t row, int64_t column, int64_t height, int64_t width, const uint8_t* data);
  void write(int band, int64_t row, int64_t column, int64_t height, int64_t width, const float* data);
  // Flushed to the disk and renamed.
  void commit();

 private:
  struct Open;
  std::string path_;
  bool cog_ = false;
  std::optional<GeoReference> geo_;
  std::unique_ptr<TemporaryFile> temporary_;
  std::unique_ptr<Open> open_;
};

// What the writer of a TIFF was given to note; empty where there is nothing, or no TIFF.
std::string read_note(const std::string& path);

// The values below which low_percent, and above which 100 - high_percent of the valid pixels of each band lie, from
// exact counts over the whole image. Error where no pixel is valid.
struct Percentiles {
  std::vector<double> low, high;
};
// take_out, where it is given, clears flags of a window that begins at (row, column).
using TakeOut = std::function<void(const Image&, int64_t row, int64_t column, std::vector<uint8_t>& valid)>;
Percentiles scene_percentiles(const SceneSource&, int64_t window, double low_percent, double high_percent,
                              const TakeOut& take_out = {});

// What places an image on the earth and is not carried over to results: ground control points or RPCs, in words; empty
// where there are none, or where a transform places it.
std::string lost_placement(const std::string& path);

}  // namespace ppl
