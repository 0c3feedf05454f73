/* Files: whole in, whole out, and never a half-written one; samples.bin; a signal's trace. */
#include "base/file.h"
#include "base/mem.h"
#include "base/stop.h"
#include "model/sample.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/test_file.XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int remove_dir(void **state)
{
	struct err err = {0};

	(void)state;
	return chdir("/") < 0 ? -1 : file_remove_tree(dir, &err);
}

static size_t count_entries(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void a_file_is_replaced_whole(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct err err = {0};
	struct stat st;

	(void)state;
	assert_int_equal(file_mkdir_all("whole", 0755, &err), 0);
	assert_int_equal(file_write_atomic("whole/f", "old", 3, 0644, &err), 0);
	assert_int_equal(file_write_atomic("whole/f", "newer", 5, 0600, &err), 0);
	assert_int_equal(file_read("whole/f", 100, &text, &err), 0);
	assert_string_equal(text.data, "newer");
	assert_int_equal(stat("whole/f", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(count_entries("whole"), 1);
}

/* As root, "-o /dev/null" must not turn the device into a file. */
static void a_device_or_link_stays_what_it_is(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct err err = {0};
	struct stat st;
	char got[8] = "";
	int fd;

	(void)state;
	assert_int_equal(file_mkdir_all("special", 0755, &err), 0);
	assert_int_equal(mkfifo("special/pipe", 0600), 0);
	fd = open("special/pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(file_write_atomic("special/pipe", "through", 7, 0644, &err), 0);
	assert_int_equal(read(fd, got, sizeof got), 7);
	close(fd);
	assert_int_equal(stat("special/pipe", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));

	assert_int_equal(file_write_atomic("special/f", "old", 3, 0644, &err), 0);
	assert_int_equal(symlink("f", "special/link"), 0);
	assert_int_equal(file_write_atomic("special/link", "new", 3, 0644, &err), 0);
	assert_int_equal(lstat("special/link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(file_read("special/f", 100, &text, &err), 0);
	assert_string_equal(text.data, "new");
	assert_int_equal(count_entries("special"), 3);
}

/* A limit on the size of files stands in for a full disk. */
static void a_failed_write_leaves_the_old_file_and_nothing_else(void **state)
{
	struct rlimit old, small;
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_free_ char *big = xcalloc(1, 10000);
	struct err err = {0};

	(void)state;
	assert_int_equal(file_mkdir_all("full", 0755, &err), 0);
	assert_int_equal(file_write_atomic("full/f", "old", 3, 0644, &err), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = (struct rlimit){100, old.rlim_max};
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(file_write_atomic("full/f", big, 10000, 0644, &err), ERR_ENV);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_non_null(strstr(err.message, "cannot write full/f"));
	assert_int_equal(file_read("full/f", 100, &text, &err), 0);
	assert_string_equal(text.data, "old");
	assert_int_equal(count_entries("full"), 1);
}

static void what_cannot_be_read_is_named(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct err err = {0};

	(void)state;
	assert_int_equal(file_read("none", 100, &text, &err), ERR_USAGE);
	assert_string_equal(err.message, "cannot open none: No such file or directory");
	assert_int_equal(file_read(".", 100, &text, &err), ERR_USAGE);
	assert_int_equal(file_write_atomic("big", "0123456789", 10, 0644, &err), 0);
	assert_int_equal(file_read("big", 9, &text, &err), ERR_USAGE);
	assert_string_equal(err.message, "big is larger than 9 bytes");
}

static void directories_are_made_and_removed_in_depth(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(file_mkdir_all("a/b/c", 0755, &err), 0);
	assert_int_equal(file_mkdir_all("a/b/c", 0755, &err), 0);
	assert_int_equal(file_write_atomic("a/b/c/f", "x", 1, 0644, &err), 0);
	assert_int_equal(symlink("/", "a/b/root"), 0); /* is removed, not followed */
	assert_int_equal(file_mkdir_all("a/b/c/f", 0755, &err), ERR_ENV);
	assert_int_equal(file_mkdir_all("", 0755, &err), ERR_ENV);
	assert_int_equal(file_remove_tree("a", &err), 0);
	assert_false(file_exists("a"));
	assert_true(file_exists("/"));
	assert_int_equal(file_remove_tree("a", &err), 0);
}

static void assert_path(char *path, const char *expected)
{
	assert_string_equal(path, expected);
	free(path);
}

static void paths_are_joined_and_split(void **state)
{
	(void)state;
	assert_path(file_join("d", "f"), "d/f");
	assert_path(file_join("d/", "f"), "d/f");
	assert_path(file_join("d", "/f"), "/f");
	assert_path(file_join(NULL, "f"), "f");
	assert_path(file_dirname("a/b"), "a");
	assert_path(file_dirname("/b"), "/");
	assert_path(file_dirname("b"), ".");
}

static void write_samples(const char *path, const struct sample *samples, size_t bytes)
{
	_cleanup_buf_ struct buf file = BUF_INIT;
	struct sample_header header = sample_header_make(2);
	struct err err = {0};

	buf_add(&file, &header, sizeof(header));
	buf_add(&file, samples, bytes);
	assert_int_equal(file_write_atomic(path, file.data, file.len, 0644, &err), 0);
}

static void samples_of_a_killed_run_are_readable(void **state)
{
	struct sample written[3] = {
	    {.due_ns = 10, .picked_ns = 12, .sent_ns = 15, .done_ns = 40, .statement = 1},
	    {.due_ns = 20, .picked_ns = 20, .sent_ns = 20, .done_ns = 25, .arm = ARM_CANDIDATE},
	};
	struct samples samples;
	struct err err = {0};

	(void)state;
	write_samples("s.bin", written, 2 * sizeof(written[0]) + 17); /* the third was cut off */
	assert_int_equal(samples_open("s.bin", &samples, &err), 0);
	assert_int_equal(samples.n, 2);
	assert_int_equal(sample_service_ns(&samples.items[0]), 25);
	assert_int_equal(sample_response_ns(&samples.items[0]), 30);
	assert_int_equal(sample_lag_ns(&samples.items[0]), 2);
	samples_release(&samples);
	samples_release(&samples);
}

static void damaged_samples_are_refused(void **state)
{
	struct sample arm = {.arm = 2}, statement = {.statement = 2}, status = {.status = 9};
	struct samples samples;
	struct err err = {0};

	(void)state;
	write_samples("arm.bin", &arm, sizeof(arm));
	assert_int_equal(samples_open("arm.bin", &samples, &err), ERR_USAGE);
	assert_string_equal(err.message, "arm.bin: record 1 of 1 is damaged");
	write_samples("statement.bin", &statement, sizeof(statement));
	assert_int_equal(samples_open("statement.bin", &samples, &err), ERR_USAGE);
	write_samples("status.bin", &status, sizeof(status));
	assert_int_equal(samples_open("status.bin", &samples, &err), ERR_USAGE);
	assert_int_equal(file_write_atomic("short.bin", "pgrehearse-samp1", 16, 0644, &err), 0);
	assert_int_equal(samples_open("short.bin", &samples, &err), ERR_USAGE);
	assert_int_equal(samples_open("/dev/null", &samples, &err), ERR_USAGE);
	assert_int_equal(samples_open("none.bin", &samples, &err), ERR_USAGE);
}

static void sqlstates_are_packed_as_postgresql_does(void **state)
{
	static const char *const codes[] = {"00000", "40P01", "57014", "23505", "XX000", "ZZZZZ"};
	char out[6];

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		sqlstate_unpack(sqlstate_pack(codes[i]), out);
		assert_string_equal(out, codes[i]);
	}
	assert_int_equal(sqlstate_pack("00000"), 0);
	assert_int_equal(sqlstate_pack("23505"), 2 + (3 << 6) + (5 << 12) + (5 << 24));
}

static void a_signal_asks_to_stop(void **state)
{
	struct err err = {0};
	struct pollfd fd;

	(void)state;
	assert_int_equal(stop_fd(), -1);
	stop_install();
	assert_false(stop_requested());
	raise(SIGTERM);
	raise(SIGINT); /* the first one counts */
	assert_true(stop_requested());
	assert_int_equal(stop_signal(), SIGTERM);
	fd = (struct pollfd){.fd = stop_fd(), .events = POLLIN};
	assert_int_equal(poll(&fd, 1, 0), 1);
	assert_int_equal(stop_error(&err), ERR_INTERRUPTED);
	assert_non_null(strstr(err.message, "signal 15"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_is_replaced_whole),
	    cmocka_unit_test(a_device_or_link_stays_what_it_is),
	    cmocka_unit_test(a_failed_write_leaves_the_old_file_and_nothing_else),
	    cmocka_unit_test(what_cannot_be_read_is_named),
	    cmocka_unit_test(directories_are_made_and_removed_in_depth),
	    cmocka_unit_test(paths_are_joined_and_split),
	    cmocka_unit_test(samples_of_a_killed_run_are_readable),
	    cmocka_unit_test(damaged_samples_are_refused),
	    cmocka_unit_test(sqlstates_are_packed_as_postgresql_does),
	    cmocka_unit_test(a_signal_asks_to_stop),
	};

	return cmocka_run_group_tests_name("files", tests, make_dir, remove_dir);
}
