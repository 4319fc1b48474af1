# Where Device::cuda runs: PPL_GPU=cuda (nvcc), emulate (on the CPU, for tests) or none. The tests build the emulated
# variant beside any of them.
if(NOT DEFINED PPL_GPU)
  include(CheckLanguage)
  check_language(CUDA)
  set(ppl_gpu_default none)
  if(CMAKE_CUDA_COMPILER)
    set(ppl_gpu_default cuda)
  endif()
endif()
set(PPL_GPU ${ppl_gpu_default} CACHE STRING "Where Device::cuda runs: cuda, emulate or none")
set_property(CACHE PPL_GPU PROPERTY STRINGS cuda emulate none)
if(NOT PPL_GPU MATCHES "^(cuda|emulate|none)$")
  message(FATAL_ERROR "PPL_GPU: expected cuda, emulate or none, got '${PPL_GPU}'")
endif()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(PPL_CAN_EMULATE TRUE)  # the fibers switch stacks in x86-64 instructions
endif()
if(PPL_GPU STREQUAL "emulate" AND NOT PPL_CAN_EMULATE)
  message(FATAL_ERROR "PPL_GPU=emulate needs an x86-64 processor, this is ${CMAKE_SYSTEM_PROCESSOR}")
endif()

if(PPL_GPU STREQUAL "cuda")
  set(ppl_cuda TRUE)
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90)  # A100; H100, H200 and, by its PTX, what comes later
  endif()
  set(CMAKE_CUDA_STANDARD_REQUIRED OFF)  # CMake 3.25 does not know how to ask nvcc 13 for C++20: given below
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
  # Not by find_package: cuDNN has no configuration for CMake.
  find_path(CUDNN_INCLUDE_DIR cudnn.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_library(CUDNN_LIBRARY cudnn HINTS ${CUDAToolkit_LIBRARY_DIR})
  if(CUDNN_INCLUDE_DIR AND CUDNN_LIBRARY)
    set(cudnn_FOUND TRUE)
    add_library(CUDNN::cudnn UNKNOWN IMPORTED)
    set_target_properties(CUDNN::cudnn PROPERTIES IMPORTED_LOCATION ${CUDNN_LIBRARY}
                          INTERFACE_INCLUDE_DIRECTORIES ${CUDNN_INCLUDE_DIR})
    target_link_libraries(CUDNN::cudnn INTERFACE CUDA::cudart_static)
  endif()
  ppl_report("cuDNN" cudnn_FOUND "convolutions on CUDA run on plain kernels (slow)")
  # Not by find_package: NCCL has none either. Its Python package has the library under its versioned name only.
  find_path(NCCL_INCLUDE_DIR nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_library(NCCL_LIBRARY NAMES nccl libnccl.so.2 NAMES_PER_DIR HINTS ${CUDAToolkit_LIBRARY_DIR})
  if(PPL_NCCL AND NCCL_INCLUDE_DIR AND NCCL_LIBRARY)
    set(nccl_FOUND TRUE)
    add_library(NCCL::nccl UNKNOWN IMPORTED)
    set_target_properties(NCCL::nccl PROPERTIES IMPORTED_LOCATION ${NCCL_LIBRARY}
                          INTERFACE_INCLUDE_DIRECTORIES ${NCCL_INCLUDE_DIR})
    target_link_libraries(NCCL::nccl INTERFACE CUDA::cudart_static)
  endif()
  ppl_report("NCCL" nccl_FOUND "gradients on devices are summed by way of the host")
  # Not linked: opened when the first product is asked for.
  find_path(CUBLASLT_INCLUDE_DIR cublasLt.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_library(CUBLASLT_LIBRARY cublasLt HINTS ${CUDAToolkit_LIBRARY_DIR})
  if(CUBLASLT_INCLUDE_DIR AND CUBLASLT_LIBRARY)
    set(cublaslt_FOUND TRUE)
  endif()
  ppl_report("cuBLASLt" cublaslt_FOUND "PPL_CUBLASLT=1 changes nothing")
  # Headers only, in the toolkit.
  find_path(NVTX_INCLUDE_DIR nvtx3/nvToolsExt.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  ppl_report("NVTX" NVTX_INCLUDE_DIR "ops and phases have no names in a profile")
  # Kernels call constexpr functions of the host.
  foreach(option -std=c++20 --expt-relaxed-constexpr -Xcompiler=-Wall,-Wextra)
    add_compile_options($<$<COMPILE_LANGUAGE:CUDA>:${option}>)
  endforeach()
  if(PPL_WERROR)
    add_compile_options("$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Werror all-warnings>")
  endif()
endif()
ppl_report("CUDA kernels (nvcc)" ppl_cuda "Device::cuda is refused")
ppl_report("Emulated CUDA kernels (x86-64)" PPL_CAN_EMULATE "the tests that run CUDA kernels on the CPU are left out")
