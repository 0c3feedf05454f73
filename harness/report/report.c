#include "report/report.h"

#include "report/report_format.h"

#include <string.h>

const struct report_format report_formats[] = {
    {"tap", "gate.tap", render_tap, "TAP, a test point per check, for prove"},
    {"json", "run.json", render_json, "the run record itself"},
    {"hlog", "latency.hlog", render_hlog, "HdrHistogram log, per statement and arm"},
};
const size_t n_report_formats = sizeof(report_formats) / sizeof(report_formats[0]);

const struct report_format *report_format_find(const char *name)
{
	for (size_t i = 0; i < n_report_formats; i++)
		if (strcmp(report_formats[i].name, name) == 0)
			return &report_formats[i];
	return NULL;
}
