/*
 * lab start | stop | status | env | psql | load: the throwaway local cluster.
 */
#include "base/mem.h"
#include "cli/commands.h"
#include "stage/lab.h"
#include "stage/server.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As pg_ctl status: the program works, the server does not run. */
#define EXIT_NOT_RUNNING 3

struct lab_arguments {
	const char *dir, *bindir;
	struct strv rest; /* after the subcommand */
};

static const struct usage usage = {
    .command = "lab",
    .synopsis = "start|stop|status|env|psql|load [OPTIONS] [ARGUMENTS]",
    .about =
        "A throwaway PostgreSQL cluster in a directory of its own, reached through a Unix socket\n"
        "that only this user can enter. Run as root, the server runs as the user postgres.\n"
        "\n"
        "  start               start it, or find it running, and say how to connect\n"
        "  stop                stop it and remove its directory with everything in it\n"
        "  status              say how to connect; exit code 3 when it does not run\n"
        "  env                 print PGHOST, PGPORT and PGUSER for a shell's eval\n"
        "  psql [DBNAME [ARG...]]   run psql in it; put -- before psql's own options\n"
        "  load DIR [DBNAME]   load a fixture, a directory of NNN_*.sql files, into a database\n"
        "                      (default: the directory's name); again only when they changed\n"
        "\n"
        "The directory is $PGREHEARSE_LAB, or /tmp/pgrehearse-UID/lab.",
    .examples = "  pgrehearse lab start\n"
                "  pgrehearse lab load fixtures/orders\n"
                "  pgrehearse lab psql orders -- -c 'select count(*) from orders'\n"
                "  pgrehearse lab stop",
};

static void print_lab(const struct lab *lab, const char *state)
{
	printf("lab %s in %s\n", state, lab->dir);
	printf("  PostgreSQL %s, process %d, made %s%s\n", lab->server_version, lab->pid, lab->made,
	    lab->ephemeral ? ", ends with the run that started it" : "");
	printf("  psql -h %s -p %d -U %s\n", lab->target.host, lab->port, lab->target.user);
}

static int run_start(const struct lab_arguments *arguments, struct err *err)
{
	struct lab_options options = {.dir = arguments->dir, .bindir = arguments->bindir};
	struct lab lab;
	int rc = lab_start(&options, cli_progress(), &lab, err);

	if (rc < 0)
		return rc;
	cli_progress_finish();
	print_lab(&lab, lab.found ? "already running" : "started");
	lab_release(&lab);
	return EXIT_PASS;
}

static int run_stop(const struct lab_arguments *arguments, struct err *err)
{
	struct lab lab;
	int rc = lab_find(arguments->dir, &lab, err);

	if (rc < 0)
		return rc;
	rc = lab_stop(lab.dir, cli_progress(), err);
	if (rc == 0)
		printf(lab.exists ? "lab stopped and removed: %s\n" : "no lab in %s\n", lab.dir);
	lab_release(&lab);
	return rc;
}

static int run_status(const struct lab_arguments *arguments, struct err *err)
{
	struct lab lab;
	int rc = lab_find(arguments->dir, &lab, err);

	if (rc < 0)
		return rc;
	if (lab.running)
		print_lab(&lab, "running");
	else
		printf(lab.exists ? "lab not running in %s\n" : "no lab in %s\n", lab.dir);
	rc = lab.running ? EXIT_PASS : EXIT_NOT_RUNNING;
	lab_release(&lab);
	return rc;
}

static int find_running(const struct lab_arguments *arguments, struct lab *ret, struct err *err)
{
	if (lab_find(arguments->dir, ret, err) < 0)
		return err->code;
	if (ret->running)
		return 0;
	err_set(err, ERR_ENV, "no lab is running in %s", ret->dir);
	lab_release(ret);
	return err_hint(err, "start it: pgrehearse lab start");
}

/* 'it'\\''s': safe for a shell whatever the directory is called. */
static void print_export(const char *name, const char *value)
{
	printf("export %s='", name);
	for (; *value; value++)
		fputs(*value == '\'' ? "'\\''" : (char[2]){*value, '\0'}, stdout);
	puts("'");
}

static int run_env(const struct lab_arguments *arguments, struct err *err)
{
	struct lab lab;

	if (find_running(arguments, &lab, err) < 0)
		return err->code;
	print_export("PGHOST", lab.target.host);
	print_export("PGPORT", lab.target.port);
	print_export("PGUSER", lab.target.user);
	lab_release(&lab);
	return EXIT_PASS;
}

