# The libraries beside the CUDA toolkit: cuDNN, NCCL, cuBLASLt and NVTX's headers. Not by find_package: they have no
# configuration for CMake. They lie in the toolkit's folder, in the system's, or in NVIDIA's Python packages.
find_package(CUDAToolkit REQUIRED)

# CUDAToolkit_LIBRARY_DIR alone will not do: from CMake 4.2 on it may be a folder that holds a link to libcudart only.
set(ppl_cuda_folders ${CUDAToolkit_LIBRARY_DIR} ${CUDAToolkit_LIBRARY_ROOT} ${CUDAToolkit_TARGET_DIR}
                     ${CUDAToolkit_BIN_DIR}/..)
if(CMAKE_CUDA_COMPILER)
  get_filename_component(ppl_nvcc ${CMAKE_CUDA_COMPILER} REALPATH)
  get_filename_component(ppl_nvcc_folder ${ppl_nvcc} DIRECTORY)
  list(APPEND ppl_cuda_folders ${ppl_nvcc_folder}/..)
endif()

# ppl_python_package(variable name): the folder of a Python package (nvidia.cudnn), empty where there is none.
find_program(PPL_PYTHON python3)
function(ppl_python_package variable name)
  set(${variable} "" PARENT_SCOPE)
  if(PPL_PYTHON)
    execute_process(
      COMMAND ${PPL_PYTHON} -c "import importlib.util as u; print(list(u.find_spec('${name}').submodule_search_locations)[0])"
      OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed)
      set(${variable} ${folder} PARENT_SCOPE)
    endif()
  endif()
endfunction()

# ppl_cuda_library(NAME header python_package library names...): sets NAME_INCLUDE_DIR, NAME_LIBRARY (both may be given)
# and, in the caller's scope, name_FOUND. Header and library must be of one place: another version's header would compile.
function(ppl_cuda_library name header package)
  string(TOLOWER ${name} lower)
  ppl_python_package(folder ${package})
  foreach(place IN LISTS ppl_cuda_folders folder)
    if(place AND NOT ${name}_LIBRARY)
      find_library(${name}_LIBRARY NAMES ${ARGN} NAMES_PER_DIR PATHS ${place} PATH_SUFFIXES lib64 lib NO_DEFAULT_PATH)
      find_path(${name}_INCLUDE_DIR ${header} PATHS ${place} PATH_SUFFIXES include NO_DEFAULT_PATH)
      if(NOT (${name}_LIBRARY AND ${name}_INCLUDE_DIR))
        unset(${name}_LIBRARY CACHE)
        unset(${name}_INCLUDE_DIR CACHE)
      endif()
    endif()
  endforeach()
  find_library(${name}_LIBRARY NAMES ${ARGN} NAMES_PER_DIR)
  find_path(${name}_INCLUDE_DIR ${header} HINTS ${CUDAToolkit_INCLUDE_DIRS})
  if(${name}_LIBRARY AND ${name}_INCLUDE_DIR)
    set(${lower}_FOUND TRUE PARENT_SCOPE)
    message(STATUS "${name}: ${${name}_LIBRARY}")
  endif()
endfunction()

# Python packages have the libraries under their versioned names only.
ppl_cuda_library(CUDNN cudnn.h nvidia.cudnn cudnn libcudnn.so.9)
ppl_cuda_library(NCCL nccl.h nvidia.nccl nccl libnccl.so.2)
ppl_cuda_library(CUBLASLT cublasLt.h nvidia.cu13 cublasLt libcublasLt.so.13)
find_path(NVTX_INCLUDE_DIR nvtx3/nvToolsExt.h HINTS ${CUDAToolkit_INCLUDE_DIRS})

if(NOT PPL_CUDNN)
  unset(cudnn_FOUND)
endif()
if(cudnn_FOUND)
  if(EXISTS ${CUDNN_INCLUDE_DIR}/cudnn_version.h)
    file(STRINGS ${CUDNN_INCLUDE_DIR}/cudnn_version.h numbers REGEX "define CUDNN_(MAJOR|MINOR) [0-9]+")
    string(REGEX REPLACE "[^0-9;]" "" numbers "${numbers}")
    string(REPLACE ";" "." CUDNN_VERSION "${numbers}")
  endif()
  if(CUDNN_VERSION VERSION_LESS 9.8)  # the first with descriptions of devices in its graphs
    message(STATUS "CUDNN: ${CUDNN_LIBRARY} is of version '${CUDNN_VERSION}', too old")
    unset(cudnn_FOUND)
  endif()
endif()
if(cudnn_FOUND)
  add_library(CUDNN::cudnn UNKNOWN IMPORTED)
  set_target_properties(CUDNN::cudnn PROPERTIES IMPORTED_LOCATION ${CUDNN_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${CUDNN_INCLUDE_DIR})
  target_link_libraries(CUDNN::cudnn INTERFACE CUDA::cudart_static)
endif()
if(NOT PPL_NCCL)
  unset(nccl_FOUND)
endif()
if(nccl_FOUND)
  add_library(NCCL::nccl UNKNOWN IMPORTED)
  set_target_properties(NCCL::nccl PROPERTIES IMPORTED_LOCATION ${NCCL_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${NCCL_INCLUDE_DIR})
  target_link_libraries(NCCL::nccl INTERFACE CUDA::cudart_static)
endif()
