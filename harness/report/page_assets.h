/*
 * page_assets: the files of the report page, made part of the program by page/embed.cmake.
 * NUL-terminated; the uplot_ ones are empty when the build did not find the library.
 */
#ifndef REPORT_PAGE_ASSETS_H
#define REPORT_PAGE_ASSETS_H

extern const unsigned char page_html[], page_css[], page_js[];
extern const unsigned char uplot_js[], uplot_css[], uplot_license[];

#endif
