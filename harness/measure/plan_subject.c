#include "measure/plan_subject.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/plan_tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_PLAN_BYTES ((size_t)64 * 1024)

/* An index of a partition is known to people by the index of the whole table. Without the list
 * plans are still compared. */
static void read_roots(struct db *db, struct strv *ret)
{
	struct db_rows *rows = db_query(db, NULL,
	    "SELECT leaf.relname, root.relname FROM pg_index i"
	    " JOIN pg_class leaf ON leaf.oid = i.indexrelid AND leaf.relispartition"
	    " JOIN pg_class root ON root.oid = pg_partition_root(i.indexrelid)");

	for (int i = 0; rows && i < db_rows_count(rows); i++) {
		if (strv_contains(ret, db_text(rows, i, 0)))
			continue;
		strv_add(ret, db_text(rows, i, 0));
		strv_add(ret, db_text(rows, i, 1));
	}
	db_rows_free(rows);
}

void planner_init(struct planner *planner, struct db *const arms[N_ARMS],
    const struct vectors *vectors, const struct plan_options *options, struct run *run)
{
	*planner = (struct planner){
	    .arms = arms,
	    .vectors = vectors,
	    .options = options,
	    .picker = vector_picker_new(vectors, run->replay.seed),
	    .deadline_ns = clock_now_ns(&clock_monotonic) + options->budget_ns,
	    .run = run,
	};
	for (int arm = 0; arm < N_ARMS; arm++)
		if (arms[arm])
			read_roots(arms[arm], &planner->roots);
}

void planner_release(struct planner *planner)
{
	vector_picker_free(planner->picker);
	strv_release(&planner->roots);
}

void subject_init(struct subject *s, struct planner *planner, size_t number)
{
	const struct bound_statement *bound = &planner->vectors->statements[number];

	*s = (struct subject){
	    .planner = planner,
	    .number = number,
	    .bound = bound,
	    .record = &planner->run->statements[number],
	    .values = xcalloc(bound->n_params + 1, sizeof(char *)),
	};
}

void subject_close(struct subject *s)
{
	for (int arm = 0; arm < N_ARMS; arm++) {
		explainer_close(s->explainers[arm]);
		s->explainers[arm] = NULL;
	}
}

void subject_release(struct subject *s)
{
	subject_close(s);
	buf_release(&s->scratch);
	free(s->values);
}

int subject_explainer(struct subject *s, int arm, struct err *err)
{
	const struct bound_statement *bound = s->bound;
	_cleanup_free_ uint32_t *types = xcalloc(bound->n_params + 1, sizeof(*types));

	for (size_t i = 0; i < bound->n_params; i++)
		types[i] = bound->params[i].type_oid;
	return explainer_open(s->planner->arms[arm], bound_statement_sql(bound, (enum arm)arm),
	    bound->n_params, types, &s->explainers[arm], err);
}

int subject_open(struct subject *s, int arm, struct run_plans *plans, struct err *err)
{
	struct err problem = {0};

	if (subject_explainer(s, arm, &problem) == 0)
		return 0;
	run_plans_add(plans)->error = xstrdup(problem.message);
	return subject_tolerate(s, arm, &problem, err) < 0 ? err->code : 1;
}

const char *const *subject_values(struct subject *s, size_t row, uint64_t ordinal)
{
	const struct bound_statement *bound = s->bound;

	vector_pick(s->planner->picker, s->number, ordinal, &s->scratch, s->values);
	for (size_t i = 0; i < bound->n_params; i++)
		if (bound->params[i].fresh == FRESH_NONE && row < bound->n_vectors)
			s->values[i] = bound->values[row * bound->n_params + i];
	return s->values;
}

/* HypoPG's names as the names that the indexes will have. */
static void rename_indexes(const struct strv *names, char **json)
{
	for (size_t i = 0; names && i + 1 < names->n; i += 2) {
		_cleanup_free_ char *from = xasprintf("\"%s\"", names->items[i]);
		struct buf out = BUF_INIT;
		const char *at = *json, *found;

		buf_adds(&out, "");
		while ((found = strstr(at, from))) {
			buf_addf(&out, "%.*s\"%s\"", (int)(found - at), at, names->items[i + 1]);
			at = found + strlen(from);
		}
		buf_adds(&out, at);
		free(*json);
		*json = buf_detach(&out);
	}
}

int subject_plan(struct subject *s, int arm, bool generic, const char *const *values,
    char **ret_json, struct err *err)
{
	const struct strv *names = arm == ARM_CANDIDATE ? s->planner->options->what_if_names : NULL;
	int rc =
	    (generic ? explainer_generic : explainer_plan)(s->explainers[arm], values, ret_json, err);

	if (rc == 0)
		rename_indexes(names, ret_json);
	return rc;
}

int subject_tolerate(struct subject *s, int arm, const struct err *problem, struct err *err)
{
	struct db *db = s->planner->arms[arm];

	if (arm == ARM_CANDIDATE && s->planner->options->what_if_names)
		db_exec(db, "ROLLBACK TO SAVEPOINT " PLAN_SAVEPOINT, NULL);
	if (problem->code != ERR_INTERRUPTED && db_alive(db))
		return 0;
	*err = *problem;
	return err_wrap(err, "comparing plans");
}

void plan_fill_planned(const struct subject *s, struct run_plan *plan, const char *json)
{
	struct plan_tree tree;

	if (!plan_tree_parse_rooted(json, &s->planner->roots, &tree)) {
		plan->error = xstrdup("EXPLAIN's answer is not a plan that can be read");
		return;
	}
	plan->hash = xasprintf("%016" PRIx64, tree.hash);
	plan->cost = tree.nodes[0].cost;
	plan->rows = tree.nodes[0].rows;
	plan_tree_release(&tree);
}

void plan_fill_measured(const struct subject *s, struct run_plan *plan, const char *json)
{
	struct plan_tree tree;
	char hash[17];

	if (!plan_tree_parse_rooted(json, &s->planner->roots, &tree))
		return;
	snprintf(hash, sizeof(hash), "%016" PRIx64, tree.hash);
	plan->unstable = plan->hash && strcmp(plan->hash, hash) != 0;
	plan->actual_rows = tree.nodes[0].actual_rows * tree.nodes[0].loops;
	plan->buffers = tree.nodes[0].buffers;
	plan->wal_bytes = tree.wal_bytes;
	plan->exec_seconds = tree.exec_seconds;
	plan_tree_release(&tree);
}

void plan_keep_text(const struct subject *s, struct run_plans *plans, const char *json)
{
	struct run_plan *plan = &plans->items[plans->n - 1];
	char *clean;

	if (!plan->hash || run_plan_json(plans, plans->n - 1))
		return;
	clean = plan_scrub(json, &s->planner->roots);
	if (clean && strlen(clean) <= MAX_PLAN_BYTES)
		plan->json = clean;
	else
		free(clean);
}
