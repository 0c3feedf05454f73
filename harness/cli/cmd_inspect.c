/*
 * inspect: a workload for reading: what there is, what it costs, what will not be replayed; of
 * vectors, what they are made of, without a value; and of a run, how near its replay came to
 * production.
 */
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/fidelity_text.h"
#include "cli/inspect_text.h"
#include "cli/vectors_text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_COLUMNS 100

static const struct usage usage = {
    .command = "inspect",
    .synopsis = "[OPTIONS] WORKLOAD.JSON | VECTORS.JSON | RESULTS-DIRECTORY",
    .about =
        "Show a workload: its statements by share of execution time, and what cannot be\n"
        "replayed and why. Of vectors: how each statement will be sent and where its values come\n"
        "from, but no value. Of a directory of results: how near the replay came to production's\n"
        "rows, blocks and time per call, statement by statement.",
    .examples = "  pgrehearse inspect workload.json\n"
                "  pgrehearse inspect --text --top 5 workload.json\n"
                "  pgrehearse inspect vectors.json\n"
                "  pgrehearse inspect results/20260504-093012",
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

static int inspect_workload(
    struct buf *out, const char *path, size_t top, bool with_text, struct err *err)
{
	struct workload workload = {0};
	int rc = workload_load(path, &workload, err);

	if (rc < 0)
		return rc;
	inspect_text(out, &workload, top, with_text, terminal_columns());
	workload_release(&workload);
	return 0;
}

static bool holds_vectors(const char *path)
{
	struct err ignored = {0};
	json_t *root =
	    strcmp(path, "-") == 0 ? NULL : json_load_document(path, VECTORS_FORMAT, &ignored);

	json_decref(root);
	return root != NULL;
}

static int inspect_vectors(
    struct buf *out, const char *path, size_t top, bool with_text, struct err *err)
{
	struct vectors vectors = {0};
	int rc = vectors_load(path, &vectors, err);

	if (rc < 0)
		return rc;
	vectors_text(out, &vectors, top, with_text, terminal_columns());
	vectors_release(&vectors);
	return 0;
}

static int inspect_run(struct buf *out, const char *directory, size_t top, struct err *err)
{
	_cleanup_free_ char *path = file_join(directory, "run.json");
	struct run run = {0};
	int rc = run_load(path, &run, err);

	if (rc < 0)
		return rc;
	fidelity_text(out, &run, top);
	run_release(&run);
	return 0;
}

int cmd_inspect(int argc, char **argv, struct err *err)
{
	struct stat status;
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
		rc = err_set(err, ERR_USAGE, "inspect takes one file or directory of results");
	else if (stat(args.items[0], &status) == 0 && S_ISDIR(status.st_mode))
		rc = inspect_run(&out, args.items[0], (size_t)top, err);
	else if (holds_vectors(args.items[0]))
		rc = inspect_vectors(&out, args.items[0], (size_t)top, with_text, err);
	else
		rc = inspect_workload(&out, args.items[0], (size_t)top, with_text, err);
	strv_release(&args);
	if (rc == 0)
		rc = file_write_atomic("-", out.data, out.len, 0, err);
	buf_release(&out);
	return rc;
}
