#include "cli/results.h"

#include "base/file.h"
#include "base/mem.h"

#define DIR_MODE  0755
#define FILE_MODE 0644

int results_check_formats(const struct strv *formats, struct err *err)
{
	_cleanup_buf_ struct buf known = BUF_INIT;

	for (size_t i = 0; i < formats->n; i++) {
		if (report_format_find(formats->items[i]))
			continue;
		for (size_t k = 0; k < n_report_formats; k++)
			buf_addf(&known, "%s%s", k ? ", " : "", report_formats[k].name);
		err_set(err, ERR_USAGE, "there is no report format \"%.60s\"", formats->items[i]);
		return err_hint(err, "the formats are %s", known.data);
	}
	return 0;
}

int results_write_report(
    const struct run *run, const struct report_format *format, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	format->render(run, &text);
	return file_write_atomic(path, text.data, text.len, FILE_MODE, err);
}

static int write_into(
    const struct run *run, const char *dir, const struct report_format *format, struct err *err)
{
	_cleanup_free_ char *path = file_join(dir, format->file_name);

	return results_write_report(run, format, path, err);
}

int results_write(
    const struct run *run, const char *dir, const struct strv *formats, struct err *err)
{
	const struct report_format *record = report_format_find("json");
	int rc = results_check_formats(formats, err);

	if (rc >= 0)
		rc = file_mkdir_all(dir, DIR_MODE, err);
	if (rc >= 0)
		rc = write_into(run, dir, record, err);
	for (size_t i = 0; rc >= 0 && i < n_report_formats; i++) {
		const struct report_format *format = &report_formats[i];

		if (format != record && (formats->n == 0 || strv_contains(formats, format->name)))
			rc = write_into(run, dir, format, err);
	}
	return rc < 0 ? rc : 0;
}
