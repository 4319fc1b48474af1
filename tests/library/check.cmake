# cmake -DBUILD=... -DSOURCE=... -DWORK=... -P check.cmake: installs the library to a fresh folder, builds
# tests/library against it by find_package alone, and runs it.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE code)
  if(code)
    message(FATAL_ERROR "failed (${code}): ${ARGV}")
  endif()
endfunction()
file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --component library --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -G Ninja -S ${SOURCE} -B ${WORK}/build -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/bright_squares)
file(REMOVE_RECURSE ${WORK})
