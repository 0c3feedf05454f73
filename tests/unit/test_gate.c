/* gate.yaml: what is accepted, what it means, and what is said about everything else. */
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/gate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A scratch tree with the files that the gates below name; the working directory is its top. */
static char top[] = "/tmp/test_gate.XXXXXX";

static void put(const char *path, const char *text)
{
	struct err err = {0};
	_cleanup_free_ char *dir = file_dirname(path);

	assert_int_equal(file_mkdir_all(dir, 0755, &err), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, &err), 0);
}

static int make_tree(void **state)
{
	(void)state;
	if (!mkdtemp(top) || chdir(top) < 0)
		return -1;
	put("fixtures/orders/schema.sql", "");
	put("workloads/orders/workload.json", "{}");
	put("candidates/customer_timeline.sql", "CREATE INDEX CONCURRENTLY ...");
	put("candidates/customer_timeline_down.sql", "DROP INDEX ...");
	put("candidates/empty.sql", "-- nothing\n/* nor /* here */ */ ;\n");
	put("gates/beside.sql", "CREATE INDEX beside");
	return 0;
}

static int remove_tree(void **state)
{
	struct err err = {0};

	(void)state;
	return chdir("/") < 0 ? -1 : file_remove_tree(top, &err);
}

#define HEAD                                                                                       \
	"staging: {dsn: service=staging}\n"                                                            \
	"workload: workloads/orders/workload.json\n"

static int load(const char *text, struct gate *gate, struct err *err)
{
	*gate = (struct gate){0};
	*err = (struct err){0};
	put("gates/gate.yaml", text);
	return gate_load("gates/gate.yaml", gate, err);
}

/* The gate is refused with exit code 2 and a message that holds `said`. */
static void assert_refused(const char *text, const char *said)
{
	struct gate gate;
	struct err err;

	assert_int_equal(load(text, &gate, &err), ERR_USAGE);
	if (!strstr(err.message, said))
		fail_msg("wanted \"%s\", got \"%s\"", said, err.message);
}

