# `cmake --install`: the programs (apps/CMakeLists.txt), their man pages and completions, and the engine as a library for
# find_package(pplinknet): targets pplinknet::kernels, ::engine, ::models and, where it is built, ::io.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(ppl_package ${CMAKE_INSTALL_LIBDIR}/cmake/pplinknet)
# The kernels' parts are listed where they are made (kernels/CMakeLists.txt): an alias, as `kernels` is under emulation,
# cannot be installed.
if(NOT PPL_GPU STREQUAL "emulate")
  set(ppl_libraries ${ppl_kernel_libraries} kernels engine models)
  if(TARGET io)
    list(APPEND ppl_libraries io)
  endif()
  install(TARGETS ${ppl_libraries} EXPORT pplinknet ARCHIVE COMPONENT library)
  install(EXPORT pplinknet NAMESPACE pplinknet:: DESTINATION ${ppl_package} COMPONENT library)
  install(DIRECTORY kernels engine models io DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pplinknet COMPONENT library
          FILES_MATCHING PATTERN "*.h" PATTERN "emulate" EXCLUDE)
  configure_package_config_file(scripts/cmake/pplinknetConfig.cmake.in pplinknetConfig.cmake
                                INSTALL_DESTINATION ${ppl_package})
  write_basic_package_version_file(pplinknetConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/pplinknetConfig.cmake ${CMAKE_BINARY_DIR}/pplinknetConfigVersion.cmake
                scripts/cmake/Dependencies.cmake scripts/cmake/CudaLibraries.cmake
          DESTINATION ${ppl_package} COMPONENT library)
endif()
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY scripts/recipes DESTINATION ${CMAKE_INSTALL_DOCDIR})  # configurations of train to begin with

# `cpack -G DEB --config BUILD/CPackConfig.cmake`: programs, pages and library in one package that names the Debian
# packages of the libraries that it was linked with.
set(CPACK_PACKAGE_NAME pplinknet)
set(CPACK_PACKAGE_CONTACT "the pplinknet authors <pplinknet@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "openmpi-bin")  # mpirun, for training in several processes
include(CPack)
