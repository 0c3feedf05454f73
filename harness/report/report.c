#include "report/report.h"

#include "report/report_format.h"

#include <string.h>

const struct report_format report_formats[] = {
    {"tap", "gate.tap", render_tap, "a test point per check, for prove"},
    {"junit", "junit.xml", render_junit, "a test case per check"},
    {"json", "run.json", render_json, "the run record itself"},
    {"html", "report.html", render_html, "one page to look at"},
    {"markdown", "report.md", render_markdown, "for a pull request"},
    {"change-record", "change-record.md", render_change_record, "for a change ticket"},
    {"openmetrics", "metrics.txt", render_openmetrics, "gauges for Prometheus"},
    {"hlog", "latency.hlog", render_hlog, "HdrHistogram log"},
    {"annotations", "annotations.txt", render_annotations, "GitHub workflow commands"},
};
const size_t n_report_formats = sizeof(report_formats) / sizeof(report_formats[0]);

const struct report_format *report_format_find(const char *name)
{
	for (size_t i = 0; i < n_report_formats; i++)
		if (strcmp(report_formats[i].name, name) == 0)
			return &report_formats[i];
	return NULL;
}