static void the_documented_example_loads(void **state)
{
	struct gate gate;
	struct err err;
	const struct threshold *t;

	(void)state;
	if (load("version: 1\n"
	         "name: customer timeline index\n"
	         "staging:\n"
	         "  lab: {fixture: fixtures/orders}          # or  dsn: \"service=staging\"\n"
	         "workload: workloads/orders/workload.json\n"
	         "clone: {driver: template}                  # template | physical\n"
	         "candidate: {up: candidates/customer_timeline.sql, down: "
	         "candidates/customer_timeline_down.sql}\n"
	         "replay: {rate: 400/s, time: 60s, clients: 8, protocol: captured, seed: 42}\n"
	         "thresholds:\n"
	         "  - {metric: latency.p95, scope: each read,  max_ratio: 1.10}\n"
	         "  - {metric: latency.p95, scope: \"name:customer timeline\", max_ratio: 0.50}\n"
	         "  - {metric: latency.p95, scope: all writes, max_ratio: 1.25}\n"
	         "  - {metric: wal.bytes_per_call, scope: each write, max_ratio: 1.30}\n"
	         "  - {metric: index.size_bytes, max: 64MiB}\n"
	         "  - {metric: index.used, min: 1}\n"
	         "  - {metric: plan.regressions, max: 0}\n"
	         "  - {metric: errors.rate, max: 0.1%}\n"
	         "  - {metric: coverage.time, min: 90%}\n",
	        &gate, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(gate.name, "customer timeline index");
	assert_int_equal(gate.staging, STAGING_LAB);
	assert_string_equal(gate.fixture, "fixtures/orders");
	assert_int_equal(gate.driver, CLONE_TEMPLATE);
	assert_string_equal(gate.up_sql, "CREATE INDEX CONCURRENTLY ...");
	assert_string_equal(gate.down_sql, "DROP INDEX ...");
	assert_float_equal(gate.replay.rate_per_s, 400, 0);
	assert_int_equal(gate.replay.duration_ns, UINT64_C(60000000000));
	assert_int_equal(gate.replay.seed, 42);
	assert_false(gate.default_policy);
	assert_int_equal(gate.n_thresholds, 9);
	t = gate.thresholds;
	assert_int_equal(t[0].scope.kind, SCOPE_EACH_READ);
	assert_int_equal(t[0].bound, BOUND_MAX_RATIO);
	assert_float_equal(t[0].limit, 1.10, 1e-12);
	assert_int_equal(t[0].line, 10);
	assert_int_equal(t[1].scope.kind, SCOPE_NAME);
	assert_string_equal(t[1].scope.argument, "customer timeline");
	assert_float_equal(t[4].limit, 64 * 1048576.0, 0);
	assert_int_equal(t[4].scope.kind, SCOPE_EACH);
	assert_int_equal(t[5].bound, BOUND_MIN);
	assert_float_equal(t[7].limit, 0.001, 1e-15);
	assert_float_equal(t[8].limit, 0.9, 1e-15);
	gate_release(&gate);
}

static void a_short_gate_gets_defaults_and_the_default_policy(void **state)
{
	struct gate gate;
	struct err err;

	(void)state;
	assert_int_equal(load(HEAD, &gate, &err), 0);
	assert_string_equal(gate.name, "unchanged");
	assert_null(gate.up);
	assert_null(gate.up_sql);
	assert_float_equal(gate.replay.rate_per_s, 100, 0);
	assert_int_equal(gate.replay.arrivals, ARRIVALS_POISSON);
	assert_int_equal(gate.replay.pair_gap_ns, 1000000);
	assert_true(gate.replay.early_stop);
	assert_float_equal(gate.alpha, 0.01, 0);
	assert_string_equal(gate.results_dir, "results");
	assert_true(gate.default_policy);
	assert_true(gate.n_thresholds >= 8);
	for (size_t i = 0; i < gate.n_thresholds; i++)
		assert_non_null(gate.thresholds[i].metric);
	gate_release(&gate);
}

static void every_replay_key_is_read(void **state)
{
	struct gate gate;
	struct err err;
	const struct replay_options *r = &gate.replay;

	(void)state;
	if (load(HEAD
	        "replay:\n  rate: 30/min\n  time: 2min\n  max_time: 5min\n  clients: 16\n  jobs: 2\n"
	        "  protocol: prepared\n  arrivals: uniform\n  seed: 9007199254740993\n"
	        "  pair_gap: 500us\n  statement_timeout: 5s\n  drain_timeout: 3s\n"
	        "  early_stop: false\n"
	        "alpha: 5%\ndead_band: 1%\nguard: 0.5\nreports: [tap, json]\nresults: out\n",
	        &gate, &err) < 0)
		fail_msg("%s", err.message);
	assert_float_equal(r->rate_per_s, 0.5, 1e-12);
	assert_int_equal(r->duration_ns, UINT64_C(120000000000));
	assert_int_equal(r->max_duration_ns, UINT64_C(300000000000));
	assert_int_equal(r->clients, 16);
	assert_int_equal(r->jobs, 2);
	assert_int_equal(r->protocol, PROTOCOL_PREPARED);
	assert_int_equal(r->arrivals, ARRIVALS_UNIFORM);
	assert_true(r->seed == UINT64_C(9007199254740993));
	assert_int_equal(r->pair_gap_ns, 500000);
	assert_int_equal(r->statement_timeout_ns, UINT64_C(5000000000));
	assert_int_equal(r->drain_timeout_ns, UINT64_C(3000000000));
	assert_false(r->early_stop);
	assert_float_equal(gate.alpha, 0.05, 1e-12);
	assert_float_equal(gate.guard, 0.5, 0);
	assert_true(strv_contains(&gate.formats, "json"));
	assert_string_equal(gate.results_dir, "out");
	gate_release(&gate);
}

static void designs_are_read_and_must_make_sense(void **state)
{
	static const char *const wrong[][2] = {
	    {"{design: slices, alone: 10%}", "alone"},
	    {"{slice: 1s}", "slice"},
	    {"{design: slices, time: 12s}", "20 s"},
	    {"{alone: 10%, slice: 250ms, pair_gap: 500ms}", "pair_gap"},
	    {"{design: turns}", "sequential"},
	};
	struct gate gate;
	struct err err;

	(void)state;
	assert_int_equal(load(HEAD "replay: {design: slices, time: 40s}\n", &gate, &err), 0);
	assert_int_equal(gate.replay.design, DESIGN_SLICES);
	assert_int_equal(gate.replay.slice_ns, 1000000000);
	gate_release(&gate);
	assert_int_equal(load(HEAD "replay: {alone: 20%}\n", &gate, &err), 0);
	assert_float_equal(gate.replay.alone, 0.2, 1e-12);
	assert_string_equal(gate.thresholds[gate.n_thresholds - 1].metric->name, "alone.p50");
	gate_release(&gate);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		_cleanup_free_ char *text = xasprintf(HEAD "replay: %s\n", wrong[i][0]);

		err = (struct err){0};
		assert_int_equal(load(text, &gate, &err), ERR_USAGE);
		assert_non_null(strstr(err.message, wrong[i][1]));
	}
	err = (struct err){0};
	assert_int_equal(
	    load(HEAD "thresholds: [{metric: alone.p50, max_ratio: 1.2}]\n", &gate, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "alone: 10%"));
}

static void production_rate_is_a_word(void **state)
{
	struct gate gate;
	struct err err;

	(void)state;
	assert_int_equal(load(HEAD "replay: {rate: production}\n", &gate, &err), 0);
	assert_float_equal(gate.replay.rate_per_s, 0, 0);
	gate_release(&gate);
}

static void candidates_may_change_nothing(void **state)
{
	static const char *const forms[] = {
	    "candidate: unchanged\n",
	    "candidate: {}\n",
	    "candidate: {up: candidates/empty.sql, down: candidates/empty.sql}\n",
	};
	struct gate gate;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_free_ char *text = xasprintf(HEAD "%s", forms[i]);

		if (load(text, &gate, &err) < 0)
			fail_msg("%s", err.message);
		assert_null(gate.up);
		assert_null(gate.up_sql);
		assert_null(gate.down_sql);
		gate_release(&gate);
	}
}

