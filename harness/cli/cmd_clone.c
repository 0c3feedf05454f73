/*
 * clone create | list | drop | mark: the clones of this tool, orphans too.
 */
#include "base/mem.h"
#include "base/units.h"
#include "cli/assemble.h"
#include "cli/commands.h"
#include "stage/clone.h"
#include "stage/lab.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct clone_arguments {
	struct db_target target; /* from -d -h -p -U, or the running lab */
	const char *name;
	bool orphans, all, force;
	struct strv rest; /* after the subcommand */
};

static const struct usage usage = {
    .command = "clone",
    .synopsis = "create|list|drop|mark [OPTIONS] [NAME...]",
    .about =
        "Disposable copies of the staging database. Only a database that carries the mark of a\n"
        "clone is ever written to or dropped.\n"
        "\n"
        "  create -d STAGING     copy a database on its server; the copy is kept until dropped\n"
        "  list                  the clones of a server: live (its run goes on), orphan (its\n"
        "                        run is gone), unmarked (an orphan, cut off early), kept, and\n"
        "                        marked (by hand)\n"
        "  drop NAME...          drop clones by name; or --orphans, or --all that no run uses\n"
        "  mark -d DBNAME        declare a database of your own disposable, for the clone\n"
        "                        driver \"existing\"\n"
        "\n"
        "Without connection options and PG* variables the running lab is used, if there is one.",
    .examples = "  pgrehearse clone create -d orders --name orders_copy\n"
                "  pgrehearse clone list -h staging.example.net\n"
                "  pgrehearse clone drop --orphans",
};

static int run_create(struct clone_arguments *arguments, struct err *err)
{
	_cleanup_free_ char *run_id = assemble_run_id();
	struct db_target made = {0};
	int rc;

	if (!arguments->target.dbname) {
		err_set(err, ERR_USAGE, "clone create wants the database to copy");
		return err_hint(err, "pgrehearse clone create -d STAGING [--name NAME]");
	}
	rc = clone_create(&arguments->target, run_id, arguments->name, cli_progress(), &made, err);
	cli_progress_finish();
	if (rc == 0)
		puts(made.dbname);
	db_target_release(&made);
	return rc;
}

/* List and drop need some database of the server, not one in particular. */
static int connect_anywhere(struct clone_arguments *arguments, struct db **ret, struct err *err)
{
	if (!arguments->target.dbname)
		arguments->target.dbname = xstrdup("postgres");
	return db_connect(&arguments->target, ret, err);
}

static void print_row(const struct clone_info *clone, int width)
{
	char size[32] = "?";

	if (isfinite(clone->size_bytes))
		units_format_bytes(size, clone->size_bytes);
	printf("%-*s  %-8s  %-9s  %10s  %-20s  %s\n", width, clone->database,
	    clone_state_name(clone->state), clone->arm ? clone->arm : "-", size,
	    clone->made ? clone->made : "-", clone->source ? clone->source : "-");
}

static int run_list(struct clone_arguments *arguments, struct err *err)
{
	struct clone_infos clones = {0};
	struct db *db = NULL;
	int rc = connect_anywhere(arguments, &db, err);
	int width = (int)strlen("DATABASE");

	if (rc == 0)
		rc = clone_list(db, &clones, err);
	db_close(db);
	for (size_t i = 0; i < clones.n; i++)
		if ((int)strlen(clones.items[i].database) > width)
			width = (int)strlen(clones.items[i].database);
	if (rc == 0 && clones.n == 0)
		puts("no clones");
	if (clones.n > 0)
		printf("%-*s  %-8s  %-9s  %10s  %-20s  %s\n", width, "DATABASE", "STATE", "ARM", "SIZE",
		    "MADE", "SOURCE");
	for (size_t i = 0; i < clones.n; i++)
		print_row(&clones.items[i], width);
	clone_infos_release(&clones);
	return rc;
}

/* All are tried; the first failure is the one to tell. */
static int drop_each(struct db *db, const struct strv *names, bool force, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < names->n; i++) {
		struct err problem = {0};

		if (clone_drop(db, names->items[i], force, &problem) == 0) {
			printf("dropped %s\n", names->items[i]);
		} else if (rc == 0) {
			rc = problem.code;
			*err = problem;
		} else {
			progress_say(cli_progress(), PROGRESS_WARNING, "%s", problem.message);
		}
	}
	return rc;
}

static int choose(
    struct db *db, const struct clone_arguments *arguments, struct strv *ret, struct err *err)
{
	struct clone_infos clones;

	if (clone_list(db, &clones, err) < 0)
		return err->code;
	for (size_t i = 0; i < clones.n; i++) {
		const struct clone_info *clone = &clones.items[i];
		bool ours = clone->orphan || clone->state == CLONE_KEPT ||
		            (clone->state == CLONE_LIVE && arguments->force);

		if (arguments->all ? ours : clone->orphan)
			strv_add(ret, clone->database);
	}
	clone_infos_release(&clones);
	return 0;
}

