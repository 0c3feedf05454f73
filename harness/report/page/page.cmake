# The report page in the program: template, style and script from this folder, uPlot from
# node_modules (npm ci, pinned by package-lock.json). Without node_modules everything builds and
# the page has its tables but no charts.
set(page_dir ${CMAKE_CURRENT_SOURCE_DIR}/report/page)
set(uplot_dir ${page_dir}/node_modules/uplot)
file(GLOB uplot_files CONFIGURE_DEPENDS ${uplot_dir}/dist/uPlot.iife.min.js
  ${uplot_dir}/dist/uPlot.min.css ${uplot_dir}/LICENSE)
list(LENGTH uplot_files uplot_count)
if(uplot_count EQUAL 3)
  set(uplot_assets uplot_js=${uplot_dir}/dist/uPlot.iife.min.js
    uplot_css=${uplot_dir}/dist/uPlot.min.css uplot_license=${uplot_dir}/LICENSE)
else()
  message(STATUS "The HTML report will have no charts: uPlot is not installed "
    "(npm ci in harness/report/page)")
  set(uplot_files)
  set(uplot_assets uplot_js= uplot_css= uplot_license=)
endif()
set(page_assets page_html=${page_dir}/page.html page_css=${page_dir}/page.css
  page_js=${page_dir}/page.js ${uplot_assets})
set(page_source ${CMAKE_CURRENT_BINARY_DIR}/page_assets.c)
add_custom_command(OUTPUT ${page_source}
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${page_source} "-DASSETS=${page_assets}"
    -P ${page_dir}/embed.cmake
  DEPENDS ${page_dir}/embed.cmake ${page_dir}/page.html ${page_dir}/page.css ${page_dir}/page.js
    ${uplot_files}
  COMMENT "Embedding the report page" VERBATIM)
target_sources(room_report PRIVATE ${page_source})