static void files_are_found_beside_the_gate_too(void **state)
{
	struct gate gate;
	struct err err;

	(void)state;
	assert_int_equal(load(HEAD "candidate: {up: beside.sql, kind: migration}\n", &gate, &err), 0);
	assert_string_equal(gate.up, "gates/beside.sql");
	assert_string_equal(gate.name, "beside");
	assert_true(gate.allow_migration);
	gate_release(&gate);
}

static void existing_clones_need_no_staging(void **state)
{
	struct gate gate;
	struct err err;

	(void)state;
	assert_int_equal(load("workload: workloads/orders/workload.json\n"
	                      "clone: {driver: existing, baseline: dbname=a, candidate: dbname=b}\n",
	                     &gate, &err),
	    0);
	assert_int_equal(gate.driver, CLONE_EXISTING);
	assert_string_equal(gate.existing_dsn[1], "dbname=b");
	assert_string_equal(gate.dsn, "dbname=a");
	gate_release(&gate);
}

static void unknown_keys_name_the_nearest_and_their_place(void **state)
{
	(void)state;
	assert_refused(HEAD "threshold: []\n",
	    "gates/gate.yaml:3:1: unknown key \"threshold\"; did you mean \"thresholds\"?");
	assert_refused(HEAD "replay:\n  rat: 5\n", "gate.yaml:4:3: unknown key \"rat\"; did you mean "
	                                           "\"rate\"?");
	assert_refused(HEAD "candidate: {pu: x.sql}\n", "did you mean \"up\"?");
	assert_refused(HEAD "frobnicate: 1\n", "unknown key \"frobnicate\"");
	assert_refused(HEAD "thresholds:\n  - {metrc: latency.p95, max_ratio: 1}\n",
	    "gate.yaml:4:6: unknown key \"metrc\"");
}

