# ppl_cpu_levels(target sources...): the sources compiled once for each instruction set and joined so that a call of a
# launcher goes to the set that cpu/level.cpp has chosen. Where there is one set only the sources are the target's own.
set(PPL_CPU_LEVELS "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$" AND NOT PPL_FUZZ)  # fuzzers are for readers of files
  set(PPL_CPU_LEVELS x86_64_v2 avx2 avx512 avx512_bf16)  # lowest first, the names as in cpu/level.cpp
  if(PPL_SANITIZE)
    list(REMOVE_ITEM PPL_CPU_LEVELS avx2 avx512)  # the narrowest and the widest show what sanitizers can see
  endif()
  set(options_x86_64_v2 -march=x86-64-v2)
  set(options_avx2 -march=x86-64-v3)
  set(options_avx512 -march=x86-64-v4)
  set(options_avx512_bf16 -march=x86-64-v4 -mavx512bf16 -mamx-tile -mamx-bf16)  # tiles only where asked for
endif()

function(ppl_cpu_levels target)
  if(NOT PPL_CPU_LEVELS)
    target_sources(${target} PRIVATE ${ARGN})
    return()
  endif()
  target_compile_definitions(${target} PRIVATE PPL_CPU_LEVELS=1)
  set(joined "${CMAKE_CURRENT_BINARY_DIR}/levels")
  file(MAKE_DIRECTORY "${joined}")
  foreach(level ${PPL_CPU_LEVELS})
    set(objects ${target}_${level})
    add_library(${objects} OBJECT ${ARGN})
    target_include_directories(${objects} PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${objects} PRIVATE OpenMP::OpenMP_CXX)
    target_compile_options(${objects} PRIVATE -Wno-psabi ${options_${level}}
      # objcopy leaves unique symbols global; by -mstv g++ 12 makes -c of |c| (std::lcm in map_loop.h, with AVX2).
      $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique> $<$<CXX_COMPILER_ID:GNU>:-mno-stv>)
    # Groups (templates, inline functions) are dissolved, else the linker would keep one level's of them for all.
    list(APPEND link COMMAND ${CMAKE_LINKER} -r --force-group-allocation -o "${joined}/${level}.whole.o"
                             "$<TARGET_OBJECTS:${objects}>")
    list(APPEND needed ${objects} "$<TARGET_OBJECTS:${objects}>")
    list(APPEND made "${joined}/${level}.o")
  endforeach()
  list(JOIN PPL_CPU_LEVELS "," levels)
  set(script "${CMAKE_CURRENT_SOURCE_DIR}/cpu/join_levels.cmake")
  add_custom_command(
    OUTPUT ${made} "${joined}/launchers.cpp"
    ${link}
    COMMAND ${CMAKE_COMMAND} -DLEVELS=${levels} "-DFOLDER=${joined}" "-DNM=${CMAKE_NM}"
            "-DOBJCOPY=${CMAKE_OBJCOPY}" -P "${script}"
    DEPENDS ${needed} "${script}" COMMAND_EXPAND_LISTS VERBATIM
    COMMENT "Joining the kernels' instruction sets")
  set_source_files_properties(${made} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  target_sources(${target} PRIVATE ${made} "${joined}/launchers.cpp")
endfunction()