static int run_drop(struct clone_arguments *arguments, struct err *err)
{
	_cleanup_(strv_release) struct strv chosen = {0};
	bool by_name = arguments->rest.n > 0;
	struct db *db = NULL;
	int rc;

	if (by_name + arguments->orphans + arguments->all != 1) {
		err_set(err, ERR_USAGE, "clone drop wants names, or --orphans, or --all");
		return err_hint(err, "\"pgrehearse clone list\" shows what there is");
	}
	rc = connect_anywhere(arguments, &db, err);
	if (rc == 0 && !by_name)
		rc = choose(db, arguments, &chosen, err);
	if (rc == 0 && !by_name && chosen.n == 0)
		puts(arguments->orphans ? "no orphans" : "no clones");
	if (rc == 0)
		rc = drop_each(db, by_name ? &arguments->rest : &chosen, arguments->force, err);
	db_close(db);
	return rc;
}

static int run_mark(struct clone_arguments *arguments, struct err *err)
{
	_cleanup_free_ char *run_id = assemble_run_id();
	struct db *db = NULL;
	int rc;

	if (!arguments->target.dbname) {
		err_set(err, ERR_USAGE, "clone mark wants the database that may be written to");
		return err_hint(err, "pgrehearse clone mark -d DBNAME");
	}
	rc = db_connect(&arguments->target, &db, err);
	if (rc == 0)
		rc = clone_mark(db, run_id, NULL, NULL, err);
	if (rc == 0)
		printf("marked as disposable: %s\n", db_describe(db));
	db_close(db);
	return rc;
}

static const struct subcommand {
	const char *name;
	int (*run)(struct clone_arguments *arguments, struct err *err);
	bool takes_names;
} subcommands[] = {
    {"create", run_create, false},
    {"list", run_list, false},
    {"drop", run_drop, true},
    {"mark", run_mark, false},
};

static bool names_a_server(const struct db_target *given)
{
	static const char *const variables[] = {
	    "PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGUSER", "PGDATABASE"};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (getenv(variables[i]))
			return true;
	return given->host || given->port || given->user ||
	       (given->dbname && strpbrk(given->dbname, "=:"));
}

/* What was given, or the running lab when no server was named; a lab that cannot be looked at is
 * none. */
static struct db_target choose_server(const struct db_target *given)
{
	struct db_target target = db_target_copy(given);
	struct lab lab;

	if (names_a_server(given) || lab_find(NULL, &lab, NULL) < 0)
		return target;
	if (lab.running) {
		target.host = xstrdup(lab.target.host);
		target.port = xstrdup(lab.target.port);
		target.user = xstrdup(lab.target.user);
	}
	lab_release(&lab);
	return target;
}

static int dispatch(const struct strv *args, struct clone_arguments *arguments, struct err *err)
{
	const struct subcommand *subcommand = NULL;

	for (size_t i = 0; args->n > 0 && i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		if (strcmp(subcommands[i].name, args->items[0]) == 0)
			subcommand = &subcommands[i];
	if (!subcommand) {
		err_set(err, ERR_USAGE, "clone has no subcommand \"%.60s\"", args->n ? args->items[0] : "");
		return err_hint(err, "one of create, list, drop, mark");
	}
	if (args->n > 1 && !subcommand->takes_names)
		return err_set(err, ERR_USAGE, "clone %s takes no argument \"%.60s\"", subcommand->name,
		    args->items[1]);
	for (size_t i = 1; i < args->n; i++)
		strv_add(&arguments->rest, args->items[i]);
	return subcommand->run(arguments, err);
}

int cmd_clone(int argc, char **argv, struct err *err)
{
	struct db_target given = {0};
	struct clone_arguments arguments = {0};
	const struct option_spec options[] = {
	    CONNECTION_OPTIONS(given),
	    {"name", 'n', OPTION_STRING, "NAME", "the copy's name (create)", &arguments.name},
	    {"orphans", 0, OPTION_FLAG, NULL, "those whose run is gone (drop)", &arguments.orphans},
	    {"all", 'a', OPTION_FLAG, NULL, "kept ones too (drop)", &arguments.all},
	    {"force", 'f', OPTION_FLAG, NULL, "also under a run that uses it (drop)", &arguments.force},
	    OPTIONS_END,
	};
	_cleanup_(strv_release) struct strv args = {0};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc != 0)
		return rc < 0 ? rc : EXIT_PASS;
	arguments.target = choose_server(&given);
	rc = dispatch(&args, &arguments, err);
	db_target_release(&arguments.target);
	strv_release(&arguments.rest);
	return rc;
}
