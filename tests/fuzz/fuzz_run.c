/* Mutated run.json files, and samples.bin: loaded, or refused with a message; what loads is saved
 * and loads again as the same. */
#include "base/file.h"
#include "model/run.h"
#include "smoke.h"

static char dir[] = "/tmp/fuzz_run.XXXXXX";

static const char *const words[] = {"{", "}", "[", "]", ",", ":", "null", "true", "-1", "1e308",
    "1e999", "0.1", "9007199254740993", "\"\"", "\"x\"", "\\u0000", "\\ud800", "\"arms\": {}",
    "\"statements\": [", "\"slices\": ", "\"metric\": \"latency.p95\"", "\"seed\": \"1\"", "\xff",
    "\n"};

static void read_text(const char *path, struct buf *ret)
{
	struct err err = {0};

	buf_clear(ret);
	SMOKE_CHECK(file_read(path, (size_t)64 << 20, ret, &err) == 0);
}

static void check_round_trip(const struct run *run)
{
	_cleanup_buf_ struct buf second = BUF_INIT, third = BUF_INIT;
	struct run again = {0}, once_more = {0};
	struct err err = {0};

	/* The first save may round a figure; after that nothing changes any more. */
	SMOKE_CHECK(run_save(run, "1.json", &err) == 0);
	SMOKE_CHECK(run_load("1.json", &again, &err) == 0);
	SMOKE_CHECK(run_save(&again, "2.json", &err) == 0);
	SMOKE_CHECK(run_load("2.json", &once_more, &err) == 0);
	SMOKE_CHECK(run_save(&once_more, "3.json", &err) == 0);
	read_text("2.json", &second);
	read_text("3.json", &third);
	SMOKE_CHECK(strcmp(second.data, third.data) == 0);
	run_release(&again);
	run_release(&once_more);
}

static void try_input(const char *data, size_t len)
{
	struct run run = {0};
	struct samples samples = {0};
	struct err err = {0};

	SMOKE_CHECK(file_write_atomic("run.json", data, len, 0600, &err) == 0);
	if (run_load("run.json", &run, &err) == 0) {
		SMOKE_CHECK(run.n_replayed <= run.n_statements);
		check_round_trip(&run);
		run_release(&run);
	} else {
		SMOKE_CHECK(err.code == ERR_USAGE && strstr(err.message, "run.json"));
	}
	if (samples_open("run.json", &samples, &err) == 0)
		samples_release(&samples);
}

int main(int argc, char **argv)
{
	_cleanup_buf_ struct buf golden = BUF_INIT, samples = BUF_INIT;
	struct sample_header header = sample_header_make(3);
	struct sample sample = {.done_ns = 5};
	struct smoke_seed seeds[2];
	struct err err = {0};
	int rc;

	buf_add(&samples, &header, sizeof(header));
	for (int i = 0; i < 4; i++)
		buf_add(&samples, &sample, sizeof(sample));
	if (file_read(TEST_SOURCE_DIR "/golden/run.json", 1 << 20, &golden, &err) < 0 ||
	    !mkdtemp(dir) || chdir(dir) < 0)
		return 2;
	seeds[0] = (struct smoke_seed){golden.data, golden.len};
	seeds[1] = (struct smoke_seed){samples.data, samples.len};
	rc = smoke_main(argc, argv, seeds, 2, words, sizeof(words) / sizeof(words[0]), try_input);
	return chdir("/") < 0 || file_remove_tree(dir, &err) < 0 ? 2 : rc;
}
