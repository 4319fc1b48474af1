#!/usr/bin/env bash
# Installs what is missing to build everything, on Debian 12 and Ubuntu 24.04. Does nothing where all is there.
set -euo pipefail

packages=(
  g++ cmake ninja-build python3   # compiler, build, the check of the layers
  libdnnl-dev                     # oneDNN: convolutions
  libjpeg-dev libpng-dev          # images
  libopencv-dev libgdal-dev       # drawing; GeoTIFF and coordinates
  libproj-dev                     # coordinate systems
  libgeos-dev                     # polygons
  libosmium2-dev libprotozero-dev zlib1g-dev libbz2-dev libexpat1-dev  # OSM files
  libopenmpi-dev openmpi-bin      # training in several processes
  nlohmann-json3-dev libcli11-dev libfmt-dev
  doctest-dev                     # tests
)

die() {
  echo "setup: $*" >&2
  exit 1
}

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

missing_packages() {
  for package in "${packages[@]}"; do
    # Virtual names (libjpeg-dev may be one) are there when some package provides them.
    installed "$package" || dpkg-query -W -f '${db:Status-Status} ${Provides}\n' 2>/dev/null |
      grep -Eq "^installed .*\b$package\b" || echo "$package"
  done
}

# Without apt nothing can be installed, but what is needed may be there all the same.
missing_without_apt() {
  for tool in c++ cmake ninja python3 mpicxx; do
    command -v "$tool" >/dev/null || echo "$tool"
  done
  local headers=(oneapi/dnnl/dnnl.hpp jpeglib.h png.h opencv2/core.hpp gdal.h proj.h geos_c.h osmium/version.hpp
    protozero/version.hpp zlib.h bzlib.h expat.h nlohmann/json.hpp CLI/CLI.hpp
    fmt/format.h doctest/doctest.h)
  for header in "${headers[@]}"; do
    echo "#include <$header>" | c++ -std=c++20 -I/usr/include/opencv4 -I/usr/include/gdal -include cstdio -x c++ -M - \
      >/dev/null 2>&1 || echo "$header"
  done
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  missing=$(missing_without_apt)
  [[ -z $missing ]] || die "there is no apt here to install what is missing:" $missing
  exit 0
fi

missing=$(missing_packages)
[[ -n $missing ]] || exit 0
as_root=()
if [[ $(id -u) != 0 ]]; then
  command -v sudo >/dev/null || die "neither root nor sudo here to install what is missing:" $missing
  as_root=(sudo)
fi
echo "setup: installing" $missing >&2
"${as_root[@]}" apt-get update -q >&2 || die "apt-get update failed; still missing:" $missing
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2 ||
  die "apt-get install failed; needed:" $missing
missing=$(missing_packages)
[[ -z $missing ]] || die "still missing after apt-get install:" $missing
