/* The parser in its own process: hostile texts, signals, ends. */
#include "base/buf.h"
#include "base/mem.h"
#include "sql/sql.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A child of process parent, or 0. */
static pid_t child_of(pid_t parent)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/task/%d/children", parent, parent);
	FILE *file = fopen(path, "r");
	int pid = 0;

	if (!file || fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid;
}

static void assert_works(void)
{
	struct sql_analysis analysis = {0};
	struct err err = {0};

	if (sql_analyze("SELECT a FROM t WHERE b = $1", &analysis, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(analysis.n_params, 1);
	sql_analysis_release(&analysis);
}

static char *repeat(const char *head, const char *piece, size_t n, const char *tail)
{
	struct buf text = BUF_INIT;

	buf_adds(&text, head);
	for (size_t i = 0; i < n; i++)
		buf_adds(&text, piece);
	buf_adds(&text, tail);
	return buf_detach(&text);
}

/* Every call ends, with a result or a message, and the next text is read as ever. */
static void assert_survives(char *text)
{
	_cleanup_free_ char *owned = text;
	_cleanup_free_ char *normal = NULL, *print = NULL, *name = NULL, *fit = NULL, *note = NULL;
	struct sql_analysis analysis = {0};
	struct sql_script script = {0};
	struct err err[6] = {0};

	assert_true(sql_normalize(owned, &normal, &err[0]) == 0 || err[0].message[0]);
	assert_true(sql_fingerprint(owned, &print, &err[1]) == 0 || err[1].message[0]);
	assert_true(sql_analyze(owned, &analysis, &err[2]) == 0 || err[2].message[0]);
	assert_true(sql_executable(owned, &fit, &note, &err[3]) == 0 || err[3].message[0]);
	assert_true(sql_split(owned, &script, &err[4]) == 0 || err[4].message[0]);
	assert_true(sql_name(owned, &name, &err[5]) == 0 || err[5].message[0]);
	sql_analysis_release(&analysis);
	sql_script_release(&script);
	assert_works();
}

static void hostile_texts_end_with_a_message(void **state)
{
	(void)state;
	assert_survives(repeat("select 1", "+1", 5000, ""));
	assert_survives(repeat("select 1", "+1", 100000, ""));
	assert_survives(repeat("select ", "(", 100000, ""));
	assert_survives(repeat("select ", "((((((((((", 10000, "1"));
	assert_survives(repeat("select ", "(select ", 50000, "1"));
	assert_survives(repeat("select a", "[1", 100000, ""));
	assert_survives(repeat("select 1 where a", " and a", 20000, ""));
	assert_survives(repeat("select 1 where not", " not", 100000, " a"));
	assert_survives(repeat("select 1", ",'x'", 30000, ""));
	assert_survives(repeat("select $1", ",$2", 30000, ""));
	assert_survives(repeat("select case", " when a then case", 20000, ""));
	assert_survives(repeat("", ";", 1000000, ""));
	assert_survives(repeat("select '", "x", 1000000, ""));
	assert_survives(repeat("select '", "''", 400000, "'"));
	assert_survives(repeat("select /*", "/*", 2000, ""));
	assert_survives(repeat("select 1", " union select 1", 2000, ""));
	assert_survives(repeat("select $a$", "$a", 400000, ""));
	assert_survives(repeat("select ", "a.", 20000, "a from t"));
	assert_survives(repeat("", "\xff\xfe ", 1000, ""));
	assert_survives(repeat("select \"\xc3", "\xe9", 1000, "\" from caf\xe9"));
	assert_survives(repeat("select 1 ", "\x01", 1000, ""));
	assert_survives(repeat("", "select 1 from t where ", 1, "a = 'unfinished"));
}

/* The parser's scanner takes time quadratic in the depth of comments. */
static void a_text_that_takes_for_ever_is_given_up(void **state)
{
	_cleanup_free_ char *text = repeat("select /*", "/*", 400000, "");
	struct err err = {0};
	char *out = NULL;

	(void)state;
	assert_int_equal(sql_fingerprint(text, &out, &err), ERR_ENV);
	assert_non_null(strstr(err.message, "took too long"));
	assert_works();
}

static void a_text_beyond_the_limit_is_refused(void **state)
{
	_cleanup_free_ char *text = repeat("select 1", " ", SQL_MAX_BYTES, "");
	struct sql_analysis analysis = {0};
	char *out = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(sql_normalize(text, &out, &err), ERR_USAGE);
	assert_int_equal(sql_analyze(text, &analysis, &err), ERR_USAGE);
	assert_int_equal(sql_name(text, &out, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "longer than"));
	assert_works();
}

static void bytes_of_another_encoding_keep_their_place(void **state)
{
	struct sql_analysis analysis = {0};

	(void)state;
	assert_int_equal(sql_analyze("SELECT * FROM caf\xe9 WHERE pr\xeanom = $1", &analysis, NULL), 0);
	assert_string_equal(analysis.tables.items[0], "caf\xe9");
	assert_string_equal(analysis.params[0].partner, "pr\xeanom");
	sql_analysis_release(&analysis);
}

static void a_child_that_was_killed_is_replaced(void **state)
{
	pid_t child;

	(void)state;
	assert_works();
	child = child_of(getpid());
	assert_true(child > 0);
	kill(child, SIGKILL);
	assert_works();
	assert_int_not_equal(child_of(getpid()), child);
}

static void signals_of_the_terminal_leave_the_child_alone(void **state)
{
	pid_t child;

	(void)state;
	assert_works();
	child = child_of(getpid());
	kill(child, SIGINT);
	kill(child, SIGTERM);
	kill(child, SIGHUP);
	assert_works();
	assert_int_equal(child_of(getpid()), child);
}

/* Sockets to servers must close when the parent closes them. */
static void the_child_keeps_no_descriptor_of_ours(void **state)
{
	int ends[2];
	struct pollfd end;

	(void)state;
	sql_shutdown();
	assert_int_equal(pipe(ends), 0);
	assert_works();
	close(ends[1]);
	end = (struct pollfd){.fd = ends[0], .events = POLLIN};
	assert_int_equal(poll(&end, 1, 0), 1);
	assert_true(end.revents & POLLHUP);
	close(ends[0]);
}

static bool gone(pid_t pid)
{
	for (int i = 0; i < 2000; i++) {
		_cleanup_free_ char *path = xasprintf("/proc/%d/stat", pid);
		FILE *file = fopen(path, "r");
		char state = 'Z';

		if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 'Z';
		if (file)
			fclose(file);
		if (!file || state == 'Z' || state == 'X')
			return true;
		usleep(5000);
	}
	return false;
}

static void the_child_ends_with_its_parent(void **state)
{
	int ends[2];
	pid_t parent, child = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	parent = fork();
	if (parent == 0) {
		assert_works(); /* a forked process starts a child of its own */
		child = child_of(getpid());
		if (write(ends[1], &child, sizeof(child)) != sizeof(child))
			_exit(1);
		pause();
	}
	assert_int_equal(read(ends[0], &child, sizeof(child)), sizeof(child));
	assert_true(child > 0);
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	assert_true(gone(child));
	close(ends[0]);
	close(ends[1]);
}

static void shutdown_may_come_at_any_time(void **state)
{
	(void)state;
	sql_shutdown();
	sql_shutdown();
	assert_works();
	sql_shutdown();
	assert_int_equal(child_of(getpid()), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hostile_texts_end_with_a_message),
	    cmocka_unit_test(a_text_that_takes_for_ever_is_given_up),
	    cmocka_unit_test(a_text_beyond_the_limit_is_refused),
	    cmocka_unit_test(bytes_of_another_encoding_keep_their_place),
	    cmocka_unit_test(a_child_that_was_killed_is_replaced),
	    cmocka_unit_test(signals_of_the_terminal_leave_the_child_alone),
	    cmocka_unit_test(the_child_keeps_no_descriptor_of_ours),
	    cmocka_unit_test(the_child_ends_with_its_parent),
	    cmocka_unit_test(shutdown_may_come_at_any_time),
	};

	return cmocka_run_group_tests_name("sql worker", tests, NULL, NULL);
}
