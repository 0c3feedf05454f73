# The files of the report page as byte arrays in one C file. Run as
#   cmake -DOUTPUT=page_assets.c -DASSETS=page_html=page.html;... -P embed.cmake
# An asset without a file ("uplot_js=") becomes the empty string.
set(text "/* Made by embed.cmake from the files beside it. */\n#include \"report/page_assets.h\"\n\n")
foreach(asset IN LISTS ASSETS)
  string(REGEX MATCH "^([a-z_]+)=(.*)$" matched "${asset}")
  set(name ${CMAKE_MATCH_1})
  set(file ${CMAKE_MATCH_2})
  set(hex "")
  if(file)
    file(READ ${file} hex HEX)
  endif()
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND text "const unsigned char ${name}[] = {${bytes}0};\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
