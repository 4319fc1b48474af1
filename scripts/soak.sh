#!/usr/bin/env bash
# Long searches for what breaks something, too long for every test run; needs clang with libFuzzer (apt-get install clang).
#   scripts/soak.sh [SECONDS [FOLDER]]   each search runs so long (600); FOLDER (build/soak) keeps inputs from run to run
#   scripts/soak.sh faults               every program with every single write, rename, open, thread and allocation failing
# Tables of roads, of buildings, of tiles and of widths, GeoJSON of roads and buildings, world files, names, PBF, PyTorch
# files, safetensors, JSON, PNG and JPEG by libFuzzer, from the inputs in tests; changed tables of tiles and widths; training runs killed at 20 moments. What
# a fuzzer finds it leaves in the folder, and the exit code is not 0.
# Every layer's convolutions on maps of all sizes at every instruction set of this machine (an hour and more).
# Last the memory of `predict` for 10,000 small tiles.
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ ${1-} == faults ]]; then
  cmake -G Ninja -S . -B build/test -DCMAKE_BUILD_TYPE=Release >/dev/null
  cmake --build build/test --parallel "$(nproc)" --target faults_test
  PPL_FAULTS=all exec build/test/bin/faults_test
fi
seconds=${1:-600}
folder=${2:-build/soak}
command -v clang++ >/dev/null || { echo "soak: needs clang++ (apt-get install clang)" >&2; exit 1; }

# fuzz NAME CORPUS SOURCES...: builds the fuzzer and runs it.
fuzz() {
  local name=$1 corpus=$2
  shift 2
  mkdir -p "$folder/$name"
  clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -ffp-contract=off \
    -DPPL_LIBFUZZER -DPPL_CUDA_KERNELS=0 -I. "$@" -o "$folder/$name.bin"
  "$folder/$name.bin" -max_total_time="$seconds" -max_len=2000 -timeout=20 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$folder/$name-" "$folder/$name" "$corpus"
}

tables="$(echo io/{file,folder,temporary_file,utf8}.cpp) io/image/formats.cpp $(echo io/tables/{csv,image_id,image_tables,mapped_tables,wkt}.cpp)"
fuzz road_tables tests/corpora/road_tables tests/support/fuzz/road_fuzz.cpp $tables \
  io/tables/{reference_wkt,road_tables,roads}.cpp apps/score/apls/*.cpp
fuzz pbf tests/corpora/pbf tests/support/fuzz/pbf_fuzz.cpp io/{file,temporary_file}.cpp io/maps/osm/pbf_{blobs,block}.cpp \
  io/maps/osm/{collector,relations,tags}.cpp io/maps/features.cpp io/geometry/box_index.cpp -lz
fuzz torch_files tests/weights tests/support/fuzz/torch_file_fuzz.cpp engine/named_arrays.cpp engine/{tensor,storage}.cpp kernels/cuda/no_cuda.cpp \
  io/{file,folder,temporary_file}.cpp io/weights/*.cpp
fuzz formats tests/corpora/formats tests/support/fuzz/format_fuzz.cpp engine/{named_arrays,nearest_name,tensor,storage}.cpp kernels/cuda/no_cuda.cpp \
  io/{file,folder,temporary_file,utf8}.cpp io/image/formats.cpp io/image/codecs/{jpeg,png}.cpp io/tiles/input_spec.cpp \
  io/weights/safetensors{,_header}.cpp $(gdal-config --cflags) $(gdal-config --libs) -ljpeg -lpng
# GDAL keeps memory of its own to the end.
export ASAN_OPTIONS=detect_leaks=0
buildings="$(echo apps/score/buildings/buildings{,_read,_tables}.cpp) models/metrics.cpp $tables
  $(echo io/geometry/{bit_image,polygon,shape}.cpp io/maps/ogr/layers.cpp io/places/projection.cpp)
  $(echo io/tables/layers/{layer_files,vector_names,vector_read,vector_write}.cpp)
  $(gdal-config --cflags) $(gdal-config --libs) -lgeos_c -lproj"
fuzz building_tables tests/corpora/building_tables tests/support/fuzz/building_fuzz.cpp $buildings
fuzz layers tests/corpora/layers tests/support/fuzz/layer_fuzz.cpp io/image/{geotiff,image}.cpp io/image/codecs/no_{jpeg,png}.cpp \
  io/places/{mosaic,scene_mosaic,tile_frame,tile_table}.cpp io/tables/{image_places,roads}.cpp io/tables/layers/{held_roads,road_layers}.cpp \
  io/image/scene.cpp io/tiles/tiles.cpp $buildings
fuzz tile_texts tests/corpora/tile_texts tests/support/fuzz/tile_fuzz.cpp apps/rasterize/widths.cpp io/{file,folder,temporary_file}.cpp io/image/{geotiff,image}.cpp io/image/codecs/no_{jpeg,png}.cpp io/tiles/tiles.cpp \
  io/places/{tile_frame,tile_table,projection}.cpp $(gdal-config --cflags) $(gdal-config --libs) -lproj

cmake -G Ninja -S . -B build/asan -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O0 -DPPL_SANITIZE=ON >/dev/null
cmake --build build/asan --parallel "$(nproc)" --target rasterize_tables_test
PPL_FUZZ_SECONDS=$seconds build/asan/bin/rasterize_tables_test --test-case="changed tables*"

cmake -G Ninja -S . -B build/test -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build build/test --parallel "$(nproc)" --target resume_test conv_layers_test town train predict
PPL_KILLS=20 build/test/bin/resume_test --test-case="*killed*"
PPL_LONG_TESTS=1 build/test/bin/conv_layers_test
scripts/many_tiles.sh build/test/bin "$folder/many_tiles"
