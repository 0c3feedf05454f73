/*
 * main: find the command, run it, print its error once, exit with the right code.
 */
#include "base/stop.h"
#include "cli/cli.h"
#include "cli/usage.h"
#include "sql/sql.h"

#include <stdio.h>
#include <string.h>

static int exit_code_of(const struct err *err)
{
	if (err->code == ERR_INTERRUPTED && stop_signal())
		return 128 + stop_signal();
	return err_exit_code(err->code);
}

static void show_program(FILE *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	usage_program(&text);
	fputs(text.data, out);
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct err err = {0};
	int rc;

	if (argc < 2) {
		show_program(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts("pgrehearse " PGREHEARSE_VERSION);
		return 0;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
		show_program(stdout);
		return 0;
	}
	command = command_find(argv[1]);
	if (!command) {
		fprintf(stderr, "pgrehearse: there is no command \"%s\"\n", argv[1]);
		fputs("hint: \"pgrehearse --help\" lists the commands\n", stderr);
		return 2;
	}
	stop_install();
	rc = command->run(argc - 1, argv + 1, &err);
	cli_progress_finish();
	sql_shutdown();
	if (rc >= 0 && (fflush(stdout) != 0 || ferror(stdout)))
		rc = err_errno(&err, ERR_ENV, "cannot write to standard output");
	if (rc >= 0)
		return rc;
	fprintf(stderr, "pgrehearse %s: %s\n", command->name, err.message);
	if (err.hint[0])
		fprintf(stderr, "hint: %s\n", err.hint);
	return exit_code_of(&err);
}