static void wrong_values_are_named(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
	    {"version: 2\n", "3:10: version: this version of pgrehearse reads version 1"},
	    {"replay: {rate: 400/parsec}\n", "rate: \"400/parsec\" has an unknown unit"},
	    {"replay: {rate: 0}\n", "rate: 0 is outside"},
	    {"replay: {rate: -5}\n", "rate: \"-5\" is not a rate"},
	    {"replay: {rate: .nan}\n", "rate: \".nan\" is not a rate"},
	    {"replay: {rate: [1]}\n", "rate: one value is expected here, not a list"},
	    {"replay: {time: 10 parsecs}\n", "time: \"10 parsecs\" has an unknown unit"},
	    {"replay: {time: 0s}\n", "time: 0s is outside 1.00 s to"},
	    {"replay: {time: 60s, max_time: 30s}\n", "max_time: it is shorter than time"},
	    {"replay: {clients: 8.5}\n", "clients: \"8.5\" is not a whole number"},
	    {"replay: {clients: 0}\n", "from 1 to 10000"},
	    {"replay: {clients: 2, jobs: 4}\n", "jobs: 4 jobs are more than 2 clients"},
	    {"replay: {protocol: binary}\n", "\"binary\" is not one of: captured, simple, extended, "},
	    {"replay: {seed: 99999999999999999999}\n", "seed: "},
	    {"replay: {early_stop: maybe}\n", "neither true nor false"},
	    {"replay: fast\n", "replay: a mapping (key: value) is expected here, not text"},
	    {"replay:\n", "replay: a mapping (key: value) is expected here, not nothing"},
	    {"name:\n", "name: the value is missing"},
	    {"alpha: 50%\n", "alpha: 50% is outside"},
	    {"reports: tap\n", "reports: a list of report formats"},
	    {"clone: {driver: teleport}\n", "template, existing, physical, command"},
	    {"clone: {driver: existing, baseline: a}\n", "needs baseline: and candidate:"},
	    {"clone: {driver: existing, baseline: a, candidate: a}\n", "the same database"},
	    {"clone: {baseline: a}\n", "only the existing driver takes this"},
	    {"candidate: {up: nowhere.sql}\n",
	        "up: there is no nowhere.sql, neither here nor in gates"},
	    {"candidate: {down: candidates/empty.sql}\n", "down: without up:"},
	    {"candidate: {up: candidates/empty.sql, kind: hat}\n", "is not one of: index, migration"},
	    {"candidate: {kind: rewrite}\n", "kind: a rewrite needs rewrites: FILE"},
	    {"candidate: {rewrites: nowhere.yaml}\n", "rewrites: there is no nowhere.yaml"},
	    {"candidate: {rewrites: candidates/empty.sql}\n", "candidates/empty.sql:"},
	    {"candidate: [a]\n", "write candidate: {up: FILE, down: FILE} or unchanged"},
	    {"overrides: none.yaml\n", "overrides: there is no none.yaml"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *text = xasprintf(HEAD "%s", cases[i].text);

		assert_refused(text, cases[i].said);
	}
	assert_refused("workload: workloads/orders/workload.json\n", "\"staging\" is missing");
	assert_refused("staging: {dsn: x}\n", "\"workload\" is missing");
	assert_refused(
	    "staging: {dsn: x}\nworkload: gone.json\n", "2:11: workload: there is no gone.json");
	assert_refused("staging: {lab: {fixture: gone}}\nworkload: a\n", "fixture: there is no gone");
	assert_refused(
	    "staging: {lab: {fixture: candidates/empty.sql}}\nworkload: a\n", "is not a directory");
	assert_refused("staging: {lab: {fixture: fixtures/orders, bindir: candidates/empty.sql}}\n",
	    "bindir: candidates/empty.sql is not a directory");
	assert_refused(
	    "staging: {dsn: x, lab: {fixture: fixtures/orders}}\nworkload: a\n", "give either");
}

static void wrong_thresholds_are_named(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
	    {"{metric: latency.p96, max_ratio: 1.1}", "unknown metric \"latency.p96\"; did you mean"},
	    {"{metric: latency.p95}", "has no bound"},
	    {"{max_ratio: 1.1}", "a threshold needs metric:"},
	    {"{metric: latency.p95, max_ratio: 1.1, max: 5ms}", "one threshold has one bound"},
	    {"{metric: latency.p95, max: 64MiB}", "max: \"64MiB\" has an unknown unit for a duration"},
	    {"{metric: index.size_bytes, max: 5ms}", "unknown unit for a size"},
	    {"{metric: coverage.time, min: 90}", "above 100%; write for instance 90%"},
	    {"{metric: coverage.time, max_ratio: 1.1}", "one figure for both arms"},
	    {"{metric: latency.p95, max_ratio: 0}", "outside above 0"},
	    {"{metric: latency.p95, scope: every read, max_ratio: 1}", "did you mean \"each read\"?"},
	    {"{metric: latency.p95, scope: \"name:\", max_ratio: 1}", "says nothing after the colon"},
	    {"{metric: latency.p95, scope: \"queryid:12x\", max_ratio: 1}", "decimal number"},
	    {"{metric: latency.p95, scope: \"index:i\", max_ratio: 1}",
	        "has no figure for \"index:i\""},
	    {"{metric: index.used, scope: each read, min: 1}", "has no figure for \"each read\""},
	    {"{metric: slow.count, max: 5}", "slow.count needs over:"},
	    {"{metric: latency.p95, over: 1s, max: 5s}", "only slow.count takes this"},
	    {"{metric: index.used, min: -1}", "is negative"},
	    {"just words", "a mapping (key: value) is expected here, not text"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *text = xasprintf(
		    HEAD "thresholds:\n  - {metric: index.used, min: 1}\n  - %s\n", cases[i].text);

		assert_refused(text, cases[i].said);
		assert_refused(text, "gates/gate.yaml:5:");
	}
	assert_refused(HEAD "thresholds: []\n", "leave the key out for the default policy");
	assert_refused(HEAD "thresholds: {a: 1}\n", "a list of thresholds is expected");
}

