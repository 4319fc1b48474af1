# Compiler options shared by every target, and the helper that makes one library per folder.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wall> $<$<COMPILE_LANGUAGE:CXX>:-Wextra>)
if(PPL_WERROR)
  # g++ 12 warns about values of its own vector headers and of std::string that are set.
  foreach(option -Werror -Wno-error=uninitialized -Wno-error=maybe-uninitialized -Wno-error=restrict)
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:${option}>)
  endforeach()
endif()
if(PPL_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=address,undefined)
endif()
if(PPL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# ppl_library(NAME [EXCLUDE_FROM_ALL] sources... LINKS targets...): a static library whose headers are included from the
# repository root.
function(ppl_library name)
  cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}> $<INSTALL_INTERFACE:include/pplinknet>)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_link_libraries(${name} PUBLIC ${ARG_LINKS})
endfunction()

# ppl_emulated(NAME sources... LINKS targets...): the library once more as NAME_emulated, with CUDA kernels that run on
# the CPU; built only where a test wants it.
function(ppl_emulated name)
  cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
  if(PPL_GPU STREQUAL "emulate")
    add_library(${name}_emulated ALIAS ${name})
  elseif(PPL_CAN_EMULATE)
    ppl_library(${name}_emulated EXCLUDE_FROM_ALL ${ARG_UNPARSED_ARGUMENTS} LINKS ${ARG_LINKS})
  endif()
endfunction()
