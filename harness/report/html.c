/*
 * html: page/page.html with its {{marks}} replaced. Adding a section: a mark in the page, a row
 * here.
 */
#include "report/html_parts.h"
#include "report/page_assets.h"
#include "report/report_format.h"

#include <string.h>

struct mark {
	const char *name;
	void (*render)(const struct run *run, struct buf *out);
	const unsigned char *asset;
};

static const struct mark marks[] = {
    {"title", html_title, NULL},
    {"verdict", html_verdict, NULL},
    {"statements", html_statements, NULL},
    {"checks", html_checks, NULL},
    {"summary", html_summary, NULL},
    {"lag", html_lag, NULL},
    {"change", html_change, NULL},
    {"plans", html_plans, NULL},
    {"fidelity", html_fidelity, NULL},
    {"run", html_run, NULL},
    {"again", html_again, NULL},
    {"footer", html_footer, NULL},
    {"data", html_data, NULL},
    {"details", html_details, NULL},
    {"css", NULL, page_css},
    {"js", NULL, page_js},
    {"uplot_css", NULL, uplot_css},
    {"uplot_js", NULL, uplot_js},
    {"uplot_license", NULL, uplot_license},
};

static const struct mark *find_mark(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strlen(marks[i].name) == len && strncmp(marks[i].name, name, len) == 0)
			return &marks[i];
	return NULL;
}

void render_html(const struct run *run, struct buf *out)
{
	const char *rest = (const char *)page_html, *open;

	while ((open = strstr(rest, "{{"))) {
		const char *close = strstr(open, "}}");
		const struct mark *mark = close ? find_mark(open + 2, (size_t)(close - open - 2)) : NULL;

		if (!mark)
			break;
		buf_add(out, rest, (size_t)(open - rest));
		if (mark->render)
			mark->render(run, out);
		else
			buf_adds(out, (const char *)mark->asset);
		rest = close + 2;
	}
	buf_adds(out, rest);
}