static void surprising_yaml_is_refused_with_its_place(void **state)
{
	_cleanup_buf_ struct buf deep = BUF_INIT;

	(void)state;
	assert_refused("", "the file is empty");
	assert_refused("# only a comment\n", "the file is empty");
	assert_refused("just text", "a mapping (key: value) is expected");
	assert_refused("a: [1, 2\n", "not valid YAML");
	assert_refused("a:\n\t- 1\n", "gate.yaml:2:1: not valid YAML");
	assert_refused("name: a\nname: b\n", "2:1: \"name\" is given twice (first in line 1)");
	assert_refused("name: &x a\n", "gate.yaml:1:8: anchors (&) and aliases (*) are not supported");
	assert_refused("name: *x\n", "aliases");
	assert_refused("name: !!str a\n", "tags (!) are not supported");
	assert_refused("name: a\n---\nname: b\n", "gate.yaml:2:1: a second document starts here");
	assert_refused("name: a\nalpha: \xff\xfe\n", "gate.yaml:2: not valid UTF-8");
	assert_refused("name: \"a\\0b\"\n", "NUL character");
	assert_refused("? [a]\n: b\n", "is not a word");
	for (int i = 0; i < 100000; i++)
		buf_addc(&deep, '[');
	assert_refused(deep.data, "nested deeper");
}

static void huge_files_end_quickly(void **state)
{
	_cleanup_buf_ struct buf keys = BUF_INIT, big = BUF_INIT;

	(void)state;
	for (int i = 0; i < 60000; i++)
		buf_addf(&keys, "k%d: 1\n", i);
	assert_refused(keys.data, "over 20000 entries");
	while (big.len <= 1048576)
		buf_adds(&big, "# a comment that fills the file\n");
	assert_refused(big.data, "is larger than 1048576 bytes");
}

static void a_missing_gate_is_a_usage_error(void **state)
{
	struct gate gate;
	struct err err = {0};

	(void)state;
	assert_int_equal(gate_load("gates/none.yaml", &gate, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "gates/none.yaml"));
}

static void thresholds_parse_from_the_command_line(void **state)
{
	struct threshold t = {0};
	struct err err = {0};
	char *scope;

	(void)state;
	assert_int_equal(
	    threshold_parse("metric: latency.p99, scope: name:customer timeline, max: 50ms", &t, &err),
	    0);
	assert_float_equal(t.limit, 0.05, 1e-12);
	assert_true(isnan(t.over));
	scope = scope_format(&t.scope);
	assert_string_equal(scope, "name:customer timeline");
	free(scope);
	threshold_release(&t);
	assert_int_equal(threshold_parse("{metric: slow.count, over: 2s, max: 3}", &t, &err), 0);
	assert_float_equal(t.over, 2, 0);
	threshold_release(&t);
	assert_int_equal(threshold_parse("metric: latency.p99", &t, &err), ERR_USAGE);
	assert_int_equal(threshold_parse("}{", &t, &err), ERR_USAGE);
}

static void scopes_must_refer_to_the_workload(void **state)
{
	char name[] = "customer timeline", queryid[] = "-42";
	struct statement statement = {.name = name, .queryid = queryid};
	struct workload workload = {.statements = &statement, .n_statements = 1};
	struct gate gate;
	struct err err;

	(void)state;
	assert_int_equal(
	    load(HEAD "thresholds:\n"
	              "  - {metric: latency.p95, scope: \"name:customer timeline\", max_ratio: 1}\n"
	              "  - {metric: latency.p95, scope: \"queryid:-42\", max_ratio: 1}\n"
	              "  - {metric: latency.p95, scope: \"name:custmer timeline\", max_ratio: 1}\n",
	        &gate, &err),
	    0);
	assert_int_equal(gate_check_scopes(&gate, &workload, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "gate.yaml:6: the workload has no statement named"));
	assert_non_null(strstr(err.message, "did you mean \"customer timeline\"?"));
	gate.n_thresholds = 2;
	assert_int_equal(gate_check_scopes(&gate, &workload, &err), 0);
	gate.n_thresholds = 3;
	gate_release(&gate);
}

