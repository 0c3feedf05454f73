/* What differs between two plans, what of it is for the worse, and facts about indexes. */
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "judge/index_definition.h"
#include "judge/plan_differences.h"
#include "judge/plans.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char *golden(const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/golden/plans/%s.json", TEST_SOURCE_DIR, name);
	struct buf text = BUF_INIT;
	struct err err = {0};

	if (file_read(path, 1 << 20, &text, &err) < 0)
		fail_msg("%s", err.message);
	return buf_detach(&text);
}

/* The kinds found between two plans: "index_to_seq sort_added". */
static char *kinds_of(const char *old, const char *new)
{
	struct plan_differences found = {0};
	struct plan_tree a, b;
	struct buf out = BUF_INIT;

	assert_true(plan_tree_parse(old, &a));
	assert_true(plan_tree_parse(new, &b));
	plan_differences_find(&a, &b, &found);
	buf_adds(&out, "");
	for (size_t i = 0; i < found.n; i++)
		buf_addf(&out, "%s%s", i ? " " : "", plan_kinds[found.items[i].kind].name);
	plan_differences_release(&found);
	plan_tree_release(&a);
	plan_tree_release(&b);
	return buf_detach(&out);
}

/* Of golden ones. */
static char *kinds(const char *before, const char *after)
{
	_cleanup_free_ char *old = golden(before);
	_cleanup_free_ char *new = golden(after);

	return kinds_of(old, new);
}

