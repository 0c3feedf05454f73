/*
 * cli: what the commands share: the option tables, connections, progress and errors.
 *
 * A command is one file, cli/cmd_<name>.c, with one function of type command_run and one row in
 * commands[] (cli/commands.c). It declares its options as a table and lets options_parse do the
 * rest; --help, the man page and shell completion are made from the same tables.
 *
 *     static int run(int argc, char **argv, struct err *err)
 *     {
 *         struct connection_options connection = {0};
 *         char *output = "-";
 *         const struct option_spec options[] = {
 *             CONNECTION_OPTIONS(connection),
 *             {"output", 'o', OPTION_STRING, "FILE", "write to FILE (default: standard output)", &output},
 *             OPTIONS_END,
 *         };
 *
 * A command returns its exit code (0, 1, 4), or a negative enum err_code with err filled; main()
 * prints the error once and exits with err_exit_code().
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/err.h"
#include "base/progress.h"
#include "base/strv.h"
#include "pg/db.h"

#include <stdbool.h>
#include <stdint.h>

#define EXIT_PASS         0
#define EXIT_BREACHED     1
#define EXIT_INCONCLUSIVE 4

typedef int command_run(int argc, char **argv, struct err *err);

struct command {
	const char *name;
	const char *summary; /* one line, for `pgrehearse --help` */
	command_run *run;
};
extern const struct command commands[];
extern const size_t n_commands;

enum option_kind {
	OPTION_FLAG,     /* bool * */
	OPTION_STRING,   /* const char ** (borrowed from argv) */
	OPTION_STRINGS,  /* struct strv *: may be given again */
	OPTION_INT,      /* int64_t *, min..max */
	OPTION_DURATION, /* uint64_t * in ns; a bare number is seconds */
	OPTION_RATE,     /* double * per second */
	OPTION_FRACTION, /* double * */
	OPTION_CHOICE,   /* int *: index into choices */
	OPTION_END,
};

struct option_spec {
	const char *name; /* without dashes */
	char letter;      /* 0 for none */
	enum option_kind kind;
	const char *argument; /* "FILE"; NULL for flags */
	const char *help;
	void *target;
	const char *const *choices; /* NULL-terminated, OPTION_CHOICE */
	int64_t min, max;           /* OPTION_INT */
};
#define OPTIONS_END {.kind = OPTION_END}

struct usage {
	const char *command;  /* "capture" */
	const char *synopsis; /* "[OPTIONS] GATE.YAML" */
	const char *about;    /* a paragraph or two */
	const char *examples; /* lines; NULL */
};

/* Parse argv[1..]. 0: go on, positional arguments in ret_args (borrowed strings, caller
 * releases). 1: --help was asked for and printed. Negative: ERR_USAGE. The common options
 * (--help, --quiet, --verbose, --no-color) are added to every table. */
int options_parse(const struct usage *usage, const struct option_spec *options, int argc,
	char **argv, struct strv *ret_args, struct err *err);
/* Exactly one gate file among the positional arguments, or ERR_USAGE with an example. */
int options_one_gate(const struct strv *args, const char *command, struct err *err);

#define CONNECTION_OPTIONS(target)                                                                 \
	{"dbname", 'd', OPTION_STRING, "DBNAME|CONNINFO", "database, URI or conninfo", &(target).dbname}, \
		{"host", 'h', OPTION_STRING, "HOST", "server host or socket directory", &(target).host},   \
		{"port", 'p', OPTION_STRING, "PORT", "server port", &(target).port},                       \
		{"username", 'U', OPTION_STRING, "USER", "database user", &(target).user}

/* How much to say, set by options_parse from --quiet and --verbose. */
bool cli_quiet(void);
bool cli_verbose(void);
bool cli_colour(int fd); /* a terminal, no NO_COLOR, no --no-color, TERM not dumb */

/* The sink of all progress: stderr. On a terminal the latest tick is live: the next message
 * replaces it. Elsewhere messages are plain lines, and ticks are few. */
const struct progress *cli_progress(void);
bool cli_progress_live(void);   /* a tick may have several lines, and colours as cli_colour() says */
void cli_progress_finish(void); /* removes what is live */

#endif