/* A gate whose rewrites file has this text. */
static void load_rewrites(const char *rewrites, const char *thresholds, struct gate *ret)
{
	_cleanup_free_ char *text =
	    xasprintf(HEAD "candidate: {kind: rewrite, rewrites: rewrites.yaml}\n%s", thresholds);
	FILE *file = fopen("rewrites.yaml", "w");
	struct err err = {0};

	assert_non_null(file);
	fputs(rewrites, file);
	fclose(file);
	if (load(text, ret, &err) < 0)
		fail_msg("%s", err.message);
}

static void rewrites_may_not_change_results(void **state)
{
	static const char rewrites[] = "version: 1\nrewrites:\n  customer timeline: SELECT 1\n";
	struct gate gate;

	(void)state;
	load_rewrites(rewrites, "thresholds: [{metric: errors.rate, max: 1%}]\n", &gate);
	assert_null(gate.up);
	assert_string_equal(gate.name, "rewrites");
	assert_string_equal(gate.rewrites.items[0].text, "SELECT 1");
	assert_int_equal(gate.n_thresholds, 2);
	assert_string_equal(gate.thresholds[1].metric->name, "result.mismatches");
	assert_string_equal(gate.thresholds[1].scope.argument, "customer timeline");
	assert_float_equal(gate.thresholds[1].limit, 0, 0);
	gate_release(&gate);
	/* Who limits them has the last word. */
	load_rewrites(rewrites, "thresholds: [{metric: result.mismatches, max: 3}]\n", &gate);
	assert_int_equal(gate.n_thresholds, 1);
	gate_release(&gate);
}

static void rewrites_must_refer_to_reads_of_the_workload(void **state)
{
	char read[] = "customer timeline", write[] = "place order";
	struct statement statements[] = {{.name = read, .kind = STATEMENT_SELECT},
	    {.name = write, .kind = STATEMENT_INSERT, .writes = true}};
	struct workload workload = {.statements = statements, .n_statements = 2};
	static const struct {
		const char *name, *said;
	} cases[] = {
	    {"custmer timeline", "rewrites.yaml:3: the workload has no statement named \"custmer "
	                         "timeline\"; did you mean \"customer timeline\"?"},
	    {"place order", "rewrites.yaml:3: \"place order\" is no SELECT that only reads"},
	    {"customer timeline", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *text =
		    xasprintf("version: 1\nrewrites:\n  %s: SELECT 1\n", cases[i].name);
		struct gate gate;
		struct err err = {0};

		load_rewrites(text, "", &gate);
		assert_int_equal(
		    gate_check_rewrites(&gate, &workload, &err), cases[i].said ? ERR_USAGE : 0);
		if (cases[i].said && !strstr(err.message, cases[i].said))
			fail_msg("%s", err.message);
		gate_release(&gate);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_documented_example_loads),
	    cmocka_unit_test(a_short_gate_gets_defaults_and_the_default_policy),
	    cmocka_unit_test(every_replay_key_is_read),
	    cmocka_unit_test(designs_are_read_and_must_make_sense),
	    cmocka_unit_test(production_rate_is_a_word),
	    cmocka_unit_test(candidates_may_change_nothing),
	    cmocka_unit_test(files_are_found_beside_the_gate_too),
	    cmocka_unit_test(existing_clones_need_no_staging),
	    cmocka_unit_test(unknown_keys_name_the_nearest_and_their_place),
	    cmocka_unit_test(wrong_values_are_named),
	    cmocka_unit_test(wrong_thresholds_are_named),
	    cmocka_unit_test(surprising_yaml_is_refused_with_its_place),
	    cmocka_unit_test(huge_files_end_quickly),
	    cmocka_unit_test(a_missing_gate_is_a_usage_error),
	    cmocka_unit_test(thresholds_parse_from_the_command_line),
	    cmocka_unit_test(scopes_must_refer_to_the_workload),
	    cmocka_unit_test(rewrites_may_not_change_results),
	    cmocka_unit_test(rewrites_must_refer_to_reads_of_the_workload),
	};

	return cmocka_run_group_tests_name("gate.yaml", tests, make_tree, remove_tree);
}
