#include "measure/write_trial.h"

#include "base/mem.h"
#include "base/stop.h"
#include "model/plan_tree.h"

#include <math.h>
#include <string.h>

#define REPEATS    4
#define TIMEOUT_MS "2000" /* of one call: without its index a statement may search for long */

void write_trial_release(struct write_trial *trial)
{
	for (size_t i = 0; i < trial->n_tables; i++)
		free(trial->tables[i].name);
	free(trial->tables);
	strv_release(&trial->targets);
	*trial = (struct write_trial){0};
}

static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* EXPLAIN gives names without quotes. */
static bool is_target(const struct write_trial *trial, const char *name)
{
	const char *own = last_part(name);

	for (size_t i = 0; i < trial->targets.n; i++) {
		const char *target = trial->targets.items[i];
		size_t n = strlen(target);

		if (strcmp(own, target) == 0 ||
		    (own[0] == '"' && strncmp(own + 1, target, n) == 0 && strcmp(own + 1 + n, "\"") == 0))
			return true;
	}
	return false;
}

const struct written_table *write_trial_table(const struct write_trial *trial, const char *name)
{
	for (size_t i = 0; i < trial->n_tables; i++)
		if (strcmp(trial->tables[i].name, name) == 0)
			return trial->tables[i].rows > 0 && is_target(trial, name) ? &trial->tables[i] : NULL;
	return NULL;
}

static void read_plan(struct write_trial *trial, size_t call, const char *json)
{
	struct plan_tree tree;

	if (!plan_tree_parse(json, &tree))
		return;
	trial->wal_bytes[call] = fmin(trial->wal_bytes[call], tree.wal_bytes);
	for (size_t i = 0; i < tree.n; i++) {
		const struct plan_node *node = &tree.nodes[i];

		if (strcmp(node->type, "ModifyTable") == 0 && node->relation &&
		    !strv_contains(&trial->targets, node->relation))
			strv_add(&trial->targets, node->relation);
	}
	plan_tree_release(&tree);
}

static struct written_table *find_table(struct write_trial *trial, const char *name)
{
	for (size_t i = 0; i < trial->n_tables; i++)
		if (strcmp(trial->tables[i].name, name) == 0)
			return &trial->tables[i];
	GROW(trial->tables, trial->n_tables, trial->cap_tables);
	trial->tables[trial->n_tables] = (struct written_table){.name = xstrdup(name)};
	return &trial->tables[trial->n_tables++];
}

/* What this session wrote, undone calls included, with what earlier transactions have not yet
 * reported: so it is read before the calls, with sign -1, and after them. */
static int add_tables(struct db *db, double sign, struct write_trial *trial, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname),"
	    " sum(n_tup_ins + n_tup_upd + n_tup_del), sum(n_tup_upd), sum(n_tup_hot_upd)"
	    " FROM pg_catalog.pg_stat_xact_user_tables s"
	    " JOIN pg_catalog.pg_class c ON c.oid = coalesce(pg_partition_root(s.relid)::oid, s.relid)"
	    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	    " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 GROUP BY c.oid, n.nspname, c.relname");

	if (!rows)
		return err->code;
	for (int i = 0; i < db_rows_count(rows); i++) {
		struct written_table *table = find_table(trial, db_text(rows, i, 0));

		table->rows += sign * db_double(rows, i, 1);
		table->updated += sign * db_double(rows, i, 2);
		table->hot_updated += sign * db_double(rows, i, 3);
	}
	db_rows_free(rows);
	return 0;
}

/* The values of one call, as often as they are repeated. */
static int run_call(struct subject *s, int arm, size_t call, uint64_t first,
    struct write_trial *trial, struct err *err)
{
	const char *const *values = subject_values(s, SIZE_MAX, first + call);

	trial->wal_bytes[call] = INFINITY;
	for (int i = 0; i < REPEATS; i++) {
		_cleanup_free_ char *json = NULL;
		struct err problem = {0};

		if (explainer_try(s->explainers[arm], values, &json, &problem) == 0) {
			read_plan(trial, call, json);
			continue;
		}
		/* Such as a value that is there already: this call is not counted. */
		trial->wal_bytes[call] = NAN;
		if (strcmp(problem.sqlstate, "57014") == 0 || !db_alive(s->planner->arms[arm])) {
			*err = problem;
			return err->code;
		}
		return 0;
	}
	return 0;
}

static int run_all(struct subject *s, int arm, const char *without_index, uint64_t first,
    struct write_trial *trial, struct err *err)
{
	struct db *db = s->planner->arms[arm];

	if (db_exec(db, "SET LOCAL statement_timeout = " TIMEOUT_MS "; SET LOCAL lock_timeout = 500",
	        err) < 0 ||
	    (without_index && db_execf(db, err, "DROP INDEX %s", without_index) < 0) ||
	    add_tables(db, -1, trial, err) < 0)
		return err->code;
	for (size_t call = 0; call < WRITE_TRIAL_CALLS; call++) {
		if (stop_requested())
			return stop_error(err);
		if (run_call(s, arm, call, first, trial, err) < 0)
			return err->code;
	}
	return add_tables(db, 1, trial, err);
}

int write_trial_run(struct subject *s, int arm, const char *without_index, uint64_t first,
    struct write_trial *ret, struct err *err)
{
	struct db *db = s->planner->arms[arm];
	struct write_trial trial = {0};
	struct err problem = {0};
	int rc;

	if (subject_explainer(s, arm, &problem) < 0)
		return subject_tolerate(s, arm, &problem, err) < 0 ? err->code : 1;
	if (db_exec(db, "BEGIN", err) < 0)
		return err->code;
	rc = run_all(s, arm, without_index, first, &trial, &problem);
	if (db_exec(db, "ROLLBACK", err) < 0) {
		write_trial_release(&trial);
		return err->code;
	}
	subject_close(s);
	if (rc == 0) {
		*ret = trial;
		return 0;
	}
	write_trial_release(&trial);
	if (problem.code == ERR_INTERRUPTED) {
		*err = problem;
		return err->code;
	}
	return 1;
}
