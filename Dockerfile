# Two stages: one builds a Debian package of the programs, the other one installs it and nothing else.
#   docker build -t pplinknet .
#   docker run --rm -v "$PWD:/data" -w /data pplinknet predict WEIGHTS TILES MASKS
# With CUDA (the first base needs nvcc and cuDNN's headers, the second one the libraries; both Debian or Ubuntu):
#   docker build -t pplinknet:cuda --build-arg BUILD_BASE=nvidia/cuda:13.0.2-cudnn-devel-ubuntu24.04 \
#     --build-arg RUN_BASE=nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04 --build-arg GPU=cuda .
ARG BUILD_BASE=debian:12
ARG RUN_BASE=debian:12-slim

FROM ${BUILD_BASE} AS build
ARG GPU=none
WORKDIR /source
COPY scripts/setup.sh scripts/
RUN apt-get update && scripts/setup.sh && apt-get install -y --no-install-recommends dpkg-dev file
COPY . .
RUN cmake --preset release -DPPL_GPU=${GPU} -DPPL_TESTS=OFF \
  && cmake --build build/release \
  && cd build/release && cpack -G DEB

FROM ${RUN_BASE}
COPY --from=build /source/build/release/*.deb /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/*.deb \
  && rm -rf /tmp/*.deb /var/lib/apt/lists/*
ENTRYPOINT ["/usr/bin/env"]
CMD ["predict", "--help"]