static int run_psql(const struct lab_arguments *arguments, struct err *err)
{
	struct lab lab;
	_cleanup_(strv_release) struct strv argv = {0};
	_cleanup_free_ char *psql = NULL;

	if (find_running(arguments, &lab, err) < 0)
		return err->code;
	if (server_find_psql(lab.bindir, &psql, err) < 0) {
		lab_release(&lab);
		return err->code;
	}
	strv_add(&argv, psql);
	strv_addf(&argv, "--host=%s", lab.target.host);
	strv_addf(&argv, "--port=%d", lab.port);
	strv_addf(&argv, "--username=%s", lab.target.user);
	for (size_t i = 0; i < arguments->rest.n; i++)
		strv_add(&argv, arguments->rest.items[i]);
	/* Without a name psql would take PGDATABASE or the user's, which is the system's here. */
	if (arguments->rest.n == 0 || arguments->rest.items[0][0] == '-')
		strv_add(&argv, "--dbname=postgres");
	lab_release(&lab);
	signal(SIGPIPE, SIG_DFL);
	execv(argv.items[0], argv.items);
	return err_errno(err, ERR_ENV, "cannot run %s", argv.items[0]);
}

static int run_load(const struct lab_arguments *arguments, struct err *err)
{
	const char *fixture = arguments->rest.n > 0 ? arguments->rest.items[0] : NULL;
	_cleanup_free_ char *resolved = fixture ? realpath(fixture, NULL) : NULL;
	const char *name = arguments->rest.n > 1 ? arguments->rest.items[1]
	                   : resolved            ? strrchr(resolved, '/') + 1
	                                         : NULL;
	struct db_target target = {0};
	struct lab lab;
	int rc;

	if (!fixture || arguments->rest.n > 2)
		return err_set(
		    err, ERR_USAGE, "lab load wants a fixture's directory and perhaps a database name");
	if (!resolved)
		return err_errno(err, ERR_USAGE, "cannot read fixture %s", fixture);
	rc = find_running(arguments, &lab, err);
	if (rc < 0)
		return rc;
	rc = lab_load_fixture(&lab, resolved, name, cli_progress(), &target, err);
	cli_progress_finish();
	if (rc == 0)
		printf("psql -h %s -p %s -U %s %s\n", target.host, target.port, target.user, target.dbname);
	db_target_release(&target);
	lab_release(&lab);
	return rc;
}

static const struct subcommand {
	const char *name;
	int (*run)(const struct lab_arguments *arguments, struct err *err);
	bool takes_arguments;
} subcommands[] = {
    {"start", run_start, false},
    {"stop", run_stop, false},
    {"status", run_status, false},
    {"env", run_env, false},
    {"psql", run_psql, true},
    {"load", run_load, true},
};

static int dispatch(const struct strv *args, struct lab_arguments *arguments, struct err *err)
{
	const struct subcommand *subcommand = NULL;

	for (size_t i = 0; args->n > 0 && i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		if (strcmp(subcommands[i].name, args->items[0]) == 0)
			subcommand = &subcommands[i];
	if (!subcommand) {
		err_set(err, ERR_USAGE, "lab has no subcommand \"%.60s\"", args->n ? args->items[0] : "");
		return err_hint(err, "one of start, stop, status, env, psql, load");
	}
	if (args->n > 1 && !subcommand->takes_arguments)
		return err_set(
		    err, ERR_USAGE, "lab %s takes no argument \"%.60s\"", subcommand->name, args->items[1]);
	for (size_t i = 1; i < args->n; i++)
		strv_add(&arguments->rest, args->items[i]);
	return subcommand->run(arguments, err);
}

int cmd_lab(int argc, char **argv, struct err *err)
{
	struct lab_arguments arguments = {0};
	const struct option_spec options[] = {
	    {"dir", 'D', OPTION_STRING, "DIR", "the lab's directory", &arguments.dir},
	    {"bindir", 'b', OPTION_STRING, "DIR", "PostgreSQL's server programs (start)",
	        &arguments.bindir},
	    OPTIONS_END,
	};
	_cleanup_(strv_release) struct strv args = {0};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc != 0)
		return rc < 0 ? rc : EXIT_PASS;
	rc = dispatch(&args, &arguments, err);
	strv_release(&arguments.rest);
	return rc;
}
