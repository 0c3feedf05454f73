/*
 * From staging to two arms: a lab or a DSN, the baseline, values, the candidate.
 */
#include "base/file.h"
#include "base/mem.h"
#include "base/units.h"
#include "bind/bind.h"
#include "cli/rehearsal_steps.h"
#include "stage/candidate.h"

#include <string.h>
#include <unistd.h>

/* The name of the lab database of a fixture: the last part of its directory. */
static char *fixture_database(const char *fixture)
{
	_cleanup_free_ char *copy = xstrdup(fixture);
	char *slash;

	while (copy[0] && copy[strlen(copy) - 1] == '/')
		copy[strlen(copy) - 1] = '\0';
	slash = strrchr(copy, '/');
	return xstrdup(slash ? slash + 1 : copy);
}

/* It runs, and on the programs that the gate asks for. */
static bool lab_serves(const struct lab *lab, const char *bindir)
{
	_cleanup_free_ char *wanted = bindir ? realpath(bindir, NULL) : NULL;

	return lab->running && (!bindir || (wanted && strcmp(wanted, lab->bindir) == 0));
}

/* The running lab if it serves, else one that ends with us. */
static int open_lab(struct rehearsal *r, struct err *err)
{
	_cleanup_free_ char *database = fixture_database(r->gate->fixture);
	_cleanup_free_ char *usual = lab_default_dir();
	_cleanup_free_ char *own = xasprintf("%s-%ld", usual, (long)getpid());
	struct lab_options options = {.dir = own, .bindir = r->gate->bindir, .ephemeral = true};

	if (lab_find(NULL, &r->lab, err) < 0)
		return err->code;
	if (!lab_serves(&r->lab, r->gate->bindir)) {
		lab_release(&r->lab);
		if (lab_start(&options, r->progress, &r->lab, err) < 0)
			return err->code;
		r->own_lab = true;
	}
	return lab_load_fixture(&r->lab, r->gate->fixture, database, r->progress, &r->staging, err);
}

int rehearsal_staging(struct rehearsal *r, struct err *err)
{
	progress_say(r->progress, PROGRESS_STAGE, "staging");
	if (r->gate->staging == STAGING_LAB)
		return open_lab(r, err);
	r->staging = (struct db_target){.conninfo = xstrdup(r->gate->dsn)};
	return 0;
}

int rehearsal_baseline(struct rehearsal *r, struct err *err)
{
	struct clone_spec spec = {
	    .driver = r->gate->driver,
	    .staging = r->staging,
	    .create_command = r->gate->clone_create,
	    .drop_command = r->gate->clone_drop,
	};

	progress_say(r->progress, PROGRESS_STAGE, "cloning");
	for (int arm = 0; arm < N_ARMS; arm++)
		spec.existing[arm].conninfo = r->gate->existing_dsn[arm];
	if (clone_set_open(&spec, r->run_id, r->progress, &r->clones, err) < 0 ||
	    clone_set_baseline(r->clones, &r->targets[ARM_BASELINE], err) < 0)
		return err->code;
	return db_connect(&r->targets[ARM_BASELINE], &r->dbs[ARM_BASELINE], err);
}

static double rate_of(const struct rehearsal *r)
{
	if (r->gate->replay.rate_per_s > 0)
		return r->gate->replay.rate_per_s;
	return r->vectors.production_rate;
}

uint64_t rehearsal_longest_ns(const struct gate *gate)
{
	const struct replay_options *replay = &gate->replay;

	return replay->max_duration_ns > replay->duration_ns ? replay->max_duration_ns
	                                                     : replay->duration_ns;
}

static double workload_rate(const struct workload *workload)
{
	double calls = 0;

	for (size_t i = 0; i < workload->n_statements; i++)
		calls += workload->statements[i].work.calls;
	return workload->source.window_s > 0 ? calls / workload->source.window_s : 0;
}