static void differences_have_their_kind(void **state)
{
	static const struct {
		const char *before, *after, *kinds;
	} cases[] = {
	    {"timeline_index", "timeline_index_other_value", ""},
	    {"timeline_index", "timeline_seq", "index_to_seq"},
	    {"timeline_seq", "timeline_index", "seq_to_index"},
	    {"bitmap_exact", "bitmap_lossy", "bitmap_lossy"},
	    {"bitmap_lossy", "bitmap_exact", ""},
	    {"parallel", "parallel_not", "parallel_lost"},
	    {"parallel_not", "parallel", "parallel_gained"},
	    {"partitions_one", "partitions_all", "partition_pruning_lost"},
	    {"partitions_all", "partitions_one", "partition_pruning_gained"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *found = kinds(cases[i].before, cases[i].after);

		if (strcmp(found, cases[i].kinds) != 0)
			fail_msg("%s to %s: found \"%s\", not \"%s\"", cases[i].before, cases[i].after, found,
			    cases[i].kinds);
	}
}

static void joins_are_told_by_method(void **state)
{
	_cleanup_free_ char *loop = kinds("join_hash", "join_loop");
	_cleanup_free_ char *merge = kinds("join_hash", "join_merge");

	(void)state;
	assert_non_null(strstr(loop, "join_method_changed"));
	assert_non_null(strstr(merge, "join_method_changed"));
	assert_null(strstr(loop, "join_order_changed"));
}

#define SCAN(name)                                                                                 \
	"{\"Node Type\": \"Seq Scan\", \"Relation Name\": \"" name "\", \"Alias\": \"" name "\"}"
#define JOIN(type, outer, inner)                                                                   \
	"{\"Node Type\": \"" type "\", \"Join Type\": \"Inner\", \"Plans\": [" outer ", " inner "]}"
#define ABOVE(type, child) "{\"Node Type\": \"" type "\", \"Plans\": [" child "]}"
#define AGGREGATE(strategy, child)                                                                 \
	"{\"Node Type\": \"Aggregate\", \"Strategy\": \"" strategy "\", \"Plans\": [" child "]}"
#define FOUND(planned, actual)                                                                     \
	"{\"Node Type\": \"Seq Scan\", \"Relation Name\": \"a\", \"Alias\": \"a\", \"Plan "            \
	"Rows\": " planned ", \"Actual Rows\": " actual ", \"Actual Loops\": 1}"
#define PLAN(node) "[{\"Plan\": " node "}]"

static void other_differences_have_their_kind(void **state)
{
	static const struct {
		const char *before, *after, *kinds;
	} cases[] = {
	    {PLAN(JOIN("Hash Join", JOIN("Hash Join", SCAN("a"), SCAN("b")), SCAN("c"))),
	        PLAN(JOIN("Hash Join", JOIN("Hash Join", SCAN("a"), SCAN("c")), SCAN("b"))),
	        "join_order_changed"},
	    {PLAN(JOIN("Hash Join", SCAN("a"), SCAN("b"))),
	        PLAN(JOIN("Nested Loop", SCAN("a"), SCAN("b"))), "join_method_changed"},
	    {PLAN(SCAN("a")), PLAN(ABOVE("Sort", SCAN("a"))), "sort_added"},
	    {PLAN(ABOVE("Incremental Sort", SCAN("a"))), PLAN(SCAN("a")), "sort_removed"},
	    {PLAN(AGGREGATE("Sorted", SCAN("a"))), PLAN(AGGREGATE("Hashed", SCAN("a"))),
	        "aggregate_changed"},
	    {PLAN(FOUND("900", "1000")), PLAN(FOUND("10", "1000")), "rows_misestimated"},
	    /* As badly on both arms, or of few rows: no change of the candidate's. */
	    {PLAN(FOUND("10", "1000")), PLAN(FOUND("10", "1000")), ""},
	    {PLAN(FOUND("90", "90")), PLAN(FOUND("1", "90")), ""},
	    {PLAN(SCAN("a")), PLAN(ABOVE("Materialize", SCAN("a"))), "shape_changed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *found = kinds_of(cases[i].before, cases[i].after);

		if (strcmp(found, cases[i].kinds) != 0)
			fail_msg("case %zu: found \"%s\", not \"%s\"", i, found, cases[i].kinds);
	}
}

static struct run_plan work(double cost, double buffers, double seconds)
{
	return (struct run_plan){.cost = cost, .buffers = buffers, .exec_seconds = seconds};
}

static enum plan_severity severity(struct run_plan baseline, struct run_plan candidate)
{
	return judge_plan_severity(&baseline, &candidate);
}

static void harm_is_more_work(void **state)
{
	struct run_plan late = work(10, NAN, NAN), shaky = work(100, 5000, 0.1);

	(void)state;
	late.timed_out = true;
	shaky.unstable = true;
	assert_int_equal(severity(work(100, 200, 0.01), work(100, 2000, 0.05)), PLAN_HARMFUL);
	assert_int_equal(severity(work(100, 2000, 0.05), work(100, 200, 0.01)), PLAN_BETTER);
	/* The planner's opinion does not save a plan that takes more blocks and more time ... */
	assert_int_equal(severity(work(100, 200, 0.010), work(20, 2000, 0.012)), PLAN_HARMFUL);
	/* ... a clock that ran once must be clear to be heard ... */
	assert_int_equal(severity(work(100, 200, 0.012), work(20, 2000, 0.010)), PLAN_HARMFUL);
	/* ... but more cached blocks in clearly less time, as planned, are no regression. */
	assert_int_equal(severity(work(100, 200, 0.050), work(20, 2000, 0.010)), PLAN_MIXED);
	/* Faster this once, though the planner expects more work: harm. */
	assert_int_equal(severity(work(100, 200, 0.050), work(900, 2000, 0.010)), PLAN_HARMFUL);
	assert_int_equal(severity(work(100, 200, 0.01), work(900, 201, 0.01)), PLAN_NEUTRAL);
	/* Clearly faster for more blocks: to be looked at, not to be refused. */
	assert_int_equal(severity(work(100, 200, 0.050), work(90, 2000, 0.010)), PLAN_MIXED);
	/* A sort in memory touches no block. */
	assert_int_equal(severity(work(100, 200, 0.010), work(900, 201, 0.090)), PLAN_HARMFUL);
	/* Small tables change plans for nothing. */
	assert_int_equal(severity(work(1, 2, 0.0001), work(4, 9, 0.0009)), PLAN_NEUTRAL);
	/* Without a measurement the cost decides. */
	assert_int_equal(severity(work(100, NAN, NAN), work(900, NAN, NAN)), PLAN_HARMFUL);
	assert_int_equal(severity(work(100, NAN, NAN), work(110, NAN, NAN)), PLAN_NEUTRAL);
	assert_int_equal(severity(work(100, 200, 0.01), late), PLAN_HARMFUL);
	assert_int_equal(severity(work(100, 200, 0.01), shaky), PLAN_NEUTRAL);
}

static void add_plan(struct run_plans *plans, int rank, const char *name, double buffers)
{
	struct run_plan *plan = run_plans_add(plans);
	_cleanup_free_ char *json = golden(name);
	struct plan_tree tree;

	assert_true(plan_tree_parse(json, &tree));
	plan->rank = rank;
	plan->of = 200;
	plan->share = rank == 197 ? 0.005 : 0.995;
	plan->hash = xasprintf("%016" PRIx64, tree.hash);
	plan->cost = tree.nodes[0].cost;
	plan->buffers = buffers;
	if (!run_plan_json(plans, plans->n - 1))
		plan->json = plan_scrub(json, NULL);
	plan_tree_release(&tree);
}

static void add_index(
    struct run *run, const char *name, const char *definition, enum index_role role)
{
	struct run_index *index;

	GROW(run->indexes, run->n_indexes, run->cap_indexes);
	index = &run->indexes[run->n_indexes++];
	*index = (struct run_index){
	    .name = xstrdup(name),
	    .table = xstrdup("public.orders"),
	    .definition = xstrdup(definition),
	    .role = role,
	    .is_unique = strstr(definition, "UNIQUE") != NULL,
	};
	index->arms[ARM_CANDIDATE].exists = index->arms[ARM_CANDIDATE].valid = role != INDEX_DROPPED;
	index->arms[ARM_BASELINE].exists = role != INDEX_CREATED;
}

static void one_vector_that_flips_is_found_by_its_rank(void **state)
{
	struct run run = {0};
	struct run_statement *s = run.statements = xcalloc(1, sizeof(*s));
	const struct run_plan_change *worst;

	(void)state;
	run.n_statements = run.n_replayed = 1;
	s->name = xstrdup("customer timeline");
	for (int arm = 0; arm < N_ARMS; arm++) {
		add_plan(&s->arms[arm].plans, 1, "timeline_index", 20);
		add_plan(&s->arms[arm].plans, 100, "timeline_index_other_value", 22);
		add_plan(&s->arms[arm].plans, 197, arm ? "timeline_seq" : "timeline_index", arm ? 900 : 30);
	}
	add_index(&run, "public.orders_customer_id_idx",
	    "CREATE INDEX orders_customer_id_idx ON public.orders USING btree (customer_id)",
	    INDEX_EXISTING);
	judge_plan_changes(&run);
	judge_index_facts(&run);
	judge_plan_changes(&run); /* judging again finds the same */
	assert_int_equal(s->plan_changes.n, 1);
	worst = judge_worst_plan_change(s);
	assert_string_equal(worst->kind, "index_to_seq");
	assert_string_equal(worst->object, "orders");
	assert_int_equal(worst->severity, PLAN_HARMFUL);
	assert_int_equal(worst->rank, 197);
	assert_true(worst->buffers_ratio == 30);
	assert_int_equal(run.indexes[0].used_by.n, 1);
	assert_string_equal(run.indexes[0].used_by.items[0], "customer timeline");
	run_release(&run);
}

static void superfluous_indexes_are_found(void **state)
{
	static const struct {
		const char *narrow, *wide;
		bool covered;
	} cases[] = {
	    {"USING btree (a)", "USING btree (a, b DESC)", true},
	    {"USING btree (a, b DESC)", "USING btree (a)", false},
	    {"USING btree (a)", "USING btree (b, a)", false},
	    {"USING btree (a)", "USING btree (ab, c)", false},
	    {"USING btree (a)", "USING btree (a DESC, b)", false},
	    {"USING btree (a)", "USING btree (a, b) WHERE (c > 1)", false},
	    {"USING btree (a) WHERE (c > 1)", "USING btree (a, b) WHERE (c > 1)", true},
	    {"USING btree (a) INCLUDE (c)", "USING btree (a, b)", false},
	    {"USING btree (a) INCLUDE (c)", "USING btree (a, b) INCLUDE (d, c)", true},
	    {"USING btree (a) INCLUDE (c)", "USING btree (a, c)", true},
	    {"USING btree (f(a, b))", "USING btree (f(a, b), c)", true},
	    {"USING btree (\"odd, (name\")", "USING btree (\"odd, (name\", c)", true},
	    {"USING hash (a)", "USING btree (a, b)", false},
	    {"USING gin (a)", "USING gin (a, b)", false},
	    {"USING gin (a jsonb_path_ops)", "USING gin (a)", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *a = xasprintf("CREATE INDEX x ON public.t %s", cases[i].narrow);
		_cleanup_free_ char *b = xasprintf("CREATE INDEX y ON public.t %s", cases[i].wide);
		struct index_definition narrow, wide;

		index_definition_parse(a, &narrow);
		index_definition_parse(b, &wide);
		if (index_definition_covers(&wide, &narrow) != cases[i].covered)
			fail_msg("%s beside %s", cases[i].narrow, cases[i].wide);
		index_definition_release(&narrow);
		index_definition_release(&wide);
	}
}

/* Of two that are the same the new one is superfluous, and never the one that enforces. */
static void one_of_two_equals_stays(void **state)
{
	struct run run = {0};

	(void)state;
	add_index(
	    &run, "public.old", "CREATE INDEX old ON public.orders USING btree (a)", INDEX_EXISTING);
	add_index(
	    &run, "public.aaa", "CREATE INDEX aaa ON public.orders USING btree (a)", INDEX_CREATED);
	add_index(&run, "public.key", "CREATE UNIQUE INDEX key ON public.orders USING btree (b)",
	    INDEX_EXISTING);
	add_index(&run, "public.more", "CREATE INDEX more ON public.orders USING btree (b, c)",
	    INDEX_CREATED);
	judge_index_facts(&run);
	assert_null(run.indexes[0].redundant_with);
	assert_string_equal(run.indexes[1].redundant_with, "public.old");
	assert_null(run.indexes[2].redundant_with);
	assert_null(run.indexes[3].redundant_with);
	run_release(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(differences_have_their_kind),
	    cmocka_unit_test(joins_are_told_by_method),
	    cmocka_unit_test(other_differences_have_their_kind),
	    cmocka_unit_test(harm_is_more_work),
	    cmocka_unit_test(one_vector_that_flips_is_found_by_its_rank),
	    cmocka_unit_test(superfluous_indexes_are_found),
	    cmocka_unit_test(one_of_two_equals_stays),
	};

	return cmocka_run_group_tests_name("judge: plans and indexes", tests, NULL, NULL);
}
