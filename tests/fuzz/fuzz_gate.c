/* Mutated gate.yaml files: accepted, or refused with a message that names the file. */
#include "base/file.h"
#include "model/gate.h"
#include "smoke.h"

/*
 * libfyaml 0.7.12 loses a buffer of a few KiB when it hands out a quoted text with many escapes; its
 * other way to read a text does not, and returns a wrong one. test_gate.c runs without this line
 * and notices what we forget to free ourselves.
 */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml";
}

static char dir[] = "/tmp/fuzz_gate.XXXXXX";

static const char full[] =
    "version: 1\nname: customer timeline index\n"
    "staging:\n  lab: {fixture: .}\nworkload: workload.json\n"
    "clone: {driver: template}\ncandidate: {up: up.sql, down: up.sql, kind: index}\n"
    "replay: {rate: 400/s, time: 60s, max_time: 2min, clients: 8, jobs: 2, protocol: captured,\n"
    "  arrivals: poisson, seed: 42, pair_gap: 1ms, statement_timeout: 30s, early_stop: true}\n"
    "thresholds:\n"
    "  - {metric: latency.p95, scope: each read,  max_ratio: 1.10}\n"
    "  - {metric: latency.p95, scope: \"name:customer timeline\", max_ratio: 0.50}\n"
    "  - {metric: index.size_bytes, max: 64MiB}\n"
    "  - {metric: slow.count, over: 1s, max: 5}\n"
    "  - {metric: coverage.time, min: 90%}\n"
    "alpha: 1%\ndead_band: 2%\nguard: 25%\nreports: [tap, json]\nresults: out\n";
static const char brief[] = "staging: {dsn: \"service=staging\"}\nworkload: workload.json\n";
static const char existing[] = "workload: workload.json\ncandidate: unchanged\n"
                               "clone: {driver: existing, baseline: a, candidate: b}\n";

static const char *const words[] = {"[", "]", "{", "}", ": ", "- ", "\n", "\n  ", "? ", "|\n",
    ">\n", "&a ", "*a", "!!str ", "---\n", "...\n", "\"", "'", "#", ",", "%", "null", "~", "\t",
    "<<: ", "\xff", "\xc3\xa9", "\\x00", "thresholds: ", "max: ", "metric: ", "1e999", "-1",
    "9999999999999"};

static void try_input(const char *data, size_t len)
{
	struct gate gate = {0};
	struct threshold threshold = {0};
	struct err err = {0};
	_cleanup_free_ char *text = xstrndup(data, len);

	SMOKE_CHECK(file_write_atomic("gate.yaml", data, len, 0600, &err) == 0);
	if (gate_load("gate.yaml", &gate, &err) == 0) {
		SMOKE_CHECK(gate.workload && gate.name && gate.n_thresholds > 0);
		SMOKE_CHECK(gate.fixture || gate.dsn);
		SMOKE_CHECK(gate.replay.clients > 0 && gate.replay.duration_ns > 0);
		gate_release(&gate);
	} else {
		SMOKE_CHECK(err.code == ERR_USAGE);
		SMOKE_CHECK(strstr(err.message, "gate.yaml"));
		SMOKE_CHECK(!gate.file);
	}
	if (threshold_parse(text, &threshold, &err) == 0)
		threshold_release(&threshold);
}

int main(int argc, char **argv)
{
	static const struct smoke_seed seeds[] = {
	    {full, sizeof(full) - 1},
	    {brief, sizeof(brief) - 1},
	    {existing, sizeof(existing) - 1},
	};
	struct err err = {0};
	int rc;

	if (!mkdtemp(dir) || chdir(dir) < 0 || file_write_atomic("workload.json", "", 0, 0600, &err) ||
	    file_write_atomic("up.sql", "DROP INDEX x", 12, 0600, &err))
		return 2;
	rc = smoke_main(argc, argv, seeds, 3, words, sizeof(words) / sizeof(words[0]), try_input);
	return chdir("/") < 0 || file_remove_tree(dir, &err) < 0 ? 2 : rc;
}
