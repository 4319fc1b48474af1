#!/usr/bin/env bash
# Builds for 64-bit ARM by a cross compiler and runs the tests of kernels, ops and goldens by qemu-user; needs
# g++-aarch64-linux-gnu and qemu-user. Without oneDNN and other libraries: Debian has them for this machine only.
# Emulated, the goldens take long: they are not part of scripts/test.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
root=/usr/aarch64-linux-gnu
tests=(kernel_test conv_kernel_test op_test golden_test)

cmake -G Ninja -S . -B build/aarch64 -DCMAKE_BUILD_TYPE=Release -DPPL_WERROR=ON -DPPL_GPU=none -DPPL_ONEDNN=OFF \
  -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ \
  -DCMAKE_FIND_ROOT_PATH=$root -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY -DCMAKE_DISABLE_FIND_PACKAGE_OpenCV=ON \
  -DCMAKE_DISABLE_FIND_PACKAGE_GDAL=ON -DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON \
  -DCMAKE_CROSSCOMPILING_EMULATOR="qemu-aarch64;-L;$root"
cmake --build build/aarch64 --parallel "$(nproc)" --target "${tests[@]}"
ctest --test-dir build/aarch64 --output-on-failure --no-tests=error \
  --tests-regex '^(kernel|conv_kernel|op|golden|golden_bf16)_test$'
