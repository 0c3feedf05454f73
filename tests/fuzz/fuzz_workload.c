/* Mutated workload and vectors files: loaded, or refused with a message; what loads can be saved,
 * scheduled and drawn from. */
#include "base/clock.h"
#include "base/file.h"
#include "model/schedule.h"
#include "model/vectors.h"
#include "smoke.h"

static char dir[] = "/tmp/fuzz_workload.XXXXXX";

static const char workload_text[] =
    "{\"format\": \"pgrehearse-workload/1\", \"source\": {\"kind\": \"pg_stat_statements\","
    "\"server_version_num\": 150014, \"window_s\": 60, \"settings\": {\"work_mem\": \"4MB\"},"
    "\"relations\": [{\"name\": \"public.orders\", \"reltuples\": 300000, \"relpages\": 4412}]},"
    "\"statements\": [{\"name\": \"a\", \"queryid\": \"-7\", \"fingerprint\": \"ab\","
    "\"kind\": \"select\", \"text\": \"SELECT $1\", \"tables\": [\"orders\"],"
    "\"work\": {\"calls\": 10, \"exec_ms\": 25.5}}],"
    "\"dropped\": [{\"reason\": \"utility\", \"entries\": 2, \"calls\": 5, \"exec_ms\": 4.5}]}";

static const char vectors_text[] =
    "{\"format\": \"pgrehearse-vectors/1\", \"total_ms\": 100, \"total_calls\": 50,"
    "\"statements\": [{\"name\": \"a\", \"queryid\": \"1\", \"sql\": \"SELECT $1, $2, $3\","
    "\"kind\": \"select\", \"production\": {\"calls\": 30}, \"values_from\": \"witness\","
    "\"params\": [{\"type_oid\": 20, \"type\": \"bigint\"}, {\"fresh\": \"uuid\", \"base\": 9},"
    "{\"fresh\": \"text\", \"prefix\": \"p\"}],"
    "\"vectors\": [[\"1\", null, null], [\"2\", \"x\", null]], \"weights\": [1, 3]}],"
    "\"skipped\": [{\"name\": \"s\", \"reason\": \"no rows\"}],"
    "\"transactions\": [{\"statements\": [0, 0], \"weight\": 2}]}";

static const char *const words[] = {"{", "}", "[", "]", ",", ":", "null", "true", "-1", "1e308",
    "1e999", "9223372036854775807", "\"\"", "\"x\"", "\\u0000", "\"fresh\": \"integer\"",
    "\"order\": \"sequential\"", "\"weights\": [", "\"params\": [", "[null, null, null],", "\xff"};

static void try_workload(void)
{
	struct workload workload = {0}, again = {0};
	struct err err = {0};

	if (workload_load("in.json", &workload, &err) < 0) {
		SMOKE_CHECK(err.code == ERR_USAGE && strstr(err.message, "in.json"));
		return;
	}
	SMOKE_CHECK(workload_save(&workload, "out.json", &err) == 0);
	SMOKE_CHECK(workload_load("out.json", &again, &err) == 0);
	SMOKE_CHECK(again.n_statements == workload.n_statements);
	workload_release(&workload);
	workload_release(&again);
}

/* A second of the schedule, with every value of every op. */
static void draw(const struct vectors *vectors)
{
	struct schedule_plan plan = {200, NS_PER_S, 1, ARRIVALS_POISSON};
	struct vector_picker *picker = vector_picker_new(vectors, 1);
	struct schedule *schedule = schedule_new(vectors, &plan, NULL);
	_cleanup_buf_ struct buf scratch = BUF_INIT;
	struct schedule_entry e;
	size_t length = 0;

	while (schedule && schedule_next(schedule, &e)) {
		const struct transaction *t = &vectors->transactions[e.transaction];

		for (size_t i = 0; i < t->n_statements; i++) {
			const struct bound_statement *s = &vectors->statements[t->statements[i]];
			_cleanup_free_ const char **values = xcalloc(s->n_params, sizeof(*values));

			vector_pick(picker, t->statements[i], e.ordinals[i], &scratch, values);
			for (size_t p = 0; p < s->n_params; p++)
				length += values[p] ? strlen(values[p]) : 0;
		}
	}
	SMOKE_CHECK(length < SIZE_MAX);
	schedule_free(schedule);
	vector_picker_free(picker);
}

static void try_vectors(void)
{
	struct vectors vectors = {0}, again = {0};
	struct err err = {0};

	if (vectors_load("in.json", &vectors, &err) < 0) {
		SMOKE_CHECK(err.code == ERR_USAGE && strstr(err.message, "in.json"));
		return;
	}
	draw(&vectors);
	SMOKE_CHECK(vectors_save(&vectors, "out.json", &err) == 0);
	SMOKE_CHECK(vectors_load("out.json", &again, &err) == 0);
	vectors_release(&vectors);
	vectors_release(&again);
}

static void try_input(const char *data, size_t len)
{
	struct err err = {0};

	SMOKE_CHECK(file_write_atomic("in.json", data, len, 0600, &err) == 0);
	try_workload();
	try_vectors();
}

int main(int argc, char **argv)
{
	static const struct smoke_seed seeds[] = {
	    {workload_text, sizeof(workload_text) - 1},
	    {vectors_text, sizeof(vectors_text) - 1},
	};
	struct err err = {0};
	int rc;

	if (!mkdtemp(dir) || chdir(dir) < 0)
		return 2;
	rc = smoke_main(argc, argv, seeds, 2, words, sizeof(words) / sizeof(words[0]), try_input);
	return chdir("/") < 0 || file_remove_tree(dir, &err) < 0 ? 2 : rc;
}
