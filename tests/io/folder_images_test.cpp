// Which files of a folder are tiles, and which masks belong to them.
#include <doctest/doctest.h>

#include "io/tiles/folder_images.h"
#include "io/tiles/image_list.h"
#include "io/tiles/tiles.h"
#include "tests/support/images/other_files.h"
#include "tests/support/io_support.h"

using namespace ppl;
using test::contains;
using test::error_of;
using test::fs::create_directory;
using test::fs::create_symlink;

namespace {

void write_grey(const std::string& path, uint8_t value = 1) {
  Image image = Image::make(4, 4, 1);
  std::fill(image.bytes.begin(), image.bytes.end(), value);
  write_png(path, image);
}

std::vector<std::string> ids_of(const std::vector<TileFile>& tiles) {
  std::vector<std::string> ids;
  for (const TileFile& t : tiles) ids.push_back(t.id);
  return ids;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("neither hidden files nor what programs leave beside images are tiles") {
  const TemporaryFolder dir;
  for (const char* name : {"a_sat.png", "b.PNG", "a_mask.png", "a_distance.png", "a_prob.png", "a_prob2.png",
                           "b_label.png", "x_label.png", "._a_sat.png", "c_masked.png"})
    write_grey(dir / name);
  for (const char* name : {"d.webp", "e.webp", "f.bmp", "notes.txt"}) write_file(dir / name, std::string("x"));
  create_symlink("nowhere.png", dir / "g.png");
  const FolderImages found = images_of_folder(dir.path);
  CHECK(found.images == Names{"a_sat.png", "b.PNG", "c_masked.png", "x_label.png"});
  CHECK(found.broken == Names{"g.png"});
  CHECK(found.passed_over_text() == "1 .bmp, 2 .webp");
  Names notes;
  CHECK(ids_of(list_images(dir.path, &notes)) == Names{"a", "b", "c_masked", "x_label"});
  REQUIRE(notes.size() == 2);
  CHECK(contains(notes[0], "g.png: passed over: a link to nothing"));
  CHECK(contains(notes[1], "1 .bmp, 2 .webp"));
  const ImageList list = find_images(dir.path, {});
  CHECK(ids_of(list.tiles) == Names{"a", "b", "c_masked", "x_label"});
  REQUIRE(list.problems.size() == 1);
  CHECK(contains(list.problems[0].what, "g.png: is a link to nothing"));
  CHECK(list.notes == Names{notes[1]});
}

TEST_CASE("a folder of other formats says which") {
  const TemporaryFolder dir;
  write_file(dir / "a.webp", std::string("x"));
  CHECK(contains(error_of([&] { list_images(dir.path); }), "found none, but images of other formats: 1 .webp"));
  CHECK(contains(error_of([&] { find_images(dir.path, {}); }), "1 .webp"));
}

TEST_CASE("masks are found in any case of their extension, and under the images' own names") {
  const TemporaryFolder dir;
  write_grey(dir / "t_sat.png");
  write_grey(dir / "t_mask.PNG");
  CHECK(scan_tiles(dir.path).tiles.at(0).mask_path == dir / "t_mask.PNG");
  const TemporaryFolder both;
  for (const char* name : {"images", "labels"}) {
    create_directory(both / name);
    for (const char* id : {"a", "b"}) write_grey(both / (name + std::string("/") + id + ".png"));
  }
  for (const TileFolder& f : {scan_tiles(both / "images", both / "labels"), scan_tiles(both.path)}) {
    CHECK(f.problems.empty());
    CHECK(ids_of(f.tiles) == Names{"a", "b"});
    CHECK(f.tiles.at(1).mask_path == both / "labels/b.png");
  }
  create_directory(both / "masks");
  CHECK(contains(error_of([&] { scan_tiles(both.path); }), "\"masks\" of the source says which are the masks"));
  write_grey(both / "labels/b.tif");  // a PNG by its content, but a second file of the name
  CHECK(contains(scan_tiles(both / "images", both / "labels").problems.at(0).what, "are both the mask"));
}

TEST_CASE("lists may have a byte order mark, blanks and comments, for training and prediction") {
  const TemporaryFolder dir;
  for (const char* id : {"a", "b"})
    write_grey(dir / (id + std::string("_sat.png"))), write_grey(dir / (id + std::string("_mask.png")));
  write_file(dir / "pairs.txt",
             std::string("\xef\xbb\xbf# pairs\r\n a_sat.png\ta_mask.png \r\n\r\n\t\nb_sat.png, b_mask.png\n"));
  CHECK(ids_of(scan_list(dir / "pairs.txt").tiles) == Names{"a", "b"});
  write_file(dir / "images.txt", std::string("\xef\xbb\xbf"
                                             "b_sat.png \r\n# no\n\n  a_sat.png\n"));
  CHECK(ids_of(find_images(dir / "images.txt", {}).tiles) == Names{"b", "a"});
}

TEST_CASE("what an image does not show is not learnt, and what masks hold is counted") {
  const TemporaryFolder dir;
  std::vector<uint8_t> rgba;
  for (int i = 0; i < 16; ++i)
    rgba.insert(rgba.end(), {9, 9, static_cast<uint8_t>(i), static_cast<uint8_t>(i < 4 ? 0 : 255)});
  test::write_rgba_png(dir / "a_sat.png", 4, 4, rgba);
  write_grey(dir / "a_mask.png");
  const FolderTiles tiles(dir.path, {});
  const Tile tile = tiles.load(0);
  CHECK(std::vector<uint8_t>(tile.mask + 3, tile.mask + 5) == std::vector<uint8_t>{255, 1});
  REQUIRE(tiles.census());
  CHECK(describe(*tiles.census()) == "1 of 1 masks hold foreground, 1 no data or ignored pixels");
  CHECK(tiles.census()->ignored_pixels == 4);
  FolderOptions black;
  black.input.no_data = 9;  // but the bands of no pixel are all 9, save one
  CHECK(FolderTiles(dir.path, black).census()->ignored_pixels == 5);
}
