/*
 * inspect: a workload for reading: what there is, what it costs, what will not be replayed.
 */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/inspect_text.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_COLUMNS 100

static const struct usage usage = {
    .command = "inspect",
    .synopsis = "[OPTIONS] WORKLOAD.JSON",
    .about = "Show a workload: its statements by share of execution time, and what cannot be\n"
             "replayed and why.",
    .examples = "  pgrehearse inspect workload.json\n"
                "  pgrehearse inspect --text --top 5 workload.json",
};

static size_t terminal_columns(void)
{
	const char *given = getenv("COLUMNS");
	struct winsize size = {0};

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	if (given && atoi(given) > 0)
		return (size_t)atoi(given);
	return DEFAULT_COLUMNS;
}

int cmd_inspect(int argc, char **argv, struct err *err)
{
	struct workload workload = {0};
	struct strv args = {0};
	struct buf out = BUF_INIT;
	bool with_text = false;
	int64_t top = INT64_MAX;
	const struct option_spec options[] = {
	    {"text", 0, OPTION_FLAG, NULL, "show the statements' texts too", &with_text},
	    {"top", 0, OPTION_INT, "N", "show the N costliest statements only", &top, .min = 1,
	        .max = INT64_MAX},
	    OPTIONS_END,
	};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc != 0)
		return rc > 0 ? EXIT_PASS : rc;
	if (args.n != 1)
		rc = err_set(err, ERR_USAGE, "inspect takes one workload file");
	if (rc == 0)
		rc = workload_load(args.items[0], &workload, err);
	strv_release(&args);
	if (rc < 0)
		return rc;
	inspect_text(&out, &workload, (size_t)top, with_text, terminal_columns());
	rc = file_write_atomic("-", out.data, out.len, 0, err);
	buf_release(&out);
	workload_release(&workload);
	return rc;
}