/* A rewrite of a statement that is not replayed would be judged by nothing. */
static int check_rewrites_bound(const struct rehearsal *r, struct err *err)
{
	for (size_t i = 0; i < r->vectors.n_skipped; i++) {
		const struct skipped_statement *skipped = &r->vectors.skipped[i];

		if (statement_names_find(&r->gate->rewrites, skipped->name))
			return err_set(err, ERR_USAGE, "%s: \"%s\" is rewritten but cannot be replayed: %s",
			    r->gate->rewrites_file, skipped->name, skipped->reason);
	}
	return 0;
}

/* Values come from the baseline while it is still the only copy: what reading it leaves in its
 * pages (hint bits) is then in the candidate too. */
int rehearsal_bind(struct rehearsal *r, struct err *err)
{
	double rate =
	    r->gate->replay.rate_per_s > 0 ? r->gate->replay.rate_per_s : workload_rate(&r->workload);
	struct bind_options options = {
	    .seed = r->gate->replay.seed,
	    .expected_ops =
	        rate * (double)(rehearsal_longest_ns(r->gate) + rehearsal_build_ns(r->gate)) / 1e9,
	    .time_shift_s = r->gate->time_shift_s,
	    .overrides = &r->overrides,
	    .logged = &r->logged,
	    .rewrites = &r->gate->rewrites,
	};
	char share[32];

	progress_say(r->progress, PROGRESS_STAGE, "binding %zu statements", r->workload.n_statements);
	if (bind_workload(r->dbs[ARM_BASELINE], &r->workload, &options, r->progress, &r->vectors, err) <
	    0)
		return err->code;
	if (r->vectors.n_statements == 0) {
		err_set(err, ERR_ENV,
		    "no statement of %s can be replayed on this staging database (%s: %s)",
		    r->gate->workload, r->vectors.n_skipped ? r->vectors.skipped[0].name : "none",
		    r->vectors.n_skipped ? r->vectors.skipped[0].reason : "the workload is empty");
		return err_hint(
		    err, "is staging the same schema as the production database of the capture?");
	}
	if (!(rate_of(r) > 0))
		return err_set(err, ERR_USAGE, "%s says no replay rate and %s does not know production's",
		    r->gate->file, r->gate->workload);
	if (check_rewrites_bound(r, err) < 0)
		return err->code;
	assemble_markers(&r->vectors);
	assemble_statements(&r->vectors, &r->workload, r->run);
	r->run->replay.rate_per_s = rate_of(r);
	progress_say(r->progress, PROGRESS_NOTE,
	    "%zu of %zu statements: %s of production's execution time", r->vectors.n_statements,
	    r->workload.n_statements, units_format_percent(share, r->run->coverage_time));
	return 0;
}

int rehearsal_candidate(struct rehearsal *r, struct err *err)
{
	/* CREATE DATABASE ... TEMPLATE wants the template to itself. */
	db_close(r->dbs[ARM_BASELINE]);
	r->dbs[ARM_BASELINE] = NULL;
	progress_say(r->progress, PROGRESS_STAGE, "candidate: %s", r->run->candidate_name);
	if (clone_set_candidate(r->clones, &r->targets[ARM_CANDIDATE], err) < 0)
		return err->code;
	for (int arm = 0; arm < N_ARMS; arm++)
		if (db_connect(&r->targets[arm], &r->dbs[arm], err) < 0)
			return err->code;
	if (clone_require_mark(r->dbs[ARM_BASELINE], err) < 0 ||
	    clone_require_mark(r->dbs[ARM_CANDIDATE], err) < 0)
		return err->code;
	if (r->run->build.under_load)
		return 0; /* the replay does it */
	if (candidate_apply(r->dbs[ARM_CANDIDATE], r->gate->up ? r->gate->up : r->gate->file,
	        r->gate->up_sql, r->progress, r->run, err) < 0)
		return err->code;
	return candidate_settle(r->dbs[ARM_BASELINE], r->dbs[ARM_CANDIDATE], r->progress, err);
}
