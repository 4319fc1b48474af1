// Tables as people's tools write them: columns in any order, quotes, marks, blanks, geometries with more dimensions.
#include <doctest/doctest.h>

#include "io/tables/image_id.h"
#include "io/tables/road_tables.h"
#include "io/tables/wkt.h"
#include "tests/support/io_support.h"

namespace ppl {
namespace {

using test::contains;
using test::error_of;

// What a table of two roads says, in a canonical form.
std::string read_as_text(const std::string& table) {
  const TemporaryFolder dir;
  write_file(dir / "t.csv", table);
  const auto source = open_road_tables({dir / "t.csv"});
  std::string text;
  for (size_t i = 0; i < source->size(); ++i) {
    const ImageRoads roads = source->read(i);
    text += std::string(source->id(i)) + ":";
    for (const RoadLine& line : roads.lines) text += " " + to_wkt(line.points, 3);
    for (const BadRow& row : roads.bad) text += " bad " + row.reason;
    text += ";";
  }
  return text;
}

TEST_CASE("one table in the forms that people's tools give it") {
  const std::string expected = "a: LINESTRING (1 2, 3 4) LINESTRING (5 6, 7 8);b: LINESTRING EMPTY;";
  for (const char* table : {
           // SpaceNet 3, without a header, without quotes, with more columns (SpaceNet 5).
           "ImageId,WKT_Pix\na,\"LINESTRING (1 2, 3 4)\"\na,\"LINESTRING (5 6, 7 8)\"\nb,LINESTRING EMPTY\n",
           "a,\"LINESTRING (1 2, 3 4)\"\na,\"LINESTRING (5 6, 7 8)\"\nb,LINESTRING EMPTY\n",
           "a,LINESTRING (1 2, 3 4)\na,LINESTRING (5 6, 7 8)\nb,LINESTRING EMPTY\n",
           "ImageId,WKT_Pix,length_m,travel_time_s\na,LINESTRING (1 2, 3 4),1.5,2\na,\"LINESTRING (5 6, 7 8)\",1,\n"
           "b,LINESTRING EMPTY,,\n",
           "a,\"LINESTRING (1 2, 3 4)\",1.5,2\na,\"LINESTRING (5 6, 7 8)\",1,\nb,LINESTRING EMPTY,,\n",
           // pandas: an index column, everything quoted, a mark, Windows' line ends; nan for None.
           ",ImageId,WKT_Pix\n0,a,\"LINESTRING (1 2, 3 4)\"\n1,a,\"LINESTRING (5 6, 7 8)\"\n2,b,LINESTRING EMPTY\n",
           "\"ImageId\",\"WKT_Pix\"\n\"a\",\"LINESTRING (1 2, 3 4)\"\n\"a\",\"LINESTRING (5 6, 7 8)\"\n\"b\",\"\"\n",
           "\xEF\xBB\xBFImageId,WKT_Pix\r\na,\"LINESTRING (1 2, 3 4)\"\r\na,\"LINESTRING (5 6, 7 8)\"\r\nb,nan\r\n",
           "\xEF\xBB\xBF\"image_id\",\"geometry\"\na,\"LINESTRING (1 2, 3 4)\"\na,\"LINESTRING (5 6, 7 8)\"\nb,None\n",
           // Other orders, names and separators; blanks.
           "WKT,n,image\n\"LINESTRING (1 2,3 4)\",0,a\n\"LINESTRING (5 6,7 8)\",1,a\n\"LINESTRING EMPTY\",2,b\n",
           "ImageId;WKT_Pix\na;LINESTRING (1 2, 3 4)\na;\"LINESTRING (5 6, 7 8)\"\nb;LINESTRING EMPTY\n",
           "image_id\tgeometry\na\tLINESTRING (1 2, 3 4)\na\tLINESTRING (5 6, 7 8)\nb\tLINESTRING EMPTY\n",
           "Image ID|WKT_Pix\na|LINESTRING (1 2, 3 4)\na|LINESTRING (5 6, 7 8)\nb|LINESTRING EMPTY\n",
           " ImageId , WKT_Pix \n a , \"LINESTRING (1 2, 3 4)\"  \na ,\"LINESTRING (5 6, 7 8)\" \n b, LINESTRING EMPTY "
           "\n",
           // Names of files as ids; tables one behind the other.
           "ImageId,WKT_Pix\na.tif,\"LINESTRING (1 2, 3 4)\"\nx/a.TIF,\"LINESTRING (5 6, 7 8)\"\nb.png,LINESTRING "
           "EMPTY\n",
           "ImageId,WKT_Pix\na,\"LINESTRING (1 2, 3 4)\"\nImageId,WKT_Pix\na,\"LINESTRING (5 6, 7 8)\"\nb,LINESTRING "
           "EMPTY",
           "image_id,geometry\na,\"LINESTRING (1 2, 3 4)\"\nimage_id,geometry\na,\"LINESTRING (5 6, 7 8)\"\nb,",
           // Geometries of shapely, QGIS and PostGIS.
           "ImageId,WKT_Pix\na,\"LINESTRING Z (1 2 9, 3 4 9)\"\na,\"LineStringZM (5 6 1 2, 7 8 1 2)\"\nb,LINESTRING Z "
           "EMPTY\n",
           "ImageId,WKT_Pix\na,\"MULTILINESTRING ((1 2, 3 4), (5 6, 7 8))\"\nb,MULTILINESTRING EMPTY\n",
           "ImageId,WKT_Pix\na,\"MultiLineString M ((1 2 0, 3 4 0), EMPTY, (5 6 0, 7 8 0))\"\nb,GEOMETRYCOLLECTION "
           "EMPTY\n",
           "ImageId,WKT_Pix\na,\"GEOMETRYCOLLECTION (LINESTRING (1 2, 3 4), LINESTRING (5 6, 7 8))\"\nb,NULL\n",
           "ImageId,WKT_Pix\na,\"linestring(1.0  2,\t3 4e0)\"\na,\"LINESTRING(5 6,7 8)\"\nb,linestring empty\n",
       }) {
    CAPTURE(table);
    CHECK(read_as_text(table) == expected);
  }
}

TEST_CASE("what cannot be read is named") {
  CHECK(contains(read_as_text("ImageId,WKT_Pix\na,POLYGON ((1 2))\n"), "expected LINESTRING or MULTILINESTRING"));
  CHECK(contains(read_as_text("ImageId,WKT_Pix\na,\"SRID=4326;LINESTRING (1 2, 3 4)\"\n"), "got 'SRID'"));
  CHECK(contains(read_as_text("ImageId,WKT_Pix\na,\"LINESTRING (1 2, nan 4)\"\n"), "expected a number"));
  CHECK(contains(read_as_text("ImageId,WKT_Pix\na,\"LINESTRING (1-2, 3 4)\"\n"), "expected a number"));
  CHECK(contains(read_as_text("ImageId,WKT_Pix\na,\"LINESTRING (1 2, 3 4)\",7\n"), "expected 2 fields"));
  CHECK(contains(read_as_text("ImageId,WKT_Pix\na,\"LINESTRING (1 2, 3 4) x\"\n"), "expected nothing more, got 'x'"));
  CHECK(contains(error_of([] { read_as_text("id,shape\na,\"LINESTRING (1 2, 3 4)\"\n"); }),
                 "t.csv: expected columns ImageId and WKT_Pix in the header, got 'id', 'shape'"));
  CHECK(contains(error_of([] { read_as_text("ImageId,length_m,WKT_Geo\na,1,\"LINESTRING (1 2, 3 4)\"\n"); }),
                 "t.csv: expected a column WKT_Pix (in pixels), got 'ImageId', 'length_m', 'WKT_Geo'"));
  CHECK(contains(error_of([] { read_as_text(std::string("\xff\xfeI\0m\0", 6)); }), "t.csv: is UTF-16"));
  CHECK(contains(error_of([] { read_as_text("\x1f\x8b\x08"); }), "t.csv: is packed by gzip"));
  CHECK(contains(error_of([] { read_as_text("PK\x03\x04"); }), "t.csv: is a zip archive or a spreadsheet"));
  CHECK(contains(error_of([] { read_as_text("{\"type\": 1}"); }), "t.csv: is JSON"));
}

TEST_CASE("names of images") {
  for (const auto& [name, id] : std::vector<std::pair<std::string, std::string>>{
           {"AOI_2_Vegas_img7", "AOI_2_Vegas_img7"},
           {" AOI_2_Vegas_img7.tif ", "AOI_2_Vegas_img7"},
           {"SN3_roads_train_AOI_2_Vegas_PS-RGB_img7.tif", "AOI_2_Vegas_img7"},
           {"SN3_roads_train_AOI_2_Vegas_geojson_roads_speed_img7.geojson", "AOI_2_Vegas_img7"},
           {"RGB-PanSharpen_AOI_4_Shanghai_img12", "AOI_4_Shanghai_img12"},
           {"buildings_AOI_5_Khartoum_img3.geojson", "AOI_5_Khartoum_img3"},
           {"SN2_buildings_train_AOI_3_Paris_geojson_buildings_img1.geojson", "AOI_3_Paris_img1"},
           {"SN5_roads_train_AOI_7_Moscow_PS-MS_chip996.tif", "AOI_7_Moscow_chip996"},
           {"SN5_roads_test_public_AOI_9_San_Juan_PS-RGB_chip0", "AOI_9_San_Juan_chip0"},
           {"AOI_10_Dar_Es_Salaam_chip1", "AOI_10_Dar_Es_Salaam_chip1"},
           {"AOI_2_Vegas_img7_mask.png", "AOI_2_Vegas_img7"},
           {"AOI_2_Vegas_img7_0", "AOI_2_Vegas_img7_0"},  // a piece of an image is another
           {"SN6_Train_AOI_11_Rotterdam_Buildings_20190804120223_20190804120456_tile_7.geojson",
            "20190804120223_20190804120456_tile_7"},
           {"town.v2.tif", "town.v2"},
           {"img_1.5", "img_1.5"},
           {".tif", ".tif"},
           {"a b", "a b"}}) {
    CAPTURE(name);
    CHECK(image_id_of(name) == id);
  }
  CHECK(is_spacenet_id("AOI_2_Vegas_img7"));
  for (const char* other : {"AOI_2_Vegas", "AOI_x_Vegas_img7", "a_b_c_d", "AOI__x_1", "", "AOI_2"}) {
    CAPTURE(other);
    CHECK_FALSE(is_spacenet_id(other));
  }
}

}  // namespace
}  // namespace ppl
